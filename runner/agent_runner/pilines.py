"""pi's output, split into lines of which none takes more memory than one may.

Some lines repeat what others said, as large as all of a turn; of these, and of any that is too long, the beginning and the
end are kept. What is needed of them stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line that is kept whole."""
KEPT: Final = 1024
"""Bytes of the beginning and of the end of another."""
REPEATING: Final = (
    b'{"type":"agent_end"', b'{"type":"turn_end"', b'{"type":"tool_execution_update"',
    b'{"type":"message_start","message":{"role":"toolResult"', b'{"type":"message_end","message":{"role":"toolResult"',
)  # fmt: skip
"""Lines of which it is enough that they came: all that they hold, another line says too."""
TOO_LONG: Final = "pi's answer is too long"
_TYPE: Final = re.compile(rb'\{(?:"id":"([^"\\]{1,64})",)?"type":"([a-z_]{1,64})"')
_ROLE: Final = re.compile(rb'"message":\{"role":"([A-Za-z]{1,32})"')
_CALL: Final = re.compile(rb'"toolCallId":"([^"\\]{1,256})","toolName":"([^"\\]{1,256})"')


class PiLine(NamedTuple):
    """A line.

    `begin` is all of it, unless `end` is there: then both are parts.
    """

    begin: bytes
    end: bytes | None = None


class Splitter:
    """Takes bytes as they come, returns lines."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        """Begin; a line of more than `limit` bytes is not kept whole."""
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0
        self._begin: bytes | None = None

    def take(self, data: bytes) -> Iterator[PiLine]:
        """Yield the lines that are complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\n", self._scanned)) >= 0:
            text = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            begin, self._scanned, self._begin = self._begin, 0, None
            if begin is None and len(text) > self._limit:
                begin = text[:KEPT]
            yield PiLine(text) if begin is None else PiLine(begin, text[-KEPT:])
        if self._begin is None and self._is_shortened():
            self._begin = bytes(self._buffer[:KEPT])
        if self._begin is not None:
            del self._buffer[:-KEPT]
        self._scanned = len(self._buffer)

    def clear(self) -> None:
        """Forget what is not complete."""
        self._buffer.clear()
        self._scanned, self._begin = 0, None

    def _is_shortened(self) -> bool:
        size = len(self._buffer)
        return size > self._limit or (size > KEPT and self._buffer.startswith(REPEATING))


def read_shortened(line: PiLine) -> dict[str, Any] | None:
    """Return what is known of a line that is not kept whole, or repeats others; None where nobody needs it."""
    begin, end = line.begin, line.begin if line.end is None else line.end
    found = _TYPE.match(begin)
    kind = found[2].decode() if found else ""
    match kind:
        case "agent_end":
            return {"type": kind, "willRetry": b'"willRetry":true' in end[-64:]}
        case "tool_execution_update":
            return {"type": kind}
        case "message_start" | "message_end":
            role = _ROLE.search(begin)
            return {"type": kind, "message": {"role": role[1].decode() if role else ""}}
        case "tool_execution_end":
            call = _CALL.search(begin)
            if call is None:
                return None
            names = {"toolCallId": call[1].decode(errors="replace"), "toolName": call[2].decode(errors="replace")}
            return {"type": kind, "isError": b'"isError":true' in end, **names}
        case "response" if found and found[1]:
            return {"id": found[1].decode(), "type": kind, "success": False, "error": TOO_LONG}
        case _:
            return None


def is_repeating(line: PiLine) -> bool:
    """Say whether it is enough to know of a line that it came."""
    return line.begin.startswith(REPEATING)
