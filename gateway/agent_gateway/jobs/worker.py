"""Takes the jobs of each conversation in their order, conversations in turns; what fails for good is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from agent_gateway.effects import WakeJobs, WakeOutbox
from agent_gateway.errors import LeadershipLost
from agent_gateway.events import Events
from agent_gateway.logs import describe_fault
from agent_gateway.pauses import wait_at_most
from agent_gateway.store import Store
from agent_gateway.store.errors import Away, StoreError, TooSlow
from agent_gateway.store.jobs import Job, JobKind
from agent_gateway.wording import keys
from agent_gateway.wording.say import SOURCE
from agent_kube.queue import WorkQueue

POLL_SECONDS: Final = 5.0
ALONE: Final = frozenset({JobKind.EXPORT})
"""Of each of these kinds one job is carried out at a time, whichever conversation's."""
TRIES: Final = 5
"""After so many failures in a row a job is given up; while the database is away none counts."""
_WORKERS: Final = 4
"""Some wait for a pod, or for a process beside: histories do not wait for them."""
_MOST: Final = 100
"""Conversations that are asked for at once."""
_log = logging.getLogger(__name__)


class Kind(Protocol):
    """How jobs of one kind are carried out."""

    async def work(self, job: Job) -> bool:
        """Do a part of it, or all; True where nothing is left."""


class JobWorker:
    """Carries out what is recorded, also by an earlier process.

    Args:
        store: The jobs.
        kinds: How each kind is carried out.
        events: Tells that a job was recorded.
        check: Raises when this process may no longer act.
        poll: Seconds between two looks for what is due.
    """

    def __init__(
        self,
        store: Store,
        kinds: Mapping[JobKind, Kind],
        events: Events,
        check: Callable[[], None],
        *,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._check = check
        self._poll = poll
        self._due = asyncio.Event()
        self._under_way: set[JobKind] = set()
        """Of the kinds of which one is carried out at a time."""
        self._queue: WorkQueue[int] = WorkQueue(
            self._look, workers=_WORKERS, expected=(StoreError,), fatal=(LeadershipLost,)
        )
        events.on(WakeJobs, self._wake)

    async def run(self) -> None:
        """Work for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._queue.run())
            while True:
                self._due.clear()
                for thread_id in await self._store.jobs.due_threads(_MOST):
                    self._queue.add(thread_id)
                await wait_at_most(self._due, self._poll)

    def _wake(self, _: WakeJobs) -> None:
        self._due.set()

    async def _look(self, thread_id: int) -> None:
        """Do a slice of a conversation's oldest job; the others have their turns before the next one."""
        self._check()
        job = await self._store.jobs.next(thread_id)
        if job is None or job.kind in self._under_way:
            return  # at the end of the other one it is looked again for what is due
        try:
            await self._work(job)
        except LeadershipLost:
            raise
        except TooSlow as error:
            await self._fail(job, error)
        except Away:
            raise
        except Exception as error:  # noqa: BLE001  # its own fault, whatever it is, must not hold up the jobs behind it
            await self._fail(job, error)
        self._queue.add(thread_id)

    async def _work(self, job: Job) -> None:
        if job.kind not in ALONE:
            await self._kinds[job.kind].work(job)
            return
        self._under_way.add(job.kind)
        try:
            await self._kinds[job.kind].work(job)
        finally:
            self._under_way.discard(job.kind)
            self._due.set()

    async def _fail(self, job: Job, error: Exception) -> None:
        async with self._store.transaction() as tx:
            failures = await tx.jobs.count_failure(job.id)
            if failures >= TRIES:
                await tx.jobs.end(job.id, failed=True)
                thread = await tx.threads.by_id(job.thread_id)
                language = thread.language if thread is not None else SOURCE
                await tx.outbox.put(
                    job.address, keys.job_failed(language, command=job.kind.value), f"job-failed:{job.id}"
                )
                tx.after(WakeOutbox())
        _log.error("job_failed", extra={
            "job": job.id, "kind": job.kind.value, "failures": failures, "error": describe_fault(error),
        })  # fmt: skip
        if failures < TRIES:
            raise error
