"""Bundles on the disk, within a bound: who was not used for longest goes first. Blocking; called in threads."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_contract.quantities import Quantity, compute_bytes

SHARE: Final = 0.5
"""Of the shelf that one bundle may have."""
FILLED: Final = 0.9
"""Of a volume that is filled: what is written is seen a little late, and a file system takes some itself."""
_SUFFIX: Final = ".bundle"
_COMING: Final = ".coming"
_MOST_HEAD: Final = 1024
_SIGNATURE: Final = b"# v2 git bundle\n"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A repository's default branch as it was.

    Attributes:
        path: The file.
        oid: The commit.
        made_at: When it was captured, in seconds since 1970.
    """

    path: Path
    oid: str
    made_at: float


def build_head(oid: str) -> bytes:
    """Return what stands before the pack; source: gitformat-bundle(5), version 2."""
    return _SIGNATURE + f"{oid} refs/heads/default\n\n".encode()


def build_shelf(folder: Path | None, size: Quantity) -> Shelf | None:
    """Build the shelf of a gateway's settings; None where no folder is named."""
    return Shelf(folder, int(compute_bytes(size) * FILLED)) if folder is not None else None


class Shelf:
    """Keeps them.

    Args:
        folder: Where; what is in it belongs to the shelf.
        most: Bytes of all of them, those that are coming included.
        clock: Seconds since 1970.
    """

    def __init__(self, folder: Path, most: int, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._most = most
        self._clock = clock

    @property
    def most_of_one(self) -> int:
        """Return how large one bundle may be."""
        return int(self._most * SHARE)

    def tidy(self) -> None:
        """Remove what another process began and did not end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.glob(f"*{_COMING}"):
            path.unlink(missing_ok=True)

    def find(self, repository: str) -> Bundle | None:
        """Return a repository's bundle, and note that it is used; None where there is none."""
        path = self._name(repository)
        try:
            with path.open("rb") as file:
                head = file.read(_MOST_HEAD)
            made_at = path.stat().st_mtime
            os.utime(path, (self._clock(), made_at))
        except FileNotFoundError:
            return None
        if not head.startswith(_SIGNATURE):
            return None
        oid = head[len(_SIGNATURE) :].partition(b" ")[0].decode("utf-8", "replace")
        return Bundle(path, oid, made_at)

    def begin(self, repository: str) -> Path:
        """Return the file that a bundle is written to before it is whole."""
        return self._name(repository).with_suffix(_COMING)

    def make_room(self) -> None:
        """Remove bundles, those first that were not used for longest, until all is within the bound."""
        found = [(path, path.stat()) for path in self._folder.iterdir()]
        size = sum(status.st_size for _, status in found)
        for path, status in sorted(found, key=lambda one: one[1].st_atime):
            if size <= self._most:
                return
            if path.suffix == _SUFFIX:
                path.unlink(missing_ok=True)
                size -= status.st_size

    def put(self, coming: Path) -> None:
        """Take a bundle that is whole."""
        now = self._clock()
        os.utime(coming, (now, now))
        coming.replace(coming.with_suffix(_SUFFIX))

    def drop(self, repository: str) -> None:
        """Remove a repository's bundle."""
        self._name(repository).unlink(missing_ok=True)

    def _name(self, repository: str) -> Path:
        return self._folder / (hashlib.sha256(repository.encode()).hexdigest()[:40] + _SUFFIX)
