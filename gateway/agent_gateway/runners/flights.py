"""HTTP calls under way, by run: they end with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from agent_gateway.runners.identity import Identity


class Flights:
    """The connections of the calls that runs have under way."""

    def __init__(self) -> None:
        self._of: dict[tuple[int, int], set[asyncio.Transport]] = {}

    @contextlib.contextmanager
    def hold(self, who: Identity, transport: asyncio.Transport | None) -> Iterator[None]:
        """Know a call while it is under way.

        Args:
            who: Whose it is.
            transport: Its connection.
        """
        if transport is None:
            raise ConnectionError("the connection is gone")
        key = (who.thread_id, who.run)
        held = self._of.setdefault(key, set())
        held.add(transport)
        try:
            yield
        finally:
            held.discard(transport)
            if not held:
                self._of.pop(key, None)

    def cut(self, thread_id: int, run: int) -> None:
        """Cut the calls of a run that is over, and of those before it."""
        for (thread, number), held in list(self._of.items()):
            if thread == thread_id and number <= run:
                for transport in held:
                    transport.abort()
