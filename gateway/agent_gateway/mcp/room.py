"""What messages of tool servers may take: bytes that are held at once, of all runs, and bytes a second, of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from agent_gateway.connections.upstream import Refusal
from agent_gateway.rates import Rate

MOST_HELD: Final = 48 << 20
"""Bytes of messages that are held at once, of all runs: from the first byte of a request to the last of its answer."""
BYTES: Final = Rate(1 << 20, 8 << 20)
"""Of one run, those that it says and those that it is answered."""


@dataclass(slots=True)
class Room:
    """What the messages that are held may take together."""

    held: int = 0

    def grow(self, count: int) -> None:
        """Take so many bytes.

        Raises:
            Refusal: there are too many.
        """
        if self.held + count > MOST_HELD:
            raise Refusal(
                503, "Too much of tool servers is under way: try again in a moment (limit: mcp-held).", "mcp-held"
            )
        self.held += count

    @contextmanager
    def lend(self) -> Iterator[Share]:
        """Lend a share, which comes back whole."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held -= share.count


@dataclass(slots=True)
class Share:
    """What one call holds."""

    room: Room
    count: int = 0

    def set(self, count: int) -> None:
        """Hold so many bytes.

        Raises:
            Refusal: there is no room for them.
        """
        if count > self.count:
            self.room.grow(count - self.count)
        else:
            self.room.held -= self.count - count
        self.count = count
