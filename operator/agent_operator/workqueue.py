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
        retried: Exceptions after which a key is tried again; any other ends the queue.
    """

    def __init__(
        self, work: Callable[[K], Awaitable[None]], *, workers: int, retried: tuple[type[Exception], ...]
    ) -> None:
        self._work = work
        self._workers = workers
        self._retried = retried
        self._due: asyncio.Queue[K] = asyncio.Queue()
        self._queued: set[K] = set()
        self._active: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}

    def add(self, key: K) -> None:
        """Note that a key should be looked at."""
        if key in self._active:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._due.put_nowait(key)

    def add_later(self, key: K, seconds: float) -> None:
        """Note that a key should be looked at after a while."""
        asyncio.get_running_loop().call_later(seconds, self.add, key)

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
            except self._retried as error:
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
        _log.warning("retry", extra={"key": str(key), "error": type(error).__name__, "pause": pause})
        self.add_later(key, pause)
