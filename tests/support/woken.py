"""Hints that are kept and not followed."""

from __future__ import annotations

from agent_gateway.events import Events
from agent_gateway.wake import Wake


class Woken(Wake):
    """Keeps which threads were woken."""

    def __init__(self):
        super().__init__(Events())
        self.ids = []

    def thread(self, thread_id):
        self.ids.append(thread_id)
