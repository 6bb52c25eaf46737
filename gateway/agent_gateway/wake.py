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

    def thread(self, thread_id: int) -> None:
        """A thread should be looked at."""
        self._events.publish((WakeThread(thread_id),))

    def inbox(self) -> None:
        """The inbox holds something new."""
        self.inbox_due.set()

    def outbox(self) -> None:
        """The outbox holds something new."""
        self._events.publish((WakeOutbox(),))
