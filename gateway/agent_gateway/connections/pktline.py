"""Git's pkt-lines, read off the front of a stream, and written.

Source: gitprotocol-common(5), gitprotocol-v2(5).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Final

FLUSH: Final = b"0000"
DELIMITER: Final = b"0001"
MAX_PAYLOAD: Final = 65_516
"""What one pkt-line may carry."""
BAND_DATA: Final = 1
BAND_PROGRESS: Final = 2
BAND_FAILURE: Final = 3
_HEX = frozenset(b"0123456789abcdefABCDEF")


class Malformed(Exception):
    """What was sent is not what git sends; the text is for a person."""


def encode(payload: bytes) -> bytes:
    """Return one pkt-line."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("too long for one pkt-line")
    return b"%04x" % (len(payload) + 4) + payload


def encode_lines(lines: Iterable[str]) -> bytes:
    """Return text lines as pkt-lines, without a flush."""
    return b"".join(encode(line.encode()) for line in lines)


def encode_band(band: int, payload: bytes) -> bytes:
    """Return a payload of any length in side-band-64k's packets."""
    size = MAX_PAYLOAD - 1
    parts = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
    return b"".join(encode(bytes([band]) + part) for part in parts)


class PktReader:
    """Takes pkt-lines off the front of a stream; `rest()` is what follows, byte for byte."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._held = bytearray()
        self._ended = False

    async def line(self, longest: int = MAX_PAYLOAD, *, delimiters: bool = False) -> bytes | None:
        """Return the next pkt-line's payload; None for a flush, and nothing for a delimiter where these may be.

        Raises:
            Malformed: it is anything else: an empty line, a cut one, one longer than `longest`.
        """
        head = await self._exactly(4)
        if not _HEX.issuperset(head):
            raise Malformed("A pkt-line begins with four hexadecimal digits.")
        size = int(head, 16)
        if size == 0:
            return None
        if size == 1 and delimiters:
            return b""
        if size <= 4:
            raise Malformed("A pkt-line of this kind has no place here.")
        if size - 4 > longest:
            raise Malformed(f"A line is longer than {longest} bytes.")
        return await self._exactly(size - 4)

    async def peek(self, size: int) -> bytes:
        """Return the next bytes and leave them: fewer only where the stream ends."""
        while len(self._held) < size and await self._more():
            pass
        return bytes(self._held[:size])

    async def rest(self) -> AsyncIterator[bytes]:
        """Yield what is left."""
        if self._held:
            held, self._held = bytes(self._held), bytearray()
            yield held
        async for chunk in self._chunks:
            yield chunk

    async def ahead(self) -> bytes | None:
        """Return everything that is held, or the next chunk; None at the end. What it returns is taken off."""
        if not self._held and not await self._more():
            return None
        held, self._held = bytes(self._held), bytearray()
        return held

    def put_back(self, chunks: Iterable[bytes]) -> None:
        """Lay what was taken off in front again."""
        self._held[:0] = b"".join(chunks)

    async def _exactly(self, size: int) -> bytes:
        found = await self.peek(size)
        if len(found) < size:
            raise Malformed("The request ends in the middle of a line.")
        del self._held[:size]
        return found

    async def _more(self) -> bool:
        if self._ended:
            return False
        try:
            self._held += await anext(self._chunks)
        except StopAsyncIteration:
            self._ended = True
        return not self._ended
