"""Counts tokens from what a provider streams, without keeping what it says. Pure.

What an answer is, a stream or one JSON object, is seen from its first byte: what the provider calls it does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic_core import from_json

from agent_gateway.models.estimate import estimate_tokens
from agent_gateway.models.tokens import Counts, count_text, find_model, is_end, read_counts

MAX_LINE: Final = 4 << 20
"""Of a longer line of a stream only the end is read."""
MAX_JSON: Final = 8 << 20
"""Of a longer answer that is not streamed only the end is read."""
TAIL: Final = 64 << 10
"""Bytes at the end of what is longer, where providers put the usage."""
_USAGE: Final = re.compile(rb'"usage"\s{0,8}:\s{0,8}(\{[^{}]{0,2000}(?:\{[^{}]{0,500}\}[^{}]{0,500}){0,4}\})')
_WHOLE: Final = (b'"response.completed"', b'"response.incomplete"', b'"response.failed"')
_HEAD: Final = 512
"""Bytes at the beginning of an event that say what it is."""
_MODEL_CHARS: Final = 128


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call.

    Attributes:
        input: Of the prompt, those from the provider's cache included.
        output: Of the answer, its thinking included.
        cached: Of the input, read from the provider's cache.
        written: Of the input, written to it.
        estimated: The provider did not tell all of it.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0
    estimated: bool = False


class UsageScanner:
    """Fed with the bytes of an answer as they pass; knows the usage at the end.

    Args:
        input_bytes: How long the request was, from which its tokens are estimated where nobody tells them.
    """

    def __init__(self, input_bytes: int = 0) -> None:
        self._input_bytes = input_bytes
        self._stream: bool | None = None
        self._rest = bytearray()
        self._long = False
        self._last = False
        """The long line that passes is the last event."""
        self._counts = Counts()
        self._written = 0
        self._events = 0
        self.model = ""
        self.fed = False
        """Anything of an answer came."""
        self.ended = False
        """The answer says of itself that it is whole."""

    @property
    def usage(self) -> Usage:
        """Return what was found so far; what is missing is estimated, unless no answer came at all."""
        told = self._counts
        if told.input is not None and told.output is not None and told.final:
            return Usage(told.input, told.output, told.cached, told.written)
        if not self.fed:
            return Usage()
        guess = max(estimate_tokens(self._written), self._events)
        usage = Usage(told.input or 0, max(told.output or 0, guess), told.cached, told.written, estimated=True)
        return usage if told.input is not None else replace(usage, input=max(1, estimate_tokens(self._input_bytes)))

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.fed = self.fed or bool(chunk)
        if self._stream is None:
            head = bytes(self._rest[:64] + chunk[:64]).lstrip()
            if not head:
                return
            self._stream = head[:1] not in b"{["
        if self._stream:
            self._feed_lines(chunk)
            return
        self._rest += chunk
        if len(self._rest) > MAX_JSON:
            self._written += len(self._rest) - TAIL
            self._long = True
            del self._rest[:-TAIL]

    def end(self) -> None:
        """Take the end of the answer."""
        rest, self._rest = bytes(self._rest), bytearray()
        if self._stream is True:
            self._line(rest)
        elif rest and self._long:
            self._read_tail(rest)
        elif rest:
            self._read(rest)

    def _feed_lines(self, chunk: bytes) -> None:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            line = bytes(self._rest) + chunk[start:end] if self._rest else chunk[start:end]
            self._rest.clear()
            self._line(line)
            self._long = False
            start = end + 1
        self._rest += chunk[start:]
        if len(self._rest) > MAX_LINE:
            if not self._long:
                self._last = any(kind in self._rest[:_HEAD] for kind in _WHOLE)
            self._long = True
            del self._rest[:-TAIL]

    def _line(self, line: bytes) -> None:
        if self._long:
            self._read_tail(line)
            return
        if not line.startswith(b"data:"):
            return
        data = line[5:].strip()
        if data == b"[DONE]":
            self.ended = True
            return
        self._events += 1
        self._read(data)

    def _read(self, data: bytes) -> None:
        try:
            raw = from_json(data)
        except ValueError:
            self._written += len(data)
            return
        if not isinstance(raw, dict):
            return
        self.model = find_model(raw)[:_MODEL_CHARS] or self.model
        self._counts = read_counts(raw, self._counts)
        self._written += count_text(raw)
        self.ended = self.ended or is_end(raw)

    def _read_tail(self, tail: bytes) -> None:
        """Read the usage at the end of what is too long to be read whole; the last one is the answer's own."""
        self.ended = self.ended or self._last
        found = _USAGE.findall(tail)
        if found:
            self._read(b'{"usage":' + found[-1] + b"}")


def has_usage_alone(data: bytes) -> bool:
    """Say whether an event of a stream tells the usage and nothing else, as one does that `include_usage` asked for."""
    if b'"usage"' not in data:
        return False
    try:
        raw: Any = from_json(data)
    except ValueError:
        return False
    return isinstance(raw, dict) and raw.get("choices") == [] and isinstance(raw.get("usage"), dict)
