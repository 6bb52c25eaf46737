"""The Stop button below a running answer."""

from __future__ import annotations

from agent_gateway.commands.turns import Outcome
from agent_gateway.conversations.closing import Closer, close_views
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Pressed
from agent_gateway.wake import Wake
from agent_gateway.wording.commands import STOPPED
from agent_gateway.wording.stop import STOPPING, TURN_OVER, parse_stop


class StopButton:
    """Stops the very turn that a button stands below."""

    def __init__(self, store: Store, registry: Registry, wake: Wake, views: Closer) -> None:
        self._store = store
        self._registry = registry
        self._wake = wake
        self._views = views

    async def press(self, tx: Transaction, pressed: Pressed) -> Outcome | None:
        """Stop the turn if it still runs, or take it back while it waits; None for a button of another kind."""
        turn_id = parse_stop(pressed.data)
        if turn_id is None:
            return None
        turn = await tx.turns.by_id(turn_id)
        thread = await tx.threads.by_id(turn.thread_id) if turn is not None else None
        if turn is None or thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(TURN_OVER)  # whether another chat's turn runs is nobody's business
        if await tx.turns.cancel(turn.id):
            await tx.audit.add(pressed.person_id, "stop", thread.name)
            return Outcome(STOPPED, [lambda: close_views(self._store, self._views, self._wake, thread, [turn.id])])
        if not await tx.turns.ask_stop(turn.id):
            return Outcome(TURN_OVER)
        await tx.audit.add(pressed.person_id, "stop", thread.name)

        async def abort() -> None:
            link = self._registry.link(thread.id)
            if link is not None:
                await link.abort(turn.id)  # a runner that is away, or has not got the turn yet, is told later
            self._wake.thread(thread.id)

        return Outcome(STOPPING, [abort])
