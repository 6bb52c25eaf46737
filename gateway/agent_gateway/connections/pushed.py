"""Which refs a git server says that it has moved, for whoever asks later what was pushed.

Source: gitprotocol-pack(5), "Report Status".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Final

from agent_gateway.connections.pushes import Kind, Push
from agent_gateway.store import Store
from agent_gateway.store.errors import StoreError

_log = logging.getLogger(__name__)
MOST_BYTES: Final = 64 << 10
"""Of a server's answer that are looked at, its last ones: the report stands there."""


@dataclass(slots=True)
class Seen:
    """What went by of an answer."""

    tail: bytearray = field(default_factory=bytearray)

    def add(self, chunk: bytes) -> None:
        """Take a piece."""
        self.tail += chunk
        del self.tail[: max(0, len(self.tail) - MOST_BYTES)]


def find_moved(push: Push, told: bytes) -> list[tuple[str, str | None]]:
    """Return the refs of a push that a server reports as moved, with their commits; None for a deleted one."""
    return [
        (command.ref, None if command.kind is Kind.DELETE else command.new)
        for command in push.commands
        if _has_line(told, f"ok {command.ref}".encode())
    ]


def _has_line(told: bytes, line: bytes) -> bool:
    """Say whether a report has a line, which is a packet of its own: four digits of its length stand before it."""
    lengths = (len(line) + 4, len(line) + 5)
    return any(b"%04x" % length + line + end in told for length, end in zip(lengths, (b"", b"\n"), strict=True))


class Pushed:
    """Records what was pushed.

    Args:
        store: Where it is recorded.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, thread_id: int, connection: str, path: str, push: Push, seen: Seen) -> None:
        """Record what an answer reports; the push has gone through whether or not this can be stored."""
        moved = find_moved(push, bytes(seen.tail))
        if not moved:
            return
        try:
            await self._store.pushed.note(thread_id, connection, path, moved)
        except StoreError as error:
            _log.warning("push_not_noted", extra={"thread_id": thread_id, "error": type(error).__name__})
