"""The loop that brings each thread nearer to what it needs: look, decide, do, one thread at a time each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from agent_contract import names
from agent_contract.agentthread import AgentThread, Reason
from agent_contract.terms import Timeouts
from agent_gateway.conversations import actions as do
from agent_gateway.conversations import decide as r
from agent_gateway.conversations.closing import close_left, close_views
from agent_gateway.conversations.notes import PromptNotes
from agent_gateway.conversations.slots import SlotQueue
from agent_gateway.errors import LeadershipLost
from agent_gateway.kube import KubeError
from agent_gateway.logs import describe_fault
from agent_gateway.resources.agentthreads import KIND, AgentThreads, RunConflict
from agent_gateway.resources.watched import explain
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address, Final, Thread, ThreadKind, Turn, TurnState, TurnView
from agent_gateway.subagents.service import SubAgentService
from agent_gateway.wake import Wake
from agent_gateway.wording import texts
from agent_gateway.wording.again import build_buttons, build_continuation, build_error_id, with_id

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 5.0
_RETRY_SECONDS = 2.0


class Previews(Protocol):
    """What the chat shows of a turn before its end."""

    def open(self, turn: Turn, address: Address, reply_to: int | None, restored: TurnView | None = None) -> None:
        """Begin to show a turn."""

    def waiting(self, turn_id: int, text: str) -> None:
        """Show what it waits for."""

    def working(self, turn_id: int) -> None:
        """Show that it waits no more."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more; return the messages that stand."""

    def shown(self) -> tuple[int, ...]:
        """Return the turns that are shown."""


