"""Reads the objects at the front of a pack as its bytes come, and keeps the commits: enough to prove a fast-forward.

git writes commits before trees and files, so what proves an honest push lies in its first few kilobytes. Each commit's
name is computed from its bytes, so a chain of parents that was found here is a fact, whoever sent it. What is not found
is no fact either way: that is for upstream to be asked.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from agent_gateway.connections.deltas import apply_delta
from agent_gateway.connections.objects import count_left
from agent_gateway.connections.packheaders import COMMIT, NAMES, TAG, read_header

_WANTED: Final = (COMMIT, TAG)
"""Kinds that are read."""
_STEP: Final = 64 << 10
MAX_INFLATED: Final = 16 << 20
"""Bytes that are inflated of one pack: one of nothing but zeros inflates to a thousand times its size."""


class Spent(Exception):
    """The budget is used up, or the pack holds what is not read here."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the pack."""

    oid: str
    parents: tuple[str, ...]
    subject: str


@dataclass(slots=True)
class _Object:
    """The object that is being read."""

    start: int
    kind: int
    size: int
    base: int | str | None
    inflate: zlib._Decompress = field(default_factory=zlib.decompressobj)
    data: bytearray = field(default_factory=bytearray)
    read: int = 0


class Proof(Enum):
    """What is known of a move from one commit to another."""

    FORWARD = "forward"
    OPEN = "open"


class PackHead:
    """The commits at the front of one pack.

    Args:
        object_format: sha1 or sha256.
        budget: The most bytes that are inflated.
    """

    def __init__(self, object_format: str = "sha1", budget: int = MAX_INFLATED) -> None:
        self._hash = object_format
        self._width = 20 if object_format == "sha1" else 32
        self._budget = budget
        self._held = bytearray()
        self._offset = 0
        self._left: int | None = None
        self._object: _Object | None = None
        self._by_offset: dict[int, tuple[int, bytes]] = {}
        self._offsets: dict[str, int] = {}
        self.commits: dict[str, Commit] = {}
        self.objects = 0
        self.ended = False
        """Nothing more is to be learned: the pack is over, spoilt, or the budget spent."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self.ended:
            return
        self._held += data
        try:
            while self._step():
                pass
        except (Spent, zlib.error, ValueError, IndexError):
            self.ended = True
        if self.ended:
            self._held.clear()
            self._by_offset.clear()

    def prove(self, old: str, new: str) -> tuple[Proof, frozenset[str]]:
        """Say whether `new` is known to descend from `old`; if not, which ancestors of it the pack does not hold."""
        seen, border, queue = {new}, set(), deque([new])
        while queue:
            oid = queue.popleft()
            if oid == old:
                return Proof.FORWARD, frozenset()
            commit = self.commits.get(oid)
            if commit is None:
                border.add(oid)
                continue
            queue += [parent for parent in commit.parents if parent not in seen]
            seen.update(commit.parents)
        return Proof.OPEN, frozenset(border)

    def list_new(self, new: str, most: int) -> list[Commit]:
        """Return the commits that a push to `new` brings, the newest first, as far as they are known."""
        seen, found, queue = {new}, list[Commit](), deque([new])
        while queue and len(found) < most:
            commit = self.commits.get(queue.popleft())
            if commit is not None:
                found.append(commit)
                queue += [parent for parent in commit.parents if parent not in seen]
                seen.update(commit.parents)
        return found

    def _step(self) -> bool:
        """Read one thing, and say whether there may be another in what is held."""
        if self._left is None:
            if len(self._held) < 12:
                return False
            self._left = self.objects = int.from_bytes(self._held[8:12], "big")
            self._take(12)
        if self._left == 0:
            raise Spent
        if self._object is None:
            self._object = self._read_header()
        return self._object is not None and self._inflate(self._object)

    def _read_header(self) -> _Object | None:
        try:
            head = read_header(self._held, 0, self._offset, self._width)
        except IndexError:
            return None
        found = _Object(self._offset, head.kind, head.size, head.base)
        self._take(head.end)
        return found

    def _inflate(self, current: _Object) -> bool:
        wanted = current.kind in _WANTED or current.base in self._by_offset or current.base in self._offsets
        while self._held and not current.inflate.eof:
            part = bytes(self._held[:_STEP])
            out = current.inflate.decompress(part, _STEP)
            self._take(len(part) - count_left(current.inflate))
            current.read += len(out)
            self._budget -= len(out) or 1
            if self._budget < 0 or current.read > current.size:
                raise Spent
            if wanted:
                current.data += out
        if not current.inflate.eof:
            return False
        if current.read != current.size:
            raise Spent
        if wanted:
            self._keep(current)
        self._object = None
        self._left = (self._left or 0) - 1
        return True

    def _keep(self, current: _Object) -> None:
        kind, data = current.kind, bytes(current.data)
        if current.base is not None:
            offset = current.base if isinstance(current.base, int) else self._offsets[current.base]
            kind, base = self._by_offset[offset]
            data = apply_delta(base, data, self._budget)
            self._budget -= len(data)
        digest = hashlib.new(self._hash, b"%s %d\0" % (NAMES[kind], len(data)), usedforsecurity=False)
        digest.update(data)
        oid = digest.hexdigest()
        self._by_offset[current.start] = kind, data
        self._offsets[oid] = current.start
        if kind == COMMIT:
            self.commits[oid] = read_commit(oid, data)

    def _take(self, size: int) -> None:
        del self._held[:size]
        self._offset += size


def read_commit(oid: str, data: bytes) -> Commit:
    """Return what a commit's bytes say. Its parents stand before everything that its author may write freely."""
    head, _, message = data.partition(b"\n\n")
    parents: list[str] = []
    for line in head.split(b"\n")[1:]:
        name, _, value = line.partition(b" ")
        if name != b"parent":
            break
        parents.append(value.decode("ascii", "replace"))
    subject = message.lstrip(b"\n").partition(b"\n")[0].decode("utf-8", "replace")
    return Commit(oid, tuple(parents), "".join(c if c.isprintable() else " " for c in subject)[:200])
