"""What is worked out of a push in a process of its own: which workflow files it changes, and what it changes in all. Pure.

Each work reads all packs anew, and says what is wanting: its caller fetches that from upstream, and asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_gateway.connections.lines import count_lines
from agent_gateway.connections.objects import Objects, read_objects
from agent_gateway.connections.packheaders import BLOB
from agent_gateway.connections.trees import Entry, Pair, Reading, find_changed, list_differences

MOST_FILES: Final = 500
"""Files of a push that are named."""
MOST_COUNTED: Final = 100
"""Files whose lines are counted."""
_SUBMODULE: Final = 0o160000
_FORMAT: Final = 0o170000


@dataclass(frozen=True, slots=True)
class Sources:
    """Where objects are looked for.

    Attributes:
        form: sha1 or sha256.
        fetched: Packs of upstream.
        front: The file that holds the front of what is pushed.
    """

    form: str
    fetched: tuple[bytes, ...]
    front: str


@dataclass(frozen=True, slots=True)
class Wanting:
    """Objects without which nothing can be told."""

    old: tuple[str, ...] = ()
    """Of what upstream has."""
    bases: tuple[str, ...] = ()
    """By which others of the push are said: upstream has them."""
    new: tuple[str, ...] = ()
    """Of what is pushed: further back in the pack, or upstream."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file: lines are None where they are not counted, or it is no text."""

    path: str
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True)
class Stat:
    """What a push changes."""

    files: tuple[FileChange, ...]
    more: bool = False
    """There are more files than are named."""

    @property
    def added(self) -> int:
        """Return the lines added, as far as they are counted."""
        return sum(one.added or 0 for one in self.files)

    @property
    def removed(self) -> int:
        """Return the lines taken away, as far as they are counted."""
        return sum(one.removed or 0 for one in self.files)


def look_at_workflows(
    sources: Sources, new: str, trusted: Sequence[str], patterns: Sequence[str]
) -> tuple[str, ...] | Wanting:
    """Return what a commit changes of the files that patterns name, against what stands in none of the trusted commits.

    Raises:
        Unreadable: it cannot be told.
    """
    objects = _read(sources)
    reading = Reading(objects.get, objects.width)
    root = reading.find_root(new, new=True)
    roots = [reading.find_root(one, new=False) for one in trusted]
    if root is None or None in roots:
        return _tell(reading, objects)
    changed = find_changed(reading, root, roots, patterns)
    return _tell(reading, objects) if reading.wanting_old or reading.wanting_new else changed


def look_at_border(sources: Sources, new: str) -> tuple[str, ...]:
    """Return the commits that a commit and those before it stand on, and that are not in the sources: all, or it itself.

    Raises:
        Unreadable: it cannot be told.
    """
    objects = _read(sources)
    return tuple(sorted(Reading(objects.get, objects.width).list_border(new)))


def look_at_files(sources: Sources, new: str, base: str | None, *, whole: bool) -> Stat | Wanting:
    """Return what a commit changes against another, or against nothing.

    Args:
        sources: Where objects are looked for.
        new: The commit.
        base: The other.
        whole: Say what is wanting of the files themselves too, instead of not counting their lines.

    Raises:
        Unreadable: it cannot be told.
    """
    objects = _read(sources)
    reading = Reading(objects.get, objects.width)
    root = reading.find_root(new, new=True)
    before = reading.find_root(base, new=False) if base is not None else None
    if root is None or (base is not None and before is None):
        return _tell(reading, objects)
    pairs, more = list_differences(reading, before, root, MOST_FILES)
    if reading.wanting_old or reading.wanting_new:
        return _tell(reading, objects)
    files = [_count(reading, pair) for pair in pairs[:MOST_COUNTED]]
    if whole and (reading.wanting_old or reading.wanting_new):
        return _tell(reading, objects)
    rest = [FileChange(one.path, None, None) for one in pairs[MOST_COUNTED:]]
    return Stat((*files, *rest), more)


def _read(sources: Sources) -> Objects:
    front = Path(sources.front).read_bytes() if sources.front else b""
    return read_objects([*sources.fetched, *([front] if front else [])], sources.form)


def _tell(reading: Reading, objects: Objects) -> Wanting:
    bases = tuple(name for name in objects.list_bases() if objects.get(name) is None)
    return Wanting(tuple(sorted(reading.wanting_old)), bases, tuple(sorted(reading.wanting_new)))


def _count(reading: Reading, pair: Pair) -> FileChange:
    if any(one is not None and one.mode & _FORMAT == _SUBMODULE for one in (pair.old, pair.new)):
        return FileChange(pair.path, None, None)
    old, new = _read_file(reading, pair.old, new=False), _read_file(reading, pair.new, new=True)
    found = count_lines(old, new) if old is not None and new is not None else None
    return FileChange(pair.path, *(found or (None, None)))


def _read_file(reading: Reading, entry: Entry | None, *, new: bool) -> bytes | None:
    return b"" if entry is None else reading.find(entry.name, BLOB, new=new)
