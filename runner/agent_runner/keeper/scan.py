"""What stands in a workspace, and which of it is kept."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from agent_contract.keptfiles import HOME, MAX_DEPTH, MAX_NAME_BYTES, WORKSPACE

TAG: Final = b"CACHEDIR.TAG"
_SIGNATURE: Final = b"Signature: 8a477f597d28d172789f06886806bc55"
"""Marks a folder as a cache (bford.info/cachedir)."""
VOLUMES_OWN: Final = "lost+found"
"""Root's, at the top of a volume with a file system of its own."""
HOME_FILES: Final = (
    ".gitconfig", ".gitignore", ".gitignore_global", ".bashrc", ".bash_profile", ".bash_aliases", ".bash_logout",
    ".profile", ".inputrc", ".zshrc", ".zshenv", ".zprofile", ".vimrc", ".tmux.conf", ".editorconfig",
)  # fmt: skip
HOME_FOLDERS: Final = ((".config", "git"), (".config", "fish"), (".config", "nvim"))
HOME_FILE_BYTES: Final = 64 << 10
HOME_BYTES: Final = 1 << 20
HOME_COUNT: Final = 200

Signature = tuple[int, int, int, int, int]
"""Size, times of contents and of rights, number and mode: the same means that a file was not written."""


class Found(NamedTuple):
    """A file, folder or link.

    Attributes:
        path: As a list names it.
        full: Where it stands.
        kind: As a list has it; `h` is a further name of `target`.
        signature: Of a file or folder.
        target: What a link says.
    """

    path: str
    full: bytes
    kind: str
    signature: Signature
    target: str = ""


class Scan(NamedTuple):
    """What is kept, and how much is not.

    Attributes:
        found: Sorted as folders are read; a folder comes before what it holds.
        excluded: Folders and files that are left out as they are made anew, or as caches: names from the top, some of them.
        unfit: How many are left out as they cannot be read or named, or are too many.
    """

    found: list[Found]
    excluded: list[str]
    unfit: int


