"""Which files differ between two lists of kept files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from agent_contract.diffs import MOST_FILE_BYTES, MOST_FILES, is_of_git, is_picture, is_secret
from agent_contract.keptfiles import WORKSPACE, Entry

MOST_READ: Final = 32 << 20
"""Bytes of files that are read for one comparison, and held in memory."""
_EMPTY: Final = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One file as it was and as it is.

    Attributes:
        path: Its name, without the first part of a kept one.
        before: What it was; None where it is new. A further name of a file is that file.
        after: What it is; None where it is gone.
        old: The name that it had, if it was another.
        note: Why its lines are not looked at; empty where they are.
    """

    path: str
    before: Entry | None
    after: Entry | None
    old: str = _EMPTY
    note: str = _EMPTY

    @property
    def is_same(self) -> bool:
        """Say whether both are files with the same contents, which nobody needs to read: name or rights are others."""
        before, after = self.before, self.after
        return (
            before is not None
            and after is not None
            and before.kind == after.kind == "f"
            and before.chunks == after.chunks
            and before.size == after.size
        )

    @property
    def sides(self) -> tuple[Entry, ...]:
        """Return what there is of both."""
        return tuple(side for side in (self.before, self.after) if side is not None)


def find_pairs(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> tuple[list[Pair], int]:
    """Return files that differ, by their names, and how many more there are.

    Folders, settings of the home and what is git's own are passed over: nobody wrote them. Times do not count.
    """
    first, second = _find_files(before), _find_files(after)
    found = [Pair(path, first[path], None) for path in first.keys() - second.keys()]
    found += [Pair(path, None, second[path]) for path in second.keys() - first.keys()]
    found += [
        Pair(path, first[path], entry)
        for path, entry in second.items()
        if path in first and _identify(first[path]) != _identify(entry)
    ]
    found = sorted(_find_renamed(found), key=lambda pair: pair.path)
    return list(_note(found[:MOST_FILES])), max(0, len(found) - MOST_FILES)


def find_wanted(pairs: Iterable[Pair]) -> set[str]:
    """Return the hashes of the contents that are to be read."""
    return {
        chunk
        for pair in pairs
        if not pair.note and not pair.is_same
        for side in pair.sides
        for chunk in side.chunks
        if isinstance(chunk, str)
    }


def _find_files(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    files = {}
    for path, entry in entries.items():
        root, _, name = path.partition("/")
        if root != WORKSPACE or entry.kind == "d" or is_of_git(name):
            continue
        whole = entries.get(entry.target) if entry.kind == "h" else entry
        if whole is not None and whole.kind in {"f", "l"}:
            files[name] = whole
    return files


def _identify(entry: Entry) -> tuple[object, ...]:
    return entry.kind, entry.mode, entry.size, entry.chunks, entry.target if entry.kind == "l" else ""


def _find_renamed(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the same, where a file that went and one that came have the same contents as one that has another name now."""
    found: list[Pair] = []
    gone: dict[tuple[int, tuple[str | int, ...]], list[Pair]] = {}
    for pair in sorted(pairs, key=lambda pair: pair.path, reverse=True):
        if pair.after is None and pair.before is not None and pair.before.size:
            gone.setdefault((pair.before.size, pair.before.chunks), []).append(pair)
        else:
            found.append(pair)
    for number in range(len(found) - 1, -1, -1):  # by name, as those that went are taken
        new = found[number].after
        same = gone.get((new.size, new.chunks)) if found[number].before is None and new is not None else None
        if same:
            old = same.pop()
            found[number] = replace(found[number], before=old.before, old=old.path)
    return found + [pair for left in gone.values() for pair in left]


def _note(pairs: Iterable[Pair]) -> Iterable[Pair]:
    read = 0
    for pair in pairs:
        largest = max(side.size for side in pair.sides)
        if is_secret(pair.path) or is_secret(pair.old):
            note = "secret"
        elif pair.is_same:
            note = "" if pair.old else "rights"
        elif is_picture(pair.path):
            note = "picture"
        elif largest > MOST_FILE_BYTES:
            note = "large"
        else:
            read += sum(side.size for side in pair.sides)
            note = "unread" if read > MOST_READ else ""
        yield replace(pair, note=note)
