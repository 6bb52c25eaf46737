"""What lies between two trees of a repository, and which workflow files differ. Pure.

What is not at hand is named, to be asked of upstream; nothing is taken for equal that was not seen to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_gateway.connections.objects import Found, Unreadable
from agent_gateway.connections.packheaders import COMMIT, TAG, TREE
from agent_gateway.connections.packs import read_commit
from agent_gateway.connections.rules import fits

MOST_TREES: Final = 5000
"""Folders that one look reads."""
MOST_PATH: Final = 4096
_MOST_TAGS: Final = 5
_FORMAT: Final = 0o170000
_FOLDER: Final = 0o040000


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands under a name in a tree."""

    mode: int
    name: str

    @property
    def is_tree(self) -> bool:
        """Say whether it is a folder."""
        return self.mode & _FORMAT == _FOLDER


@dataclass(slots=True)
class Reading:
    """Objects that are read, and the names of those that are wanting: of what upstream has for sure, and of what is pushed."""

    get: Callable[[str], Found | None]
    width: int
    wanting_old: set[str] = field(default_factory=set)
    wanting_new: set[str] = field(default_factory=set)
    trees: int = 0

    def find(self, name: str, kind: int, *, new: bool) -> bytes | None:
        """Return an object; None for one that is wanting.

        Raises:
            Unreadable: it is of another kind.
        """
        found = self.get(name)
        if found is None:
            (self.wanting_new if new else self.wanting_old).add(name)
            return None
        if found.kind != kind:
            raise Unreadable("an object of another kind")
        return found.data

    def list_tree(self, entry: Entry | None, *, new: bool) -> dict[bytes, Entry] | None:
        """Return what a folder holds: nothing for a file; None for one that is wanting."""
        if entry is None or not entry.is_tree:
            return {}
        self.trees += 1
        if self.trees > MOST_TREES:
            raise Unreadable("too many folders")
        data = self.find(entry.name, TREE, new=new)
        return read_tree(data, self.width) if data is not None else None

    def find_root(self, name: str, *, new: bool) -> Entry | None:
        """Return the tree of a commit, or of the commit that a tag stands for; None while one is wanting."""
        for _ in range(_MOST_TAGS):
            found = self.get(name)
            if found is None:
                break
            if found.kind == COMMIT:
                return Entry(_FOLDER, _read_head(found.data, b"tree"))
            if found.kind != TAG:
                raise Unreadable("no commit")
            name = _read_head(found.data, b"object")
        (self.wanting_new if new else self.wanting_old).add(name)
        return None

    def list_border(self, name: str) -> set[str]:
        """Return the commits that one and those before it stand on, and that are not at hand."""
        border: set[str] = set()
        seen, queue = {name}, [name]
        while queue:
            at = queue.pop()
            found = self.get(at)
            if found is None:
                border.add(at)
                continue
            if found.kind == COMMIT:
                parents = read_commit(at, found.data).parents
            else:
                parents = (_read_head(found.data, b"object"),) if found.kind == TAG else ()
            queue += [one for one in parents if one not in seen]
            seen.update(parents)
        return border


@dataclass(frozen=True, slots=True)
class Pair:
    """A file that differs."""

    path: str
    old: Entry | None
    new: Entry | None


def read_tree(data: bytes, width: int) -> dict[bytes, Entry]:
    """Return a tree's entries by name.

    Raises:
        Unreadable: it is none, or holds a name twice: another reader may take the other one.
    """
    found: dict[bytes, Entry] = {}
    at = 0
    while at < len(data):
        space, nul = data.find(b" ", at, at + 8), data.find(b"\0", at, at + MOST_PATH)
        name = data[space + 1 : nul]
        if space < 0 or nul < space or not name or b"/" in name or name in found or len(data) < nul + 1 + width:
            raise Unreadable("a folder that is none")
        if not set(data[at:space]) <= set(b"01234567"):
            raise Unreadable("a folder that is none")
        found[name] = Entry(int(data[at:space], 8), data[nul + 1 : nul + 1 + width].hex())
        at = nul + 1 + width
    return found


def find_changed(
    reading: Reading, new: Entry, trusted: Sequence[Entry | None], patterns: Iterable[str]
) -> tuple[str, ...]:
    """Return the files that patterns name and that stand in a new tree as they stand in none of the trusted ones.

    A file may be gone only where it is missing in one of them. A link or a submodule in the place of a folder counts as a
    file. Where something is wanting, the answer is of no use.
    """
    folded = [pattern.casefold() for pattern in patterns]
    changed: list[str] = []

    def compare(path: str, here: Entry | None, there: Sequence[Entry | None]) -> None:
        if here in there:
            return
        if len(path) > MOST_PATH:
            raise Unreadable("a path that is too long")
        if path and not any(fits(one, path.casefold()) or leads(one, path.casefold()) for one in folded):
            return
        if path and _as_file(here) not in {_as_file(one) for one in there}:
            changed.append(path)
            return
        mine = reading.list_tree(here, new=True)
        theirs = [reading.list_tree(one, new=False) for one in there]
        if mine is None or any(one is None for one in theirs):
            return
        known = [one for one in theirs if one is not None]
        for name in sorted(set(mine).union(*known)):
            below = f"{path}/{name.decode('utf-8', 'replace')}".lstrip("/")
            compare(below, mine.get(name), [one.get(name) for one in known])

    compare("", new, list(trusted) or [None])
    return tuple(changed)


def list_differences(reading: Reading, old: Entry | None, new: Entry | None, most: int) -> tuple[list[Pair], bool]:
    """Return the files that differ between two trees, by path, and whether there are more.

    Where something is wanting, the answer is of no use.
    """
    found: list[Pair] = []
    queue: list[tuple[str, Entry | None, Entry | None]] = [("", old, new)]
    while queue:
        path, before, after = queue.pop()
        if before == after or (before and after and before.name == after.name and before.is_tree == after.is_tree):
            continue
        if len(path) > MOST_PATH:
            raise Unreadable("a path that is too long")
        files = [one if one is not None and not one.is_tree else None for one in (before, after)]
        if any(files):
            if len(found) >= most:
                return found, True
            found.append(Pair(path, *files))
        ours, theirs = reading.list_tree(before, new=False), reading.list_tree(after, new=True)
        for name in sorted({*(ours or {}), *(theirs or {})}, reverse=True):
            below = f"{path}/{name.decode('utf-8', 'replace')}".lstrip("/")
            if ours is not None and theirs is not None:
                queue.append((below, ours.get(name), theirs.get(name)))
    return found, False


def leads(pattern: str, path: str) -> bool:
    """Say whether a file below a folder may fit a pattern."""
    parts = pattern.split("/")
    names = path.split("/")
    for number, name in enumerate(names):
        if number >= len(parts):
            return False
        if "**" in parts[number]:
            return True
        if not fits(parts[number], name):
            return False
    return len(parts) > len(names)


def _as_file(entry: Entry | None) -> Entry | None:
    return None if entry is None or entry.is_tree else entry


def _read_head(data: bytes, word: bytes) -> str:
    """Return what the first line of a commit or tag names."""
    name, _, value = data.partition(b"\n")[0].partition(b" ")
    if name != word:
        raise Unreadable("a commit that is none")
    return value.decode("ascii", "replace")
