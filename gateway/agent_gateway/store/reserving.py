"""Room that is reserved for a stream before it is written: little at first, more as more of it comes."""

from __future__ import annotations

from typing import Final

FIRST_BYTES: Final = 1 << 20
MOST_MORE: Final = 16 << 20
"""At once: what is reserved and not used keeps others from it."""


class Reservation:
    """What is reserved for one stream.

    Args:
        id: Of the row that stands for it.
    """

    def __init__(self, id: int) -> None:  # noqa: A002  # the column's name
        self.id = id
        self.held = FIRST_BYTES
        """Bytes that are reserved."""
        self.filled = 0
        """Bytes that are written."""

    def find_more(self, size: int) -> int:
        """Return how many bytes more are to be reserved before `size` more are written; 0 where there is room."""
        lacking = self.filled + size - self.held
        return 0 if lacking <= 0 else max(lacking, min(self.held, MOST_MORE))

    def add(self, size: int, more: int) -> None:
        """Note that so many bytes were written, and so many more reserved before."""
        self.held += more
        self.filled += size
