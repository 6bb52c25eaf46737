"""SubAgentRequests for sub-agents: who may have one, and how it is recorded before anything is made."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent_contract import names, wire
from agent_contract.agentclass import AgentClass, compute_bytes
from agent_contract.agentthread import AgentThread
from agent_contract.terms import DEFAULT_TASK_SECONDS
from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.errors import TurnOver
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.runners.progress import clean
from agent_gateway.store import Store
from agent_gateway.store.rows import NewSubAgent, Run, SubAgentRow, Thread, ThreadKind
from agent_gateway.store.transaction import Transaction
from agent_gateway.subagents.facts import build_facts
from agent_gateway.wake import Wake
from agent_gateway.wording import subagents as words

_log = logging.getLogger(__name__)
_TURN_OVER = "The turn that asked for it is over."


class SubAgentRequests:
    """Records what agents and people ask for, within the limits of their class.

    Args:
        store: Conversations.
        threads: AgentThreads and classes.
        wake: Tells what is due.
        show: Shows a new one below the turn that waits for it.
    """

    def __init__(
        self, store: Store, threads: AgentThreads, wake: Wake, show: Callable[[SubAgentRow], Awaitable[None]]
    ) -> None:
        self._store = store
        self._threads = threads
        self._wake = wake
        self._show = show

    async def ask(self, parent: Thread, run: int, ask: wire.SubAgentAsk) -> wire.SubAgentResult | None:
        """Record what an agent asks for, with the acknowledgement; return why it is refused, if it is."""
        holder, own = await asyncio.gather(self._store.runs.get(parent.id, run), self._own(parent))
        turn = await self._store.turns.running(parent.id)
        if holder is None or turn is None or turn.id != ask.turn:
            return _refuse(ask.call_id, _TURN_OVER)
        found = await self._class_of(parent, own)
        depth = own.depth + 1 if own is not None else 1
        if depth > found.spec.sub_agents.max_depth:
            return _refuse(ask.call_id, words.depth_text(depth, found.spec.sub_agents.max_depth))
        new = NewSubAgent(
            parent=parent, parent_uid=holder.thread_uid or "", parent_run=run, call_id=ask.call_id, turn_id=turn.id,
            reply_to=turn.message_id or (own.reply_to if own is not None else None), task=clean(ask.task),
            class_name=self._child_class(found, parent, own),
            timeout=_cap(ask.timeout_seconds, holder, found, own), workspace=ask.workspace, depth=depth,
        )  # fmt: skip
        try:
            child = await self._store.subagents.ask(new, found.spec.sub_agents.max_children, ask.seq)
        except TurnOver:
            return _refuse(ask.call_id, _TURN_OVER)
        if child is None:
            return _refuse(ask.call_id, words.children_text(found.spec.sub_agents.max_children))
        _log_wanted(child)
        self._wake.thread(child.thread_id)
        await self._show(child)
        return None

    async def snapshot_limit(self, thread_name: str, thread_id: int) -> int:
        """Return how many bytes a thread's packed workspace may have."""
        own = await self._store.subagents.get(thread_id)
        name = own.class_name if own is not None else self._class_name(thread_name, None)
        return compute_bytes((await self._threads.agent_class(name)).spec.workspace.snapshot_limit)

    async def _own(self, thread: Thread) -> SubAgentRow | None:
        return await self._store.subagents.get(thread.id) if thread.kind is ThreadKind.SUBAGENT else None

    async def _class_of(self, thread: Thread, own: SubAgentRow | None) -> AgentClass:
        return await self._threads.agent_class(self._class_name(thread.name, own))

    def _class_name(self, thread_name: str, own: SubAgentRow | None) -> str:
        if own is not None:
            return own.class_name
        resource = self._threads.cached(thread_name)
        return resource.spec.class_ref.name if resource is not None else names.DEFAULT_CLASS

    def _child_class(self, found: AgentClass, thread: Thread, own: SubAgentRow | None) -> str:
        other = found.spec.sub_agents.class_ref
        return other.name if other is not None else self._class_name(thread.name, own)


@dataclass(frozen=True, slots=True)
class PersonsTask:
    """What a person gives to a sub-agent."""

    text: str
    call_id: str
    message_id: int


async def spawn(
    tx: Transaction, parent: Thread, task: PersonsTask, resource: AgentThread | None, found: AgentClass
) -> str:  # fmt: skip
    """Record what a person asks for; return what the chat is told, if it is refused.

    Args:
        tx: The transaction.
        parent: The conversation.
        task: What is to be done.
        resource: The conversation's AgentThread as it is known.
        found: Its class.
    """
    if resource is not None and resource.spec.suspend:
        return words.SUSPENDED
    if found.spec.sub_agents.max_depth < 1:
        return words.depth_text(1, 0)
    await tx.subagents.lock_thread(parent.id)
    other = found.spec.sub_agents.class_ref
    own = resource.spec.class_ref.name if resource is not None else names.DEFAULT_CLASS
    new = NewSubAgent(
        parent=parent, parent_uid="", parent_run=parent.run_counter, call_id=task.call_id, turn_id=None,
        reply_to=task.message_id, task=task.text, class_name=other.name if other is not None else own,
        timeout=min(DEFAULT_TASK_SECONDS, found.spec.timeouts.run), workspace="Copy", depth=1,
    )  # fmt: skip
    child = await tx.subagents.add(new)
    facts = build_facts(child)
    await tx.outbox.put(
        parent.address, words.spawned_text(facts), f"spawned:{child.thread_id}", reply_to=task.message_id,
        buttons=[words.build_button(facts)],
    )  # fmt: skip
    _log_wanted(child)
    tx.after(WakeThread(child.thread_id), WakeOutbox())
    return ""


def _log_wanted(child: SubAgentRow) -> None:
    ids = {"step": "subagent_wanted", "subagent": child.name, "agent_thread": child.parent_name}
    _log.info("step", extra={**ids, "t": time.time_ns() // 1_000_000})


def _refuse(call_id: str, why: str) -> wire.SubAgentResult:
    return wire.SubAgentResult(call_id=call_id, ok=False, text=why)


def _cap(wanted: int | None, holder: Run, found: AgentClass, own: SubAgentRow | None) -> int:
    """Cap a child's seconds to what is left of its parent's run."""
    most = own.timeout if own is not None else found.spec.timeouts.run
    since = holder.hello_at or datetime.now(UTC)
    left = (since + timedelta(seconds=most) - datetime.now(UTC)).total_seconds()
    return max(1, min(wanted or DEFAULT_TASK_SECONDS, int(left)))
