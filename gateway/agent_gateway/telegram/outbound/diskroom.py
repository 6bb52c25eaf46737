"""How many bytes of files may be on the disk at once while they are sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from agent_contract.names import MAX_FILE_BYTES

DEFAULT_BYTES: Final = 512 << 20
"""Half of the volume that the chart gives the gateway for its temporary files."""


class DiskRoom:
    """Bytes that are reserved before a file is fetched from the database, and free again once it was sent.

    First come, first served: a large file is not passed by small ones for ever.

    Args:
        most: Bytes in all; one file may have as many as Telegram takes at any rate.
    """

    def __init__(self, most: int = DEFAULT_BYTES) -> None:
        self._free = max(most, MAX_FILE_BYTES)
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def free(self) -> int:
        """Return the bytes that nobody has reserved."""
        return self._free

    @contextlib.asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Reserve bytes once there is room for them."""
        if self._waiting or size > self._free:
            await self._wait(size)
        else:
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._let_in()

    async def _wait(self, size: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._free += size  # it had just been let in
            else:
                with contextlib.suppress(ValueError):  # it was passed over
                    self._waiting.remove((size, turn))
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, turn = self._waiting.popleft()
            if not turn.done():
                self._free -= size
                turn.set_result(None)
