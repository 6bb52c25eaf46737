"""Sub-agents: who may have one, how each is brought nearer to its end, and who is told."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from agent_contract import names, wire
from agent_contract.agentthread import Reason
from agent_contract.base import Wire
from agent_contract.subagent import SubAgentPhase
from agent_gateway.conversations import actions as do
from agent_gateway.conversations.snapshot import LinkState
from agent_gateway.kube import KubeError
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.subagents import KIND, NameTaken, SubAgents
from agent_gateway.resources.watched import explain
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import (
    Button,
    Ending,
    SubAgentRow,
    SubAgentState,
    Thread,
    Turn,
    TurnState,
)
from agent_gateway.store.transaction import Transaction
from agent_gateway.subagents import decide as c
from agent_gateway.subagents.facts import build_facts
from agent_gateway.subagents.parents import Parents
from agent_gateway.subagents.requests import SubAgentRequests
from agent_gateway.wake import Wake
from agent_gateway.wording import subagents as words

_log = logging.getLogger(__name__)
_MAX_RESULT = 64_000
"""Code points of an answer that a tool call is given; the chat shows the whole."""
_ROUNDS = 10
_UNSENT_SECONDS = 2.0


class StatusLines(Protocol):
    """What the chat shows below a running turn."""

    def children(self, turn_id: int, lines: Sequence[words.ChildLine]) -> None:
        """Show these lines."""


class SubAgentService:
    """Everything that the gateway does for sub-agents.

    Args:
        store: Conversations.
        threads: AgentThreads and classes.
        resources: SubAgents.
        registry: Connections of runners.
        views: Live previews.
        wake: Tells what is due.
        link_state: What is known of a thread's tx.
    """

    def __init__(
        self,
        store: Store,
        threads: AgentThreads,
        resources: SubAgents,
        registry: Registry,
        views: StatusLines,
        wake: Wake,
        link_state: Callable[[int], LinkState | None],
    ) -> None:
        self._store = store
        self._threads = threads
        self._resources = resources
        self._registry = registry
        self._views = views
        self._wake = wake
        self._link_state = link_state
        self._since = datetime.now(UTC)
        self._parents = Parents(store, threads, resources)
        self.requests = SubAgentRequests(store, threads, wake, self.show)

    # --- what a runner asks -----------------------------------------------------------------------

    async def ask(self, parent: Thread, run: int, ask: wire.SubAgentAsk) -> wire.SubAgentResult | None:
        """Record what an agent asks for; see `SubAgentRequests.ask`."""
        return await self.requests.ask(parent, run, ask)

    async def cancel_call(self, parent: Thread, run: int, seq: int, call_id: str) -> None:
        """Record that nobody waits for a call's sub-agent any more, with the acknowledgement."""
        child = await self._store.subagents.by_call(parent.id, run, call_id)
        await self._store.subagents.cancel_call(parent.id, run, seq, child.thread_id if child is not None else None)
        if child is not None:
            self._wake.thread(child.thread_id)

    async def cancel_all(self, tx: Transaction, parent_id: int) -> list[int]:
        """Record that all of a thread's sub-agents shall end with it; the caller wakes them once that is committed."""
        return await tx.subagents.cancel_children(parent_id, "parent")

    async def resend(self, parent: Thread, run: int, send: Callable[[Wire], Awaitable[None]]) -> None:
        """Tell a runner that is back what it may have missed."""
        for child in await self._store.subagents.undelivered(parent.id):
            if child.parent_run == run and child.call_id is not None and child.turn_id is not None:
                await send(await self._build_result(child))
        for child in await self._store.subagents.children(parent.id, run):
            if child.state is not SubAgentState.FINISHED:
                await self.show(child)

    async def end_with(self, parent_id: int, turn_id: int | None = None) -> None:
        """End all of a thread's sub-agents, as it is ended itself; or those that one of its turns waits for."""
        async with self._store.transaction() as tx:
            ended = await tx.subagents.cancel_children(parent_id, "parent", turn_id)
        await self.look(ended)

    async def look(self, thread_ids: Sequence[int]) -> None:
        """Look at these sub-agents soon."""
        for thread_id in thread_ids:
            self._wake.thread(thread_id)

    async def work_until(self, turn: Turn) -> datetime | None:
        """Return when the last sub-agent that a turn waits for ended, or now while one works; None if it had none."""
        if turn.run is None:
            return None
        own = [s for s in await self._store.subagents.children(turn.thread_id, turn.run) if s.turn_id == turn.id]
        return max((s.finished_at or datetime.now(UTC) for s in own), default=None)

    # --- its own words ----------------------------------------------------------------------------

    async def settle(self, thread: Thread, seq: int, state: TurnState, reason: str | None, text: str) -> None:
        """End a sub-agent as its own runner tells it, with the acknowledgement."""
        child = await self._store.subagents.get(thread.id)
        if child is not None:
            await self._finish(child, c.compute_own_end(state.value, reason, text, child.timeout), seq)

    # --- what is next -----------------------------------------------------------------------------

    async def reconcile(self, thread: Thread) -> None:
        """Bring a sub-agent nearer to its end."""
        for _ in range(_ROUNDS):
            snapshot = await self._read(thread)
            if snapshot is None:
                return
            actions = c.decide_child(snapshot, datetime.now(UTC))
            if not [await self._apply(thread, snapshot, action) for action in actions].count(False):
                return

    async def _read(self, thread: Thread) -> c.ChildSnapshot | None:
        store = self._store
        child, run, waiting, running = await asyncio.gather(
            store.subagents.get(thread.id), store.runs.open(thread.id), store.turns.next(thread.id),
            store.turns.running(thread.id),
        )  # fmt: skip
        if child is None:
            return None
        timeouts = (await self._threads.agent_class(child.class_name)).spec.timeouts
        return c.ChildSnapshot(
            child, run, running, waiting, self._link_state(thread.id), self._resources.cached(child.name),
            self._resources.synced.is_set(), timeouts, self._since,
        )  # fmt: skip

    async def _apply(self, thread: Thread, s: c.ChildSnapshot, action: c.Action) -> bool:
        """Do one thing; True where nothing follows from it now."""
        match action:
            case do.RequeueAfter(seconds=seconds):
                self._wake.thread_later(thread.id, max(seconds, 0.05))
                return True
            case c.Create():
                return await self._create(s.child)
            case c.WriteCancel():
                await self._resources.cancel(s.child.name)
                return True
            case c.ConfirmDeleted():
                return await self._confirm_deleted(s.child)
            case c.Finish(ending=ending, cancel=cancel):
                await self._finish(s.child, ending, cancel=cancel)
            case c.Tell():
                await self._tell(s.child, action)
                return True
            case c.Show():
                await self.show(s.child)
                return True
            case do.EndRun(number=number, reason=reason, message=message):
                if await self._store.runs.end(thread.id, number, reason, message):
                    self._registry.forget(thread.id, number)
            case do.Deliver():
                await self._deliver(s)
                return True
        return False

    async def _create(self, child: SubAgentRow) -> bool:
        parent, expected = await self._parents.find_resource(child)
        gone = expected and parent is None
        if gone or child.cancel is not None:
            found = await self._resources.get(child.name)
            if found is None or found.metadata.get("labels", {}).get(names.LABEL_CALL) != child.call_id:
                why = "The agent that asked for it is gone." if gone else "It was cancelled before it began."
                await self._finish(child, Ending(SubAgentPhase.CANCELLED.value, Reason.CANCELLED, why))
                return False
        try:
            made = await self._resources.create(child, await self._parents.find_root(child), parent)
        except NameTaken:
            taken = f"A SubAgent named {child.name} stands that was not asked for here."
            await self._finish(child, Ending(SubAgentPhase.FAILED.value, Reason.CREATE_REFUSED, taken))
            return False
        await self._store.subagents.created(child.thread_id, made.uid)
        self._step("subagent_created", child)
        return False

    async def _confirm_deleted(self, child: SubAgentRow) -> bool:
        found = await self._resources.get(child.name)
        if found is not None and found.uid == child.uid:
            self._wake.thread_later(child.thread_id, 1)  # the watch is behind
            return True
        await self._finish(child, Ending(SubAgentPhase.CANCELLED.value, Reason.DELETED, "It was deleted."))
        return False

    async def _deliver(self, s: c.ChildSnapshot) -> None:
        link = self._registry.link(s.child.thread_id)
        if link is None or s.run is None:
            return
        turn = await self._store.turns.deliver_next(s.child.thread_id, s.run.number)
        if turn is not None:
            await link.send_turn(turn)

    async def tell_refused(self, thread: Thread, error: KubeError) -> None:
        """Say in its line why it does not begin: the cluster refuses it, or does not answer."""
        child, why = await self._store.subagents.get(thread.id), explain(error, KIND)
        if child is not None and child.state is SubAgentState.WANTED and child.message != why:
            await self._tell(child, c.Tell(SubAgentPhase.PENDING.value, None, why))

    async def _tell(self, child: SubAgentRow, tell: c.Tell) -> None:
        await self._store.subagents.set_phase(child.thread_id, tell.phase, tell.reason, tell.message)
        now = await self._store.subagents.get(child.thread_id)
        if now is None or now.finished_at is not None:
            return
        await self.show(now)
        if now.parent_id is not None and now.call_id is not None and now.turn_id is not None:
            line = words.build_line(build_facts(now)).text
            await self._send(now, wire.SubAgentUpdate(call_id=now.call_id, text=line))

    async def _finish(
        self, child: SubAgentRow, said: Ending, seq: int | None = None, cancel: str | None = None
    ) -> None:
        ending, report = c.clean_ending(said), None
        if child.parent_id is not None:
            facts = build_facts(child, ending)
            report = words.report_text(
                facts, ending.result, sum((await self._store.subagents.family_usage(child.thread_id))[:2])
            )
        below = await self._store.subagents.finish(child, ending, report, seq, cancel)
        now = await self._store.subagents.get(child.thread_id)
        if below is None or now is None:
            return
        _log.info("subagent_over", extra={"subagent": child.name, "phase": ending.phase, "reason": ending.reason})
        await self.look([child.thread_id, *below])
        if now.parent_id is not None:
            await self._tell_end(now)

    async def _tell_end(self, child: SubAgentRow) -> None:
        if child.turn_id is not None and child.cancel != "parent":
            await self._send(child, await self._build_result(child))
        await self.show(child)
        self._wake.outbox()
        if child.parent_id is not None:
            self._wake.thread(child.parent_id)

    async def show(self, child: SubAgentRow) -> None:
        """Show it with its siblings below the turn that waits for them; one that a person asked for has its own line."""
        if child.parent_id is None:
            return
        if child.turn_id is None:
            await self._show_line(child)
            return
        siblings = await self._store.subagents.children(child.parent_id, child.parent_run)
        shown = [words.build_line(build_facts(s)) for s in siblings if s.turn_id == child.turn_id]
        self._views.children(child.turn_id, shown)

    async def _show_line(self, child: SubAgentRow) -> None:
        def describe(now: SubAgentRow) -> tuple[str, list[Button]]:
            facts = build_facts(now)
            return words.spawned_text(facts), [words.build_button(facts)] if facts.cancellable else []

        if await self._store.subagents.edit_status_message(child.thread_id, describe):
            self._wake.outbox()
        else:  # the chat takes no message just now
            self._wake.thread_later(child.thread_id, _UNSENT_SECONDS)

    async def _send(self, child: SubAgentRow, frame: wire.SubAgentUpdate | wire.SubAgentResult) -> None:
        link = self._registry.link(child.parent_id) if child.parent_id is not None else None
        if link is not None and link.run == child.parent_run:
            await link.send(frame)  # one that is away is told when it is back

    async def _build_result(self, child: SubAgentRow) -> wire.SubAgentResult:
        used = await self._store.subagents.family_usage(child.thread_id)
        ok = child.phase == SubAgentPhase.SUCCEEDED
        text = (child.result or "(It said nothing.)") if ok else words.end_sentence(build_facts(child))
        if len(text) > _MAX_RESULT:
            text = f"{text[:_MAX_RESULT]}\n(Cut here: the answer has {len(text)} characters.)"
        usage = wire.SubAgentUsage(input=used[0], output=used[1], cached=used[2])
        return wire.SubAgentResult(call_id=child.call_id or "", name=child.name, ok=ok, text=text, usage=usage)

    def _step(self, step: str, child: SubAgentRow) -> None:
        ids = {"step": step, "subagent": child.name, "agent_thread": child.parent_name}
        _log.info("step", extra={**ids, "t": time.time_ns() // 1_000_000})
