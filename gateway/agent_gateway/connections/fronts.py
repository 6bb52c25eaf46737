"""The front of a push's pack, kept in a file without a name while it is looked at: it takes no memory, and goes with us."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Final

from agent_gateway.connections.pktline import PktReader
from agent_gateway.connections.upstream import Refusal

FRONT_BYTES: Final = 16 << 20
"""How far into a pack is looked before the decision; what is behind waits in the pod."""
MOST_BYTES: Final = 256 << 20
"""Of all fronts at once; a gateway's /tmp has a gibibyte."""
MOST_OF_ONE: Final = 48 << 20
"""Of a conversation's: three of them."""
SILENCE_SECONDS: Final = 60.0
"""So long a pod may send nothing while room is kept for its push."""
_PIECE: Final = 256 << 10


class FrontRoom:
    """The room for all of them, and each conversation's share.

    Args:
        most: Bytes of all.
        most_of_one: Bytes of one conversation's.
    """

    def __init__(self, most: int = MOST_BYTES, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken: Counter[int] = Counter()

    def take(self, thread_id: int, size: int) -> None:
        """Take room for a conversation.

        Raises:
            Refusal: there is none left, or it has its share.
        """
        if size > self._most_of_one - self._taken[thread_id]:
            words = "too many pushes of this conversation are looked at now: push again once they are through"
            raise Refusal(503, words, "git-look")
        if size > self._most - self._taken.total():
            raise Refusal(503, "too many pushes are looked at now: push again in a while", "git-look")
        self._taken[thread_id] += size

    def give_back(self, thread_id: int, size: int) -> None:
        """Give room back."""
        self._taken[thread_id] -= size
        if not self._taken[thread_id]:
            del self._taken[thread_id]


class Front:
    """One of them, laid before the rest again.

    Args:
        reader: The push behind its list of commands.
        room: Shared by all.
        thread_id: Whose push it is.
    """

    def __init__(self, reader: PktReader, room: FrontRoom, thread_id: int) -> None:
        self._reader = reader
        self._room = room
        self._thread_id = thread_id
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as its push
        self._size = 0

    @property
    def path(self) -> str:
        """Return where another process of ours finds it."""
        return f"/proc/{os.getpid()}/fd/{self._file.fileno()}"

    async def fill(self, most: int, see: Callable[[bytes], bool]) -> None:
        """Read on until so much is here, the push ends, or `see` has seen enough.

        Raises:
            Refusal: there is no room left, or nothing comes for too long.
        """
        while self._size < most:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    chunk = await self._reader.ahead()
            except TimeoutError as error:
                words = f"nothing came of this push for {SILENCE_SECONDS:.0f} seconds: push again"
                raise Refusal(408, words, "git-look") from error
            if chunk is None:
                return
            if len(chunk) > most - self._size:
                self._reader.put_back([chunk[most - self._size :]])
                chunk = chunk[: most - self._size]
            self._room.take(self._thread_id, len(chunk))
            self._size += len(chunk)
            await asyncio.to_thread(self._write, chunk)
            if see(chunk):
                return

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the front, then what is behind it."""
        self._file.seek(0)
        while piece := await asyncio.to_thread(self._file.read, _PIECE):
            yield piece
        self.close()
        async for chunk in self._reader.rest():
            yield chunk

    def close(self) -> None:
        """Give its room back."""
        self._file.close()
        self._room.give_back(self._thread_id, self._size)
        self._size = 0

    def _write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._file.flush()
