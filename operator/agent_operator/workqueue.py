"""Keys that should be looked at: each at most once in the queue, and by at most one worker at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
_log = logging.getLogger(__name__)
BACKOFF = (0.2, 1.0, 5.0, 15.0, 60.0)
"""Seconds before a key that failed is tried again, by how often it failed in a row."""


class WorkQueue(Generic[K]):
    """A deduplicating queue with workers.

    Args:
        work: Does what a key needs; an exception is logged and the key tried again.
        workers: How many keys are worked on at once.
        expected: Exceptions that are no mistake of ours: they are logged by their sentence, all others with their trace.
    """

    def __init__(
        self, work: Callable[[K], Awaitable[None]], *, workers: int, expected: tuple[type[Exception], ...]
    ) -> None:
        self._work = work
        self._workers = workers
        self._expected = expected
        self._due: asyncio.Queue[K] = asyncio.Queue()
        self._queued: set[K] = set()
        self._active: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}

    def add(self, key: K) -> None:
        """Note that a key should be looked at."""
        if key in self._active:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._due.put_nowait(key)

    def add_later(self, key: K, seconds: float) -> None:
        """Note that a key should be looked at after a while; of several such notes the earliest counts."""
        loop = asyncio.get_running_loop()
        due, timer = loop.time() + seconds, self._timers.get(key)
        if timer is not None:
            if timer.when() <= due:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._add_due, key)

    def _add_due(self, key: K) -> None:
        del self._timers[key]
        self.add(key)

    @property
    def length(self) -> int:
        """Return how many keys wait."""
        return len(self._queued)

    async def run(self) -> None:
        """Work for ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._worker())

    async def _worker(self) -> None:
        while True:
            key = await self._due.get()
            self._queued.discard(key)
            self._active.add(key)
            try:
                await self._work(key)
                self._failures.pop(key, None)
            except Exception as error:  # noqa: BLE001  # a mistake in one key must not end the work on all others
                self._retry(key, error)
            finally:
                self._active.discard(key)
                if key in self._again:
                    self._again.discard(key)
                    self.add(key)

    def _retry(self, key: K, error: Exception) -> None:
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        pause = BACKOFF[min(count, len(BACKOFF) - 1)]
        expected = isinstance(error, self._expected)
        _log.log(
            logging.WARNING if expected else logging.ERROR,
            "retry",
            exc_info=None if expected else error,
            extra={"key": str(key), "error": type(error).__name__, "problem": str(error), "pause": pause},
        )
        self.add_later(key, pause)
