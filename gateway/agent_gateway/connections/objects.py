"""Reads all objects of some packs, as far as a push is looked at: run in a process of its own, as the packs are hostile.

Each object's name is computed from its bytes, so what is found under a name is what upstream would hold under it.

Source: gitformat-pack(5).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.connections.deltas import apply_delta
from agent_gateway.connections.packheaders import BLOB, NAMES, NoHeader, read_header

MOST_OBJECTS: Final = 200_000
"""Of all packs of one look."""
MOST_KEPT: Final = 64 << 20
"""Bytes of objects that are held; what goes over it is not looked at."""
MOST_FILES: Final = 40 << 20
"""Bytes of them that are files: further ones are known to be there, and not what they hold."""
MOST_ONE: Final = 8 << 20
"""Bytes of an object that is looked at."""
_STEP: Final = 64 << 10


class Unreadable(Exception):
    """A pack is none that git would make, or holds too much."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Delta:
    """An object that waits for its base: an offset of its own pack, or a name."""

    pack: int
    offset: int
    base: int | str
    data: bytes


class Objects:
    """The objects of some packs.

    Args:
        form: sha1 or sha256.
    """

    def __init__(self, form: str) -> None:
        self._form = form
        self._width = 20 if form == "sha1" else 32
        self._by_name: dict[str, Found] = {}
        self._by_place: dict[tuple[int, int], str] = {}
        self._deltas: list[_Delta] = []
        self._packs = self._count = self._kept = 0

    @property
    def width(self) -> int:
        """Return the bytes of a name."""
        return self._width

    def get(self, name: str) -> Found | None:
        """Return an object; None for one that is not here, or could not be made yet."""
        return self._by_name.get(name)

    def list_bases(self) -> list[str]:
        """Return the names of objects that others are said by, and that no pack holds, in the packs' order."""
        return list(dict.fromkeys(one.base for one in self._deltas if isinstance(one.base, str)))

    def read(self, pack: bytes) -> None:
        """Read a pack, or the front of one: what is cut off at its end is not read.

        Raises:
            Unreadable: it is none, or too large.
        """
        if len(pack) < 12 or pack[:4] != b"PACK":
            raise Unreadable("no pack")
        self._packs += 1
        left, at = int.from_bytes(pack[8:12], "big"), 12
        try:
            while left and at < len(pack):
                at = self._read_object(pack, at)
                left -= 1
        except IndexError:
            pass  # the front ends in the middle of an object
        except NoHeader as error:
            raise Unreadable(str(error)) from error
        except (zlib.error, ValueError) as error:
            raise Unreadable("no object") from error

    def settle(self) -> None:
        """Make what waits for its base, as far as that is known.

        Raises:
            Unreadable: a delta is none.
        """
        waiting = len(self._deltas) + 1
        while len(self._deltas) < waiting:
            waiting = len(self._deltas)
            self._deltas = [one for one in self._deltas if not self._make(one)]

    def _read_object(self, pack: bytes, at: int) -> int:
        self._count += 1
        if self._count > MOST_OBJECTS:
            raise Unreadable("too many objects")
        head = read_header(pack, at, at, self._width)
        start = at
        data, at = inflate(pack, head.end, head.size)
        if data is None:
            return at
        if head.base is None:
            self._keep(start, Found(head.kind, data))
        else:
            one = _Delta(self._packs, start, head.base, data)
            if not self._make(one):
                self._hold(len(data))
                self._deltas.append(one)
        return at

    def _make(self, delta: _Delta) -> bool:
        name = delta.base if isinstance(delta.base, str) else self._by_place.get((delta.pack, delta.base))
        base = self._by_name.get(name) if name is not None else None
        if base is None:
            return False
        try:
            data = apply_delta(base.data, delta.data, MOST_ONE)
        except (ValueError, IndexError) as error:
            raise Unreadable("a delta that is none") from error
        self._keep(delta.offset, Found(base.kind, data), delta.pack)
        return True

    def _keep(self, offset: int, found: Found, pack: int | None = None) -> None:
        digest = hashlib.new(self._form, b"%s %d\0" % (NAMES[found.kind], len(found.data)), usedforsecurity=False)
        digest.update(found.data)
        name = digest.hexdigest()
        self._by_place[pack or self._packs, offset] = name
        too_much = found.kind == BLOB and self._kept + len(found.data) > MOST_FILES
        if name not in self._by_name and not too_much:
            self._hold(len(found.data))
            self._by_name[name] = found

    def _hold(self, size: int) -> None:
        self._kept += size
        if self._kept > MOST_KEPT:
            raise Unreadable("too much")


def inflate(pack: bytes, at: int, size: int) -> tuple[bytes | None, int]:
    """Return what is packed from `at` on, and where it ends; None instead of what is too large to be looked at.

    Raises:
        IndexError: the pack ends before.
        ValueError: it is not of the size that is said.
        zlib.error: it is none.
    """
    work = zlib.decompressobj()
    parts: list[bytes] = []
    read, step = 0, min(size + size // 512 + 64, _STEP)
    feed = pack[at : at + step]
    while not work.eof:
        if not feed:
            raise IndexError("the pack ends")
        out = work.decompress(feed, _STEP)
        at += len(feed) - count_left(work)
        read += len(out)
        if read > size:
            raise ValueError("larger than it says")
        if size <= MOST_ONE:
            parts.append(out)
        feed = work.unconsumed_tail or pack[at : at + _STEP]
    if read != size:
        raise ValueError("smaller than it says")
    return (b"".join(parts) if size <= MOST_ONE else None), at


def count_left(work: zlib._Decompress) -> int:
    """Return how many bytes of what it was given last were not read: at the end, zlib tells them twice."""
    return len(work.unused_data) if work.eof else len(work.unconsumed_tail)


def read_objects(packs: Sequence[bytes], form: str) -> Objects:
    """Return the objects of some packs.

    Raises:
        Unreadable: one is none, or they hold too much.
    """
    found = Objects(form)
    for pack in packs:
        found.read(pack)
    found.settle()
    return found
