"""The ways to keep a folder that `dev.bench.keep` compares: tar whole, GNU tar's increments, a shadow index of git, ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from typing_extensions import override

from agent_contract.keptfiles import DEFAULT_EXCLUDE, MAX_FILES
from agent_runner.keeper.keep import Keeper, Task

_keeping: Any = import_module("tests.support.keeping")  # the tests have no types
LIMIT: Final = 8 << 30
"""Bytes that a folder may have."""


def _run(command: str, folder: Path, **environment: str) -> None:
    subprocess.run(  # fixed words
        ["bash", "-o", "pipefail", "-c", command], cwd=folder, env={**os.environ, **environment}, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Way(Protocol):
    """A way to keep a folder."""

    def keep(self, folder: Path) -> None:
        """Keep once."""

    def sent(self) -> int:
        """Return the bytes so far."""


class Whole:
    """tar and zstd, all of it each time, as earlier releases did it at the end of a run."""

    def __init__(self, work: Path) -> None:
        self._out = work / "tar"
        self._out.mkdir()
        self._number = 0

    def keep(self, folder: Path) -> None:
        """Keep once."""
        self._number += 1
        _run(f"tar --create --sparse . | zstd -q -3 > {self._out}/{self._number}.zst", folder)

    def sent(self) -> int:
        """Return the bytes so far."""
        return _size(self._out)


class Listed(Whole):
    """GNU tar's own increments, over its list of folders and times."""

    @override
    def keep(self, folder: Path) -> None:
        """Keep once."""
        self._number += 1
        words = f"--listed-incremental={self._out}.snar --create --sparse"
        _run(f"tar {words} . | zstd -q -3 > {self._out}/{self._number}.zst", folder)


class Shadow:
    """git with its folder elsewhere: add, write-tree, and a pack of what is new."""

    def __init__(self, work: Path) -> None:
        self._git = work / "git"
        self._out = work / "packs"
        self._out.mkdir()
        self._last = ""
        _run("git init -q && git config core.autocrlf false && git config gc.auto 0", work, **self._env(work))

    def _env(self, folder: Path) -> dict[str, str]:
        return {"GIT_DIR": str(self._git), "GIT_WORK_TREE": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}

    def keep(self, folder: Path) -> None:
        """Keep once."""
        environment = self._env(folder)
        _run("git add -A", folder, **environment)
        tree = subprocess.run(
            ["git", "write-tree"],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        names = f"{tree}\n^{self._last}" if self._last else tree
        _run(
            f"printf '{names}' | git pack-objects -q --revs --thin --stdout --delta-base-offset > {self._out}/{tree}.pack",
            folder,
            **environment,
        )
        self._last = tree

    def sent(self) -> int:
        """Return the bytes so far."""
        return sum(path.stat().st_size for path in self._out.glob("*.pack"))


class Ours:
    """Contents by their hashes, in packs, with a list for each state."""

    def __init__(self, work: Path) -> None:
        self._kept = _keeping.Kept()
        self._index = str(work / "index")

    def keep(self, folder: Path) -> None:
        """Keep once."""
        Keeper(Task(str(folder), None, self._index, DEFAULT_EXCLUDE, LIMIT, MAX_FILES), self._kept).keep()

    def sent(self) -> int:
        """Return the bytes so far."""
        return int(self._kept.sent) + sum(len(body) for body in self._kept.states)


WAYS: Final[dict[str, Callable[[Path], Way]]] = {
    "tar whole": Whole,
    "tar increments": Listed,
    "git shadow": Shadow,
    "contents": Ours,
}