class Threads:
    """Reconciles threads.

    Args:
        store: Conversations.
        resources: AgentThreads.
        registry: Connections of runners.
        views: Live previews.
        wake: Tells which threads are due.
        check: Raises when this process may no longer act.
        children: Looks after sub-agents, whose threads come by here too.
        max_runs: The most runs at once.
    """

    def __init__(
        self,
        store: Store,
        resources: AgentThreads,
        registry: Registry,
        views: Previews,
        wake: Wake,
        check: Callable[[], None],
        *,
        children: SubAgentService,
        max_runs: int,
    ) -> None:
        self._store = store
        self._resources = resources
        self._registry = registry
        self._views = views
        self._wake = wake
        self._check = check
        self._children = children
        self._max_runs = max_runs
        self._since = datetime.now(UTC)
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._starting = asyncio.Lock()
        self._slots = SlotQueue()
        self._notes = PromptNotes(store, resources, wake)

    async def run(self) -> None:
        """Look at what is due, for ever; one task a thread, threads in parallel."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep())
            while True:
                for thread_id in await self._wake.next_threads():
                    if thread_id in self._busy:
                        self._again.add(thread_id)
                    else:
                        self._busy[thread_id] = group.create_task(self._work(thread_id))

    async def _sweep(self) -> None:
        """A lost hint costs seconds, never a message."""
        while True:
            try:
                for thread_id in await self._store.threads.unfinished():
                    self._wake.thread(thread_id)
                await close_left(self._store, self._views, self._wake)
            except Away as error:
                _log.warning("sweep_failed", extra={"error": type(error).__name__})
            await asyncio.sleep(SWEEP_SECONDS)

    async def _work(self, thread_id: int) -> None:
        try:
            self._check()
            thread = await self._store.threads.by_id(thread_id)
            if thread is not None and thread.kind is ThreadKind.SUBAGENT:
                await self._children.reconcile(thread)
            elif thread is not None:
                await self._reconcile(thread)
        except LeadershipLost:
            raise
        except RunConflict:
            self._wake.thread_later(thread_id, 0.05)
        except KubeError as error:
            _log.warning("thread_refused", extra={"thread_id": thread_id, "status": error.status, "why": error.reason})
            await self._tell_refused(thread_id, error)
        except Away as error:
            # what the database refuses now is asked again; the sweep would do so in any case
            _log.warning("thread_failed", extra={"thread_id": thread_id, "error": type(error).__name__})
            self._wake.thread_later(thread_id, _RETRY_SECONDS)
        except Exception as error:  # noqa: BLE001  # one thread's fault, whatever it is, must not touch another
            _log.error("thread_failed", extra={"thread_id": thread_id, "error": describe_fault(error)})
        finally:
            self._busy.pop(thread_id, None)
            if thread_id in self._again:
                self._again.discard(thread_id)
                self._wake.thread(thread_id)
            self._call_next(thread_id)

    async def _tell_refused(self, thread_id: int, error: KubeError) -> None:
        """Say in the chat why its message does not go on: the cluster refuses, or does not answer."""
        self._wake.thread_later(thread_id, _RETRY_SECONDS)
        try:
            thread, waiting = await self._store.threads.by_id(thread_id), await self._store.turns.next(thread_id)
            if thread is not None and thread.kind is ThreadKind.SUBAGENT:
                await self._children.tell_refused(thread, error)
                return
        except Away as away:
            _log.warning("thread_failed", extra={"thread_id": thread_id, "error": type(away).__name__})
            return
        if thread is not None and waiting is not None:
            self._views.open(waiting, thread.address, waiting.message_id)
            self._views.waiting(waiting.id, texts.cluster_text(explain(error, KIND)))

    def _call_next(self, looked_at: int) -> None:
        """Let the first in the line look whether a place is free now."""
        first = self._slots.first()
        if first is not None and first != looked_at:
            self._wake.thread(first)

    async def _reconcile(self, thread: Thread) -> None:
        for _ in range(20):  # each round does one thing; what is left after so many waits for the sweep
            snapshot = await self._read(thread)
            actions = r.decide(snapshot, datetime.now(UTC))
            self._keep_line(snapshot, actions)
            settled = True
            for action in actions:
                settled = await self._apply(snapshot, action) and settled
            if settled:
                return

    def _keep_line(self, s: r.Snapshot, actions: list[do.Action]) -> None:
        if s.waiting is not None and any(isinstance(a, do.ShowWaiting) and a.no_slot for a in actions):
            self._slots.join(s.thread.id, s.waiting.id, _person(s.waiting))
        elif do.RequestRun() not in actions:
            self._slots.leave(s.thread.id)

    async def _has_slot(self, waiting: Turn) -> bool:
        """Say whether a run may begin, those who are before it in the line counted as begun."""
        before = 0
        if not self._slots.is_empty_but_for(waiting.thread_id):
            self._slots.working = await self._store.slots.count()
            before = self._slots.count_before(waiting.thread_id, waiting.id, _person(waiting))
        return await self._store.runs.count_open() + before < self._max_runs

    async def _read(self, thread: Thread) -> r.Snapshot:
        store = self._store
        # at once, on a connection each: a person waits for every round trip here
        run, waiting, running = await asyncio.gather(
            store.runs.open(thread.id), store.turns.next(thread.id), store.turns.running(thread.id)
        )
        resource = self._resources.cached(thread.name)
        timeouts = Timeouts()
        if run is not None:
            class_name = resource.spec.class_ref.name if resource else names.DEFAULT_CLASS
            timeouts = (await self._resources.agent_class(class_name)).spec.timeouts
        free = run is not None or waiting is None or await self._has_slot(waiting)
        return r.Snapshot(
            thread=thread,
            run=run,
            last=None if run else await store.runs.last(thread.id),
            running=running,
            waiting=waiting,
            link=read_link(self._registry, thread.id),
            resource=resource,
            resource_known=self._resources.synced.is_set(),
            timeouts=timeouts,
            free_slot=free,
            gateway_since=self._since,
            children_until=await self._children.work_until(running) if running else None,
        )

    async def _apply(self, s: r.Snapshot, action: do.Action) -> bool:
        """Do one thing; True where nothing follows from it now."""
        match action:
            case do.LookAgain(seconds=seconds):
                self._wake.thread_later(s.thread.id, max(seconds, 0.05))
                return True
            case do.ShowWaiting():
                await self._show_waiting(s, action)
                return True
            case do.RequestRun():
                return await self._request_run(s.thread)
            case do.RewriteRun(number=number):
                await self._rewrite_run(s.thread, number)
            case do.Deliver():
                return await self._deliver(s)
            case do.Abort(turn=turn):
                link = self._registry.link(s.thread.id)
                if link is not None:
                    await link.abort(turn)
                return True
            case do.StopRun(number=number, why=why):
                await self._stop_run(s.thread, number, why)
                return True
            case do.ConfirmGone(number=number):
                return await self._confirm_gone(s, number)
            case do.EndRun(number=number, reason=reason, message=message):
                await self._end_run(s, number, reason, message)
            case do.Requeue(turn=turn):
                await self._store.turns.requeue(turn)
            case do.Interrupt(turn=turn, reason=reason, message=message, resumes=resumes):
                words = texts.run_lost_text(reason, message, resumes=resumes)
                kind = "aborted" if reason == Reason.STOPPED else "run_lost"
                lost = texts.lost_words(reason, message) if resumes else None
                if s.running is not None and s.running.stop_asked:
                    # its runner, which takes them back when it hears of a stop, did not live to
                    await self._children.end_with(s.thread.id, turn)
                await self._end_turn(turn, kind, words, resumes=lost)
            case do.TimeOut(turn=turn):
                if s.run is not None:
                    await self._store.runs.ask_stop(s.thread.id, s.run.number, "timeout")
                    await self._children.end_with(s.thread.id, turn)
                await self._end_turn(turn, "timeout", texts.TIMED_OUT)
            case do.GiveUp(reason=reason, message=message):
                words = texts.failure_text("start_failed", message or texts.run_lost_text(reason))
                for turn_row in await self._store.turns.queued(s.thread.id):
                    await self._end_turn(turn_row.id, "start_failed", words)
        return False

    async def _request_run(self, thread: Thread) -> bool:
        """Compute the next run from what stands in the API server, store it, then write it."""
        async with self._starting:  # so that MAX_THREADS holds while several threads ask
            if await self._store.runs.count_open() >= self._max_runs:
                return False
            found = await self._resources.get(thread.name)
            if found is not None and found.metadata.get("deletionTimestamp"):
                self._wake.thread_later(thread.id, 1)
                return True
            number = r.compute_next_run(thread, found)
            model = await self._store.runs.want(thread.id, number, found.uid if found else None)
        await self._write(replace(thread, model=model), number, found)
        return False

    async def _stop_run(self, thread: Thread, number: int, why: str) -> None:
        await self._store.runs.ask_stop(thread.id, number, why)
        await self._resources.stop_run(thread.name, number)
        _log.info("run_stopped", extra={"agent_thread": thread.name, "run": number, "why": why})

    async def _rewrite_run(self, thread: Thread, number: int) -> None:
        found = await self._resources.get(thread.name)
        if found is not None and (found.spec.run or 0) >= number:
            await self._store.runs.want(thread.id, number, found.uid)
            return
        model = await self._store.runs.want(thread.id, number, None)  # as it was recorded, whatever was chosen since
        await self._write(replace(thread, model=model), number, found)

    async def _write(self, thread: Thread, number: int, found: AgentThread | None) -> None:
        written = await self._resources.want_run(thread, number, found)
        if found is None:
            await self._store.runs.want(thread.id, number, written.uid)
        _log.info(
            "step", extra={"step": "resource_patched", "agent_thread": thread.name, "run": number, "t": _now_ms()}
        )

    async def _deliver(self, s: r.Snapshot) -> bool:
        link = self._registry.link(s.thread.id)
        if link is None or s.run is None:
            return True
        turn = s.running or await self._store.turns.deliver_next(s.thread.id, s.run.number)
        if turn is None:
            return True
        view, noted = await asyncio.gather(
            self._store.views.get(turn.id), self._notes.add(s.thread, s.run.number, turn)
        )
        self._views.open(turn, s.thread.address, turn.message_id, view)
        self._views.working(turn.id)
        if await link.send_turn(noted) and turn.stop_asked:
            await link.abort(turn.id)
        _log.info(
            "step", extra={"step": "turn_delivered", "agent_thread": s.thread.name, "turn": turn.id, "t": _now_ms()}
        )
        return True

    async def _confirm_gone(self, s: r.Snapshot, number: int) -> bool:
        found = await self._resources.get(s.thread.name)
        if found is not None and s.run is not None and found.uid == s.run.thread_uid:
            self._wake.thread_later(s.thread.id, 1)  # the watch is behind
            return True
        await self._end_run(s, number, Reason.DELETED, None)
        return False

    async def _end_run(self, s: r.Snapshot, number: int, reason: str, message: str | None) -> None:
        if reason == Reason.SUSPENDED:  # what runs is ended: first, as nobody comes back to a run that is over
            await self._children.end_with(s.thread.id)
        if not await self._store.runs.end(s.thread.id, number, reason, message):
            return
        _log.info("run_over", extra={"agent_thread": s.thread.name, "run": number, "reason": reason})
        if s.run is not None and r.failed_to_start(s.run, reason):
            await self._store.turns.count_attempt(s.thread.id)
        self._registry.forget(s.thread.id, number)

    async def _end_turn(self, turn_id: int, reason: str, words: str, *, resumes: str | None = None) -> None:
        """End a turn; it goes on by itself where `resumes` says why it was cut."""
        stored, turn = await asyncio.gather(self._store.views.get(turn_id), self._store.turns.by_id(turn_id))
        shown = await self._views.finish(turn_id)
        partial = "\n\n".join(t for t in stored.messages if t.strip())
        goes_on = build_continuation(turn.text, partial, resumes) if resumes and turn is not None else None
        text = texts.interrupted_text(partial, words if resumes else with_id(words, turn_id, reason))
        buttons = () if resumes else build_buttons(turn_id, reason)
        final = Final(text, message_ids=shown or stored.message_ids, buttons=buttons, goes_on=goes_on)
        await self._store.turns.end(turn_id, None, None, TurnState.FAILED, reason, final)
        _log.warning("turn_failed", extra={"turn": turn_id, "error_id": build_error_id(turn_id), "reason": reason})
        self._wake.outbox()

    async def _show_waiting(self, s: r.Snapshot, waiting: do.ShowWaiting) -> None:
        if s.waiting is None:
            return
        if waiting.behind:
            text = texts.QUEUED
        elif waiting.late:
            text = texts.late_text(s.thread.name)
        elif waiting.no_slot:
            place = 1 + self._slots.count_before(s.thread.id, s.waiting.id, _person(s.waiting))
            text = texts.capacity_text(await self._store.runs.count_open(), self._max_runs, place)
        else:
            text = texts.waiting_text(waiting.reason, waiting.message)
        self._views.open(s.waiting, s.thread.address, s.waiting.message_id, await self._store.views.get(s.waiting.id))
        self._views.waiting(s.waiting.id, text)
        now = await self._store.turns.by_id(s.waiting.id)
        if now is None or now.state is TurnState.CANCELLED:  # since it was looked at: nobody else would close it again
            await close_views(self._store, self._views, self._wake, s.thread, [s.waiting.id])


def read_link(registry: Registry, thread_id: int) -> r.LinkState | None:
    """Return what is known of a thread's connection."""
    link = registry.link(thread_id)
    if link is None:
        return None
    lost = None
    if link.lost_at is not None:
        lost = datetime.now(UTC) - timedelta(seconds=time.monotonic() - link.lost_at)
    return r.LinkState(link.run, link.connected, link.ready, lost, link.turn_id)


def _person(turn: Turn) -> int:
    """Return who waits with a turn; one that nobody is known of counts as somebody of its own."""
    return turn.person_id if turn.person_id is not None else -turn.thread_id


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
