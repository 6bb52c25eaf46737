"""The header of an object in a pack. Pure.

Source: gitformat-pack(5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

COMMIT, TREE, BLOB, TAG, OFS_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
NAMES: Final = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}
_LONGEST: Final = 24
"""Bytes of size and distance: git's own need ten each at most. Without a bound a long one takes the square of its length."""


class NoHeader(ValueError):
    """There is no object."""


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before an object.

    Attributes:
        kind: One of those above.
        size: Bytes of the object, or of its delta, unpacked.
        base: Of a delta: where in the pack its base begins, or the base's name; None of a whole object.
        end: Where it ends in what was read.
    """

    kind: int
    size: int
    base: int | str | None
    end: int


def read_header(data: bytes | bytearray, at: int, offset: int, width: int) -> Header:
    """Read one.

    Args:
        data: Of the pack.
        at: Where in it the object begins.
        offset: Where in the pack that is.
        width: Bytes of a name.

    Raises:
        NoHeader: there is none.
        IndexError: it goes on behind what is there.
    """
    begun, byte = at, data[at]
    kind, size, shift = (byte >> 4) & 7, byte & 15, 4
    if kind not in NAMES and kind not in (OFS_DELTA, REF_DELTA):
        raise NoHeader("an object of no kind")
    while byte & 0x80:
        at = _step(begun, at)
        byte = data[at]
        size |= (byte & 0x7F) << shift
        shift += 7
    at += 1
    if kind == REF_DELTA:
        if at + width > len(data):
            raise IndexError
        return Header(kind, size, bytes(data[at : at + width]).hex(), at + width)
    if kind != OFS_DELTA:
        return Header(kind, size, None, at)
    byte = data[at]
    distance = byte & 0x7F
    while byte & 0x80:
        at = _step(begun, at)
        byte = data[at]
        distance = ((distance + 1) << 7) | (byte & 0x7F)
    return Header(kind, size, offset - distance, at + 1)


def _step(begun: int, at: int) -> int:
    if at + 1 - begun > _LONGEST:
        raise NoHeader("an object whose header has no end")
    return at + 1
