"""Hints between the loops of one process: what is due now. Each loop also polls, so a lost hint costs seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Wake:
    """Keys of threads that should be looked at, each at most once, and a flag each for inbox and outbox."""

    def __init__(self) -> None:
        self.inbox_due = asyncio.Event()
        self.on_outbox: Callable[[], None] = lambda: None
        self._threads: dict[int, None] = {}
        self._changed = asyncio.Event()
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def thread(self, thread_id: int) -> None:
        """A thread should be looked at."""
        self._threads[thread_id] = None
        self._changed.set()

    def inbox(self) -> None:
        """The inbox holds something new."""
        self.inbox_due.set()

    def outbox(self) -> None:
        """The outbox holds something new."""
        self.on_outbox()

    def thread_later(self, thread_id: int, seconds: float) -> None:
        """A thread should be looked at after a while; a sooner look that stands already decides anew."""
        loop = asyncio.get_running_loop()
        standing = self._timers.get(thread_id)
        if standing is not None:
            if standing.when() <= loop.time() + seconds:
                return
            standing.cancel()
        self._timers[thread_id] = loop.call_later(seconds, self._ring, thread_id)

    def _ring(self, thread_id: int) -> None:
        del self._timers[thread_id]
        self.thread(thread_id)

    async def next_threads(self) -> list[int]:
        """Wait for threads that are due and return them."""
        while not self._threads:
            self._changed.clear()
            await self._changed.wait()
        due = list(self._threads)
        self._threads.clear()
        return due
