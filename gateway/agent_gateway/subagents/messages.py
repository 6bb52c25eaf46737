"""Who is told how a sub-agent is: the chat, and the tool call that waits for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from agent_contract import wire
from agent_contract.subagent import SubAgentPhase
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import SubAgentRow, SubAgentState
from agent_gateway.store.subagentrows import SubAgentFacts
from agent_gateway.subagents.endings import PARENT
from agent_gateway.subagents.facts import build_facts
from agent_gateway.wording import subagents as words
from agent_gateway.wording.results import cut_result
from agent_gateway.wording.say import SOURCE

MOST_SENT: Final = 10_000
"""Results of which it is remembered that they were sent."""


class StatusLines(Protocol):
    """What the chat shows below a running turn."""

    def children(self, turn_id: int, lines: Sequence[words.ChildLine]) -> None:
        """Show these lines."""


class Messages:
    """Shows sub-agents in the chat, and sends updates and results to the runners of their parents.

    Args:
        store: Conversations.
        registry: Connections of runners.
        views: What the chat shows below a running turn.
    """

    def __init__(self, store: Store, registry: Registry, views: StatusLines) -> None:
        self._store = store
        self._registry = registry
        self._views = views
        self._sent: OrderedDict[int, int] = OrderedDict()
        """Results that were sent, by sub-agent: on which connection. A hint: one that is sent twice is passed over."""

    async def show(self, child: SubAgentRow) -> bool:
        """Show it below the turn that waits for it, or in the status message of one that a person asked for.

        False where the chat has not got that message yet.
        """
        if child.parent_id is None:
            return True
        if child.turn_id is None:
            return await self._store.subagents.edit_status_message(child.thread_id, _describe)
        siblings = await self._store.subagents.of_turn(child.parent_id, child.parent_run, child.turn_id)
        self._views.children(child.turn_id, [words.build_line(build_facts(sibling)) for sibling in siblings])
        return True

    async def send_update(self, child: SubAgentRow) -> None:
        """Tell the waiting tool call how it is; a runner that is away is told the result alone."""
        if child.parent_id is None or child.call_id is None or child.turn_id is None:
            return
        link = self._registry.link(child.parent_id)
        if link is not None and link.run == child.parent_run:
            text = words.build_line(replace(build_facts(child), language=SOURCE)).text
            await link.send(wire.SubAgentUpdate(call_id=child.call_id, text=text))

    def is_due(self, facts: SubAgentFacts) -> bool:
        """Say whether a result is to be sent, and can be: one that was sent, and that no connection lost, is not."""
        child = facts.child
        waits = child.turn_id is not None and facts.still_wanted and not facts.delivered and child.cancel != PARENT
        if child.state is not SubAgentState.FINISHED or child.parent_id is None or not waits:
            self._sent.pop(child.thread_id, None)
            return False
        link = self._registry.link(child.parent_id)
        if link is None or not link.connected or link.run != child.parent_run:
            return False  # it is sent when the runner is back
        return self._sent.get(child.thread_id) != id(link.connection)

    async def send_result(self, child: SubAgentRow) -> None:
        """Send its result to the tool call that waits for it."""
        link = self._registry.link(child.parent_id) if child.parent_id is not None else None
        if link is None or link.run != child.parent_run:
            return
        connection = id(link.connection)
        if await link.send(await self.build_result(child)):
            self._sent[child.thread_id] = connection
            if len(self._sent) > MOST_SENT:
                self._sent.popitem(last=False)

    async def build_result(self, child: SubAgentRow) -> wire.SubAgentResult:
        """Build what the tool call is told at the end."""
        used = await self._store.subagents.family_usage(child.thread_id)
        ok = child.phase == SubAgentPhase.SUCCEEDED
        text = (
            (child.result or "(It said nothing.)")
            if ok
            else words.end_sentence(replace(build_facts(child), language=SOURCE))
        )
        text = cut_result(text)
        usage = wire.SubAgentUsage(input=used[0], output=used[1], cached=used[2])
        return wire.SubAgentResult(call_id=child.call_id or "", name=child.name, ok=ok, text=text, usage=usage)


def _describe(child: SubAgentRow) -> tuple[str, list[Button]]:
    facts = build_facts(child)
    return words.spawned_text(facts), [words.build_button(facts)] if facts.cancellable else []