class Exclude:
    """Which names are left out.

    Args:
        patterns: A name or glob of any file or folder; with a slash, a path from the top.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        names: list[str] = []
        paths: list[str] = []
        for pattern in patterns:
            (paths if "/" in pattern.strip("/") else names).append(pattern.strip("/"))
        self._names = frozenset(names)
        self._globs = _compile(name for name in names if re.search(r"[*?\[]", name))
        self._paths = _compile(paths)

    def matches(self, name: str, path: str) -> bool:
        """Say whether something is left out, by its name and its path from the top."""
        return (
            name in self._names
            or (self._globs is not None and self._globs.match(name) is not None)
            or (self._paths is not None and self._paths.match(path) is not None)
        )


def _compile(patterns: Iterable[str]) -> re.Pattern[str] | None:
    parts = [fnmatch.translate(pattern) for pattern in patterns]
    return re.compile("|".join(parts)) if parts else None


class Scanner:
    """Looks through the folders once.

    Args:
        exclude: What is left out of the workspace.
        most: How many files, folders and links are kept.
    """

    def __init__(self, exclude: Exclude, most: int) -> None:
        self._exclude = exclude
        self._most = most
        self._found: list[Found] = []
        self._excluded: list[str] = []
        self._unfit = 0
        self._first: dict[tuple[int, int], str] = {}
        """The first name of a file that has several."""

    def scan(self, workspace: str, home: str | None) -> Scan:
        """Look through both folders."""
        if home is not None:
            self._scan_home(os.fsencode(home))
        waiting = [(os.fsencode(workspace), WORKSPACE, 1)]
        while waiting:
            folder, path, depth = waiting.pop()
            entries = _read(folder)
            if entries is None:
                self._unfit += 1
                continue
            if depth > 1 and any(entry.name == TAG for entry in entries) and _is_tagged(folder):
                self._note_excluded(path)
                self._found.pop(self._index_of(path))
                continue
            for entry in sorted(entries, key=lambda one: one.name):
                name = entry.name.decode("utf-8", "surrogateescape")
                below = f"{path}/{name}"
                if depth == 1 and name == VOLUMES_OWN:
                    continue
                if self._exclude.matches(name, below.partition("/")[2]):
                    self._note_excluded(below)
                elif self._add(entry, below, depth):
                    waiting.append((entry.path, below, depth + 1))
        return Scan(self._found, self._excluded, self._unfit)

    def _index_of(self, path: str) -> int:
        return next(i for i in range(len(self._found) - 1, -1, -1) if self._found[i].path == path)

    def _note_excluded(self, path: str) -> None:
        if len(self._excluded) < 100:
            self._excluded.append(path.partition("/")[2])

    def _add(self, entry: os.DirEntry[bytes], path: str, depth: int) -> bool:
        """Take note of one; True for a folder that is to be looked through."""
        try:
            about = entry.stat(follow_symlinks=False)
            target = os.readlink(entry.path) if stat.S_ISLNK(about.st_mode) else b""  # noqa: PTH115  # bytes
        except OSError:  # it has gone meanwhile
            return False
        too_long = len(entry.path) > MAX_NAME_BYTES or depth > MAX_DEPTH
        known = stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode) or stat.S_ISLNK(about.st_mode)
        if too_long or len(self._found) >= self._most:
            self._unfit += 1
            return False
        if not known:  # a pipe, a socket
            return False
        self._found.append(self._describe(entry.path, path, about, target))
        return stat.S_ISDIR(about.st_mode)

    def _describe(self, full: bytes, path: str, about: os.stat_result, target: bytes) -> Found:
        signature = sign(about)
        if stat.S_ISLNK(about.st_mode):
            return Found(path, full, "l", signature, target.decode("utf-8", "surrogateescape"))
        if stat.S_ISDIR(about.st_mode):
            return Found(path, full, "d", signature)
        if about.st_nlink > 1:
            first = self._first.setdefault((about.st_dev, about.st_ino), path)
            if first != path:
                return Found(path, full, "h", signature, first)
        return Found(path, full, "f", signature)

    def _scan_home(self, home: bytes) -> None:
        """Take the settings of git and of shells: files that are named, and small ones of folders that are."""
        left, count, made = HOME_BYTES, HOME_COUNT, set[str]()
        for full, parts in _list_home(home):
            try:
                about = os.lstat(full)
            except OSError:
                continue
            if not stat.S_ISREG(about.st_mode) or about.st_size > min(HOME_FILE_BYTES, left) or not count:
                continue
            left, count = left - about.st_size, count - 1
            for depth in range(1, len(parts)):
                path = "/".join((HOME, *parts[:depth]))
                if path not in made:
                    made.add(path)
                    self._found.append(Found(path, b"", "d", (0, 0, 0, 0, 0o700)))
            self._found.append(Found("/".join((HOME, *parts)), full, "f", sign(about)))


def _list_home(home: bytes) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    for name in HOME_FILES:
        yield home + b"/" + name.encode(), (name,)
    for parts in HOME_FOLDERS:
        folder = home
        for part in parts:
            folder += b"/" + part.encode()
            if os.path.islink(folder):  # noqa: PTH114  # bytes
                break
        else:
            for entry in sorted(_read(folder) or (), key=lambda one: one.name):
                yield entry.path, (*parts, entry.name.decode("utf-8", "surrogateescape"))


def sign(about: os.stat_result) -> Signature:
    """Return what tells that a file was not written."""
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino, about.st_mode & 0o777


def _read(folder: bytes) -> list[os.DirEntry[bytes]] | None:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return None


def _is_tagged(folder: bytes) -> bool:
    try:
        fd = os.open(folder + b"/" + TAG, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return os.read(fd, len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False
    finally:
        os.close(fd)
