"""Hints that belong to no transaction, for parts that publish no effects of their own yet."""

from __future__ import annotations

import asyncio

from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.events import Events


class Wake:
    """Publishes hints. Each may be lost with its process.

    Args:
        events: Knows who performs them.
    """

    def __init__(self, events: Events) -> None:
        self.inbox_due = asyncio.Event()
        self._events = events
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def thread(self, thread_id: int) -> None:
        """A thread should be looked at."""
        self._events.publish((WakeThread(thread_id),))

    def inbox(self) -> None:
        """The inbox holds something new."""
        self.inbox_due.set()

    def outbox(self) -> None:
        """The outbox holds something new."""
        self._events.publish((WakeOutbox(),))

    def thread_later(self, thread_id: int, seconds: float) -> None:
        """A thread should be looked at after a while; of several such hints the earliest counts."""
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
