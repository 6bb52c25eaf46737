"""Server-sent events of a tool server, one at a time and bounded.

Source: WHATWG HTML, 9.2 Server-sent events. Only what the protocol uses is kept: the data of messages. Ids are left out, so
that no client asks to go on with a stream that we do not keep.
"""

from __future__ import annotations

from collections.abc import Iterator


class TooLong(Exception):
    """A message has more bytes than it may have."""


class EventReader:
    """Takes pieces of a stream, and yields the data of each event.

    Args:
        most: Bytes of one event.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._other = False
        self._size = 0

    @property
    def size(self) -> int:
        """Return how many bytes are held."""
        return self._size

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the data of the events that are whole with this piece.

        Raises:
            TooLong: one is too large.
        """
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._hold(end)
            line = b"".join(self._line).rstrip(b"\r")
            self._line.clear()
            if line:
                self._take(line)
                continue
            data, other = b"\n".join(self._data), self._other
            self._data.clear()
            self._size, self._other = 0, False
            if data and not other:
                yield data
        if rest:
            self._hold(rest)

    def _hold(self, part: bytes) -> None:
        self._line.append(part)
        self._size += len(part)
        if self._size > self._most:
            raise TooLong

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._other = value != b"message"


def build_event(data: bytes) -> bytes:
    """Return an event with a message; it has no line end."""
    return b"event: message\ndata: " + data + b"\n\n"
