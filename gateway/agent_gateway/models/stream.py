"""What happens to the bytes of an answer on their way: unpacked, counted, without the key. Pure."""

from __future__ import annotations

import zlib
from typing import Final

from agent_gateway.models.errors import Refusal
from agent_gateway.models.redact import Redactor
from agent_gateway.models.usage import MAX_LINE, UsageScanner, has_usage_alone

MAX_ANSWER: Final = 64 << 20
"""Bytes of an answer, unpacked."""


class AnswerTooLarge(Exception):
    """An answer went on beyond all bounds."""


class Passage:
    """Fed with an answer as it comes; gives what the pod gets.

    Args:
        scanner: Counts it.
        key: What the pod must not get.
        encoding: The provider's `Content-Encoding`.
        hides_usage: The pod did not ask for the usage that the gateway asked for.
        most: Bytes of the whole answer.
    """

    def __init__(
        self, scanner: UsageScanner, key: str, encoding: str, *, hides_usage: bool, most: int = MAX_ANSWER
    ) -> None:
        self._most = most
        self._scanner = scanner
        self._redactor = Redactor(key)
        self._unpacker = _find_unpacker(encoding)
        self._hider = UsageHider() if hides_usage else None
        self._size = 0

    def feed(self, chunk: bytes) -> bytes:
        """Return what goes on to the pod; raises AnswerTooLarge."""
        plain = chunk
        if self._unpacker is not None:
            try:
                plain = self._unpacker.decompress(chunk, self._most - self._size + 1)
            except zlib.error as error:
                raise AnswerTooLarge from error
        self._size += len(plain)
        if self._size > self._most:
            raise AnswerTooLarge
        self._scanner.feed(plain)
        shown = plain if self._hider is None else self._hider.feed(plain)
        return self._redactor.feed(shown)

    def end(self) -> bytes:
        """Return what was held back, at the answer's end."""
        self._scanner.end()
        rest = b"" if self._hider is None else self._hider.end()
        return self._redactor.feed(rest) + self._redactor.end()


class UsageHider:
    """Takes the event out of a stream that tells the usage alone; lines come as a whole."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._blank = False
        self._long = False

    def feed(self, chunk: bytes) -> bytes:
        """Return the lines that stay."""
        self._rest += chunk
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        kept = b"".join(line + b"\n" for line in lines if self._stays(line))
        if len(self._rest) > MAX_LINE:
            self._long = True
            kept += self.end()
        return kept

    def end(self) -> bytes:
        """Return the line that has no end yet."""
        rest, self._rest = bytes(self._rest), bytearray()
        return rest

    def _stays(self, line: bytes) -> bool:
        if self._long:
            self._long = False
            return True
        if self._blank and not line.strip():
            self._blank = False
            return False
        self._blank = line.startswith(b"data:") and has_usage_alone(line[5:])
        return not self._blank


def _find_unpacker(encoding: str) -> zlib._Decompress | None:
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "deflate":
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        case _:
            raise Refusal(502, "provider_compresses", "502: the provider compresses its answer although it must not.")
