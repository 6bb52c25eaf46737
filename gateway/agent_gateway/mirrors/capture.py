"""A repository's default branch, fetched from its server and written as a bundle."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Final

from agent_gateway.connections.pktline import BAND_DATA
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.upstream import Refusal, Upstream
from agent_gateway.mirrors.shelf import Shelf, build_head

BAND_ERROR: Final = 3
FORM: Final = "sha1"
"""Of names of objects; a bundle of others would be of another version."""
PIECE: Final = 4 << 20
"""Bytes that are written at once, and after which the room is looked at."""
_TRAILER: Final = 20
_SIGNATURE: Final = b"PACK"


class TooLarge(Exception):
    """The default branch is larger than one bundle may be."""


async def capture(upstream: Upstream, connection: Connection, path: str, oid: str, shelf: Shelf, coming: Path) -> None:
    """Write the history of a commit into a file, with the key that requests of agents bear.

    Args:
        upstream: Asks the server.
        connection: Which.
        path: The repository.
        oid: The commit.
        shelf: What bounds it.
        coming: The file; where this raises, it is left as it is.

    Raises:
        TooLarge: it is larger than the shelf takes.
        Refusal: the server does not give it, or not all of it.
        OSError: it cannot be written.
    """
    writer = _Writer(coming, build_head(oid), shelf)
    try:
        lines = ["no-progress", "ofs-delta", f"want {oid}", "done"]
        async for piece in _collect(upstream.command(connection, path, "fetch", lines, FORM)):
            await asyncio.to_thread(writer.write, piece)
        await asyncio.to_thread(writer.finish)
    finally:
        writer.close()


async def _collect(payloads: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = bytearray()
    async for payload in payloads:
        if payload[:1] == bytes([BAND_ERROR]):
            raise Refusal(502, "The server broke off.")
        if payload[:1] == bytes([BAND_DATA]):
            held += payload[1:]
        if len(held) >= PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)


class _Writer:
    """Writes a pack behind a bundle's head; its last bytes are the sum of those before, else it is none."""

    def __init__(self, file: Path, head: bytes, shelf: Shelf) -> None:
        self._file: IO[bytes] = file.open("wb")
        self._file.write(head)
        self._shelf = shelf
        self._sum = hashlib.sha1(usedforsecurity=False)
        self._tail = b""
        self._size = 0

    def write(self, data: bytes) -> None:
        if not self._size and not data.startswith(_SIGNATURE):
            raise Refusal(502, "The server gives no pack.")
        self._size += len(data)
        if self._size > self._shelf.most_of_one:
            raise TooLarge
        self._file.write(data)
        self._file.flush()
        self._shelf.make_room()
        joined = self._tail + data
        self._sum.update(joined[:-_TRAILER])
        self._tail = joined[-_TRAILER:]

    def finish(self) -> None:
        if self._sum.digest() != self._tail:
            raise Refusal(502, "The server's pack is not whole.")
        self._file.flush()

    def close(self) -> None:
        self._file.close()
