"""Who looks at which thread when: one worker a thread, several threads at once, what is due and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from agent_gateway.errors import LeadershipLost
from agent_gateway.logs import describe_fault
from agent_gateway.resources.agentthreads import RunConflict
from agent_gateway.store import Store
from agent_gateway.store.errors import Away, StoreError
from agent_gateway.store.rows import Thread, ThreadKind
from agent_kube.errors import KubeError
from agent_kube.queue import WorkQueue

WORKERS: Final = 8
"""Threads that are looked at at once: fewer than the pool has connections."""
DUE_SECONDS: Final = 3.0
"""How often threads are asked for whose hint was lost."""
LOST_SECONDS: Final = 2.0
"""A thread that has been due for so long was not woken by its hint."""
PAGE: Final = 500
LOOK_SECONDS: Final = 120.0
LEAST_PAUSE: Final = 0.05
"""The shortest time after which a thread may ask to be looked at again."""
_log = logging.getLogger(__name__)


class Reconciler(Protocol):
    """Brings threads of one kind nearer to what they need."""

    async def reconcile(self, thread: Thread) -> float | None:
        """Do all that a thread needs now; return the seconds to the next look, None where something will wake it."""


class ThreadQueue:
    """Keeps looking at threads that are due.

    A thread is due when a transaction marked it so, which its look takes back unless it was marked again meanwhile;
    when something in this process wakes it; and at the time that its last look named. Errors have one policy: what
    cannot be reached pauses the thread, longer each time; lost leadership ends the queue; any other error is logged and
    pauses the thread as well.

    Args:
        store: Where threads are marked.
        reconcilers: By kind of thread.
        check: Raises when this process may no longer act.
        workers: Threads that are looked at at once.
    """

    def __init__(
        self,
        store: Store,
        reconcilers: Mapping[ThreadKind, Reconciler],
        check: Callable[[], None],
        *,
        workers: int = WORKERS,
    ) -> None:
        self._store = store
        self._reconcilers = reconcilers
        self._check = check
        self._failing: set[int] = set()
        self._queue = WorkQueue(
            self._look,
            workers=workers,
            expected=(StoreError, KubeError, RunConflict),
            fatal=(LeadershipLost,),
            look_seconds=LOOK_SECONDS,
        )

    @property
    def length(self) -> int:
        """Return how many threads wait to be looked at, or are being looked at."""
        return self._queue.length + self._queue.active

    @property
    def delayed(self) -> int:
        """Return how many threads are to be looked at later."""
        return self._queue.delayed

    def add(self, thread_id: int) -> None:
        """Note that a thread is to be looked at."""
        self._queue.add(thread_id)

    def add_later(self, thread_id: int, seconds: float) -> None:
        """Note that a thread is to be looked at after a while; the earliest of several such notes counts."""
        self._queue.add_later(thread_id, seconds)

    async def run(self) -> None:
        """Look at threads, for ever; at first once at all that are open, when nothing else is due.

        Raises:
            LeadershipLost: another gateway may lead now.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._queue.run())
            group.create_task(self._add_open())
            group.create_task(self._add_due())

    async def _look(self, thread_id: int) -> None:
        self._check()
        self._failing.add(thread_id)
        found = await self._store.threads.by_id_with_due(thread_id)
        if found is not None:
            thread, due_at = found
            seconds = await self._reconcilers[thread.kind].reconcile(thread)
            if due_at is not None:
                await self._store.threads.settle_due(thread_id, due_at)
            if seconds is not None:
                self._queue.add_later(thread_id, max(seconds, LEAST_PAUSE))
        self._failing.discard(thread_id)

    async def _add_open(self) -> None:
        """Look at every open thread once: hints to an earlier process are lost, and its timers with it."""
        after = 0
        while True:
            try:
                page = await self._store.threads.open_page(after, PAGE)
            except Away as error:
                _log.warning("open_threads_unread", extra={"error": describe_fault(error)})
                await asyncio.sleep(DUE_SECONDS)
                continue
            if not page:
                return
            for thread_id in page:
                self._queue.add_idle(thread_id)
            after = page[-1]

    async def _add_due(self) -> None:
        """Look at what is due and was not looked at; what failed is left to its own pauses."""
        while True:
            try:
                due = await self._store.threads.due(PAGE, LOST_SECONDS)
            except Away as error:
                _log.warning("due_threads_unread", extra={"error": describe_fault(error)})
                due = []
            for thread_id in due:
                if thread_id not in self._failing:
                    self._queue.add(thread_id)
            await asyncio.sleep(DUE_SECONDS)
