"""What runners ask for sub-agents, and tell of their own end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from agent_contract import wire
from agent_contract.base import Wire
from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentState, Thread, TurnState
from agent_gateway.subagents.endings import build_own_end
from agent_gateway.subagents.finishing import finish
from agent_gateway.subagents.messages import Messages
from agent_gateway.subagents.requests import SubAgentRequests


class SubAgentService:
    """Serves the connections of runners.

    Args:
        store: Conversations.
        requests: Records what is asked for.
        messages: Tells chat and parents.
    """

    def __init__(self, store: Store, requests: SubAgentRequests, messages: Messages) -> None:
        self._store = store
        self._requests = requests
        self._messages = messages

    async def ask(self, parent: Thread, run: int, ask: wire.SubAgentAsk) -> wire.SubAgentResult | None:
        """Record what an agent asks for; see `SubAgentRequests.ask`."""
        return await self._requests.ask(parent, run, ask)

    async def cancel_call(self, parent: Thread, run: int, seq: int, call_id: str) -> None:
        """Record that nobody waits for a call's sub-agent any more, with the acknowledgement."""
        child = await self._store.subagents.by_call(parent.id, run, call_id)
        await self._store.subagents.cancel_call(parent.id, run, seq, child.thread_id if child is not None else None)

    async def resend(self, parent: Thread, run: int, send: Callable[[Wire], Awaitable[None]]) -> None:
        """Tell a runner that is back what it may have missed."""
        for child in await self._store.subagents.undelivered(parent.id):
            if child.parent_run == run and child.call_id is not None and child.turn_id is not None:
                await send(await self._messages.build_result(child))
        turn = await self._store.turns.running(parent.id)
        working = await self._store.subagents.of_turn(parent.id, run, turn.id) if turn is not None else []
        first = next((child for child in working if child.state is not SubAgentState.FINISHED), None)
        if first is not None:
            await self._messages.show(first)  # with all its siblings

    async def settle(self, thread: Thread, seq: int, state: TurnState, reason: str | None, text: str) -> None:
        """End a sub-agent as its own runner tells it, with the acknowledgement."""
        child = await self._store.subagents.get(thread.id)
        if child is not None:
            await finish(self._store, child, build_own_end(state.value, reason, text, child.timeout), seq)
