"""The loop that brings each thread nearer to what it needs: look, decide, do, one thread at a time each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import asyncpg

from agent_contract import names
from agent_contract.agentthread import AgentThread, Reason
from agent_gateway.dispatch import reconcile as r
from agent_gateway.dispatch.wake import Wake
from agent_gateway.errors import LeadershipLost
from agent_gateway.kube import KubeError
from agent_gateway.resources.agentthreads import AgentThreads, RunConflict
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Address, Final, Run, Thread, Turn, TurnState, TurnView
from agent_gateway.telegram import texts

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 5.0
_RETRY_SECONDS = 2.0


class Previews(Protocol):
    """What the chat shows of a turn before its end."""

    def open(self, turn: Turn, address: Address, reply_to: int | None, restored: TurnView | None = None) -> None:
        """Begin to show a turn."""

    def waiting(self, turn_id: int, text: str) -> None:
        """Show what it waits for."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more; return the messages that stand."""


class Threads:
    """Reconciles threads.

    Args:
        store: Conversations.
        resources: AgentThreads.
        registry: Connections of runners.
        views: Live previews.
        wake: Tells which threads are due.
        check: Raises when this process may no longer act.
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
        max_runs: int,
    ) -> None:
        self._store = store
        self._resources = resources
        self._registry = registry
        self._views = views
        self._wake = wake
        self._check = check
        self._max_runs = max_runs
        self._since = datetime.now(UTC)
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._starting = asyncio.Lock()

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
                for thread_id in await self._store.unfinished_threads():
                    self._wake.thread(thread_id)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("sweep_failed", extra={"error": type(error).__name__})
            await asyncio.sleep(SWEEP_SECONDS)

    async def _work(self, thread_id: int) -> None:
        try:
            self._check()
            await self._reconcile(thread_id)
        except LeadershipLost:
            raise
        except RunConflict:
            self._wake.thread_later(thread_id, 0.05)
        except (OSError, KubeError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # what the API server or the database refuses now is asked again; the sweep would do so in any case
            _log.warning("thread_failed", extra={"thread_id": thread_id, "error": f"{type(error).__name__}"})
            self._wake.thread_later(thread_id, _RETRY_SECONDS)
        finally:
            self._busy.pop(thread_id, None)
            if thread_id in self._again:
                self._again.discard(thread_id)
                self._wake.thread(thread_id)

    async def _reconcile(self, thread_id: int) -> None:
        for _ in range(20):  # each round does one thing; what is left after so many waits for the sweep
            snapshot = await self._read(thread_id)
            if snapshot is None:
                return
            actions = r.decide(snapshot, datetime.now(UTC))
            settled = True
            for action in actions:
                settled = await self._apply(snapshot, action) and settled
            if settled:
                return

    async def _read(self, thread_id: int) -> r.Snapshot | None:
        store = self._store
        thread = await store.thread_by_id(thread_id)
        if thread is None:
            return None
        resource = self._resources.cached(thread.name)
        class_name = resource.spec.class_ref.name if resource else names.DEFAULT_CLASS
        agent_class = await self._resources.agent_class(class_name)
        run = await store.open_run(thread_id)
        free = run is not None or await store.open_runs() < self._max_runs
        return r.Snapshot(
            thread=thread,
            run=run,
            last=None if run else await store.last_run(thread_id),
            running=await store.running_turn(thread_id),
            waiting=await store.next_turn(thread_id),
            link=self._link_state(thread_id),
            resource=resource,
            resource_known=self._resources.synced.is_set(),
            timeouts=agent_class.spec.timeouts,
            free_place=free,
            gateway_since=self._since,
        )

    def _link_state(self, thread_id: int) -> r.LinkState | None:
        link = self._registry.link(thread_id)
        if link is None:
            return None
        lost = None
        if link.lost_at is not None:
            lost = datetime.now(UTC) - timedelta(seconds=time.monotonic() - link.lost_at)
        return r.LinkState(link.run, link.connected, link.ready, lost)

    async def _apply(self, s: r.Snapshot, action: r.Action) -> bool:
        """Do one thing; True where nothing follows from it now."""
        match action:
            case r.LookAgain(seconds=seconds):
                self._wake.thread_later(s.thread.id, max(seconds, 0.05))
                return True
            case r.ShowWaiting():
                await self._show_waiting(s, action)
                return True
            case r.RequestRun():
                return await self._request_run(s.thread)
            case r.RewriteRun(number=number):
                await self._rewrite_run(s.thread, number)
            case r.Deliver():
                return await self._deliver(s)
            case r.StopRun(number=number):
                _log.info("run_stopped", extra={"agent_thread": s.thread.name, "run": number})
                await self._resources.stop_run(s.thread.name, number)
                return True
            case r.ConfirmGone(number=number):
                return await self._confirm_gone(s, number)
            case r.EndRun(number=number, reason=reason, message=message):
                await self._end_run(s, number, reason, message)
            case r.Requeue(turn=turn):
                await self._store.requeue(turn)
            case r.Interrupt(turn=turn, reason=reason, message=message):
                await self._end_turn(turn, "run_lost", texts.run_lost_text(reason, message))
            case r.TimeOut(turn=turn):
                await self._end_turn(turn, "timeout", texts.TIMED_OUT)
                if s.run is not None:
                    await self._resources.stop_run(s.thread.name, s.run.number)
            case r.GiveUp(reason=reason, message=message):
                words = texts.failure_text("start_failed", message or texts.run_lost_text(reason))
                for turn_row in await self._store.queued_turns(s.thread.id):
                    await self._end_turn(turn_row.id, "start_failed", words)
        return False

    async def _request_run(self, thread: Thread) -> bool:
        """Compute the next run from what stands in the API server, store it, then write it."""
        async with self._starting:  # so that MAX_THREADS holds while several threads ask
            if await self._store.open_runs() >= self._max_runs:
                return False
            found = await self._resources.get(thread.name)
            if found is not None and found.metadata.get("deletionTimestamp"):
                self._wake.thread_later(thread.id, 1)
                return True
            status = found.status.run.number if found and found.status.run else 0
            number = 1 + max(thread.run_counter, (found.spec.run or 0) if found else 0, status)
            await self._store.want_run(thread.id, number, found.uid if found else None)
        await self._write(thread, number, found)
        return False

    async def _rewrite_run(self, thread: Thread, number: int) -> None:
        found = await self._resources.get(thread.name)
        if found is not None and (found.spec.run or 0) >= number:
            await self._store.want_run(thread.id, number, found.uid)
            return
        await self._write(thread, number, found)

    async def _write(self, thread: Thread, number: int, found: AgentThread | None) -> None:
        written = await self._resources.want_run(thread, number, found)
        if found is None:
            await self._store.want_run(thread.id, number, written.uid)
        _log.info(
            "step", extra={"step": "resource_patched", "agent_thread": thread.name, "run": number, "t": _now_ms()}
        )

    async def _deliver(self, s: r.Snapshot) -> bool:
        link = self._registry.link(s.thread.id)
        if link is None or s.run is None:
            return True
        turn = await self._store.deliver_next(s.thread.id, s.run.number)
        if turn is None:
            return True
        self._views.open(turn, s.thread.address, turn.message_id, await self._store.view(turn.id))
        await link.send_turn(await self._noted(s, s.run, turn))
        _log.info(
            "step", extra={"step": "turn_delivered", "agent_thread": s.thread.name, "turn": turn.id, "t": _now_ms()}
        )
        return True

    async def _noted(self, s: r.Snapshot, run: Run, turn: Turn) -> Turn:
        """Tell chat and agent, at a run's first turn, that the files of earlier runs are not there."""
        earlier = await self._store.had_runs(s.thread.id)
        if not earlier or await self._store.run_had_turns(s.thread.id, run.number, turn.id):
            return turn
        key = f"no-files:{s.thread.id}:{run.number}"
        await self._store.put(None, s.thread.address, texts.NO_FILES_NOTE, key, kind="notice")
        self._wake.outbox()
        return replace(turn, text=f"{turn.text}\n\n[{texts.NO_FILES_NOTE}]")

    async def _confirm_gone(self, s: r.Snapshot, number: int) -> bool:
        found = await self._resources.get(s.thread.name)
        if found is not None and s.run is not None and found.uid == s.run.thread_uid:
            self._wake.thread_later(s.thread.id, 1)  # the watch is behind
            return True
        await self._end_run(s, number, Reason.DELETED, None)
        return False

    async def _end_run(self, s: r.Snapshot, number: int, reason: str, message: str | None) -> None:
        if not await self._store.end_run(s.thread.id, number, reason, message):
            return
        _log.info("run_over", extra={"agent_thread": s.thread.name, "run": number, "reason": reason})
        if s.run is not None and s.run.ready_at is None:
            await self._store.count_attempt(s.thread.id)
        self._registry.forget(s.thread.id, number)

    async def _end_turn(self, turn_id: int, reason: str, words: str) -> None:
        stored = await self._store.view(turn_id)
        shown = await self._views.finish(turn_id)
        partial = "\n\n".join(t for t in stored.messages if t.strip())
        final = Final(texts.interrupted_text(partial, words), message_ids=shown or stored.message_ids)
        await self._store.end_turn(turn_id, None, None, TurnState.FAILED, reason, final)
        self._wake.outbox()

    async def _show_waiting(self, s: r.Snapshot, waiting: r.ShowWaiting) -> None:
        if s.waiting is None:
            return
        if waiting.no_place:
            text = texts.capacity_text(await self._store.open_runs(), self._max_runs)
        else:
            text = texts.waiting_text(waiting.reason, waiting.message)
        self._views.open(s.waiting, s.thread.address, s.waiting.message_id, await self._store.view(s.waiting.id))
        self._views.waiting(s.waiting.id, text)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
