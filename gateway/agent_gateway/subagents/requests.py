"""Who may have a sub-agent, and how it is recorded before anything is made."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from agent_contract import wire
from agent_contract.terms import DEFAULT_TASK_SECONDS
from agent_contract.text import clean
from agent_gateway.errors import TurnOver
from agent_gateway.metrics import LIMITS
from agent_gateway.store import Store
from agent_gateway.store.rows import NewSubAgent, Run, SubAgentRow, Thread, ThreadKind, Turn
from agent_gateway.store.transaction import Transaction
from agent_gateway.subagents.classes import Classes, Terms
from agent_gateway.subagents.facts import build_facts
from agent_gateway.subagents.slots import cap_timeout, check_depth
from agent_gateway.wording import keys
from agent_gateway.wording import subagents as words
from agent_gateway.wording.say import SOURCE
from agent_kube.tracing.steps import tell_step

_log = logging.getLogger(__name__)


class SubAgentRequests:
    """Records what agents and people ask for, within the limits of their class.

    Args:
        store: Conversations.
        classes: What the classes say.
    """

    def __init__(self, store: Store, classes: Classes) -> None:
        self._store = store
        self._classes = classes

    async def ask(self, parent: Thread, run: int, ask: wire.SubAgentAsk) -> wire.SubAgentResult | None:
        """Record what an agent asks for, with the acknowledgement; return why it is refused, if it is."""
        holder, own, turn = await asyncio.gather(
            self._store.runs.get(parent.id, run), self._own(parent), self._store.turns.running(parent.id)
        )
        if holder is None or turn is None or turn.id != ask.turn:
            return _refuse(ask.call_id, keys.subagents_turn_over(SOURCE))
        terms = await self._classes.read_terms(parent.name, own)
        if terms is None:
            return _refuse(ask.call_id, keys.subagents_limits_unknown(SOURCE))
        new = _build(parent, holder, own, turn, ask, terms)
        too_deep = check_depth(SOURCE, terms.own.spec.sub_agents, new.depth)
        if too_deep is not None:
            return _refuse(ask.call_id, too_deep)
        most = terms.own.spec.sub_agents.max_children
        try:
            child = await self._store.subagents.ask(new, most, ask.seq)
        except TurnOver:
            return _refuse(ask.call_id, keys.subagents_turn_over(SOURCE))
        if child is None:
            return _refuse(ask.call_id, words.children_text(SOURCE, most))
        _log_wanted(child)
        return None

    async def read_terms(self, thread_name: str) -> Terms | None:
        """Return what a conversation is held to; read before the transaction in which `spawn` is. None: not known."""
        return await self._classes.read_terms(thread_name, None)

    async def spawn(
        self, tx: Transaction, parent: Thread, task: str, call_id: str, message_id: int, terms: Terms | None
    ) -> str:
        """Record what a person asks for; return what the chat is told, if it is refused."""
        if terms is None:
            return keys.subagents_limits_unknown(parent.language)
        if terms.suspended:
            return keys.subagents_paused(parent.language)
        forbidden = check_depth(parent.language, terms.own.spec.sub_agents, 1)
        if forbidden is not None:
            return forbidden
        await tx.subagents.lock_thread(parent.id)
        most = max(1, terms.own.spec.sub_agents.max_children)
        at_work = await tx.settings.count_open_children(parent.id)
        if at_work >= most and await tx.subagents.by_call(parent.id, parent.run_counter, call_id) is None:
            LIMITS.labels("spawned").inc()
            return keys.spawn_full(parent.language, count=at_work)
        child = await tx.subagents.add(
            NewSubAgent(
                parent=parent, parent_uid="", parent_run=parent.run_counter, call_id=call_id, turn_id=None,
                reply_to=message_id, task=task, class_name=terms.child_name,
                timeout=min(DEFAULT_TASK_SECONDS, terms.own.spec.timeouts.run), workspace="Copy", depth=1,
                limits=terms.child.spec.timeouts,
            )
        )  # fmt: skip
        facts = build_facts(child)
        await tx.outbox.put(
            parent.address, words.spawned_text(facts), f"spawned:{child.thread_id}", reply_to=message_id,
            buttons=[words.build_button(facts)],
        )  # fmt: skip
        _log_wanted(child)
        return ""

    async def _own(self, thread: Thread) -> SubAgentRow | None:
        return await self._store.subagents.get(thread.id) if thread.kind is ThreadKind.SUBAGENT else None


def _build(
    parent: Thread, holder: Run, own: SubAgentRow | None, turn: Turn, ask: wire.SubAgentAsk, terms: Terms
) -> NewSubAgent:
    limits = holder.limits or terms.own.spec.timeouts
    # a sub-agent's turn is all of its run; any other turn has its own time, whenever in its run it began
    most, since = limits.turn_max + turn.extended, turn.started_at
    if own is not None:
        most, since = own.timeout, holder.hello_at
    return NewSubAgent(
        parent=parent, parent_uid=holder.thread_uid or "", parent_run=holder.number, call_id=ask.call_id,
        turn_id=turn.id, reply_to=turn.message_id or (own.reply_to if own is not None else None),
        task=clean(ask.task), class_name=terms.child_name,
        timeout=cap_timeout(ask.timeout_seconds, most, since, datetime.now(UTC)), workspace=ask.workspace,
        depth=own.depth + 1 if own is not None else 1, limits=terms.child.spec.timeouts,
    )  # fmt: skip


def _log_wanted(child: SubAgentRow) -> None:
    aside = {"turn": child.turn_id}
    tell_step(_log, "subagent_wanted", aside, subagent=child.name, agent_thread=child.parent_name)


def _refuse(call_id: str, why: str) -> wire.SubAgentResult:
    return wire.SubAgentResult(call_id=call_id, ok=False, text=why)
