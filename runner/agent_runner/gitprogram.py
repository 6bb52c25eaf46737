"""git in the agent's repositories, which may be set up against whoever looks: it runs nothing that they name, and ends in time.

A repository's own settings are read, but no hook, filter, pager, text conversion, monitor of files or other program of
theirs is started, and no server is asked; so whose folder it is does not count: git-config(1), gitattributes(5), git(1) "Environment Variables".
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_runner.programs import Programs

MOST_REPOSITORIES: Final = 10
MOST_FOLDERS: Final = 2000
"""Folders that are looked into for repositories, two below the workspace at most."""
_DEPTH: Final = 2
_SAFE: Final = {
    "core.fsmonitor": "false", "core.hooksPath": "/dev/null", "core.pager": "cat", "core.untrackedCache": "false",
    "core.attributesFile": "/dev/null", "core.excludesFile": "/dev/null", "core.bigFileThreshold": "512k",
    "core.askPass": "true", "core.sshCommand": "false", "core.alternateRefsCommand": "true", "core.quotePath": "false",
    "credential.helper": "", "diff.external": "", "diff.renames": "true", "diff.renameLimit": "400", "diff.algorithm": "histogram",
    "diff.ignoreSubmodules": "all", "diff.orderFile": "/dev/null", "gc.auto": "0", "maintenance.auto": "false",
    "protocol.allow": "never", "safe.directory": "*", "submodule.recurse": "false", "log.showSignature": "false", "index.threads": "1",
}  # fmt: skip
_ENVIRONMENT: Final = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_PAGER": "cat", "LC_ALL": "C",
    "HOME": "/nonexistent",
}  # fmt: skip
_PIECE: Final = 1 << 16
_MOST_FILTERS: Final = 50


class GitFailed(Exception):
    """git has not answered as it should; the text names no file."""


@dataclass(frozen=True, slots=True)
class Git:
    """git in one repository.

    Attributes:
        programs: Starts it.
        folder: Where the repository's files are.
        index: The index that it uses; empty for the repository's own.
        filters: Names of the repository's filters, which are not run.
    """

    programs: Programs
    folder: Path
    index: str = ""
    filters: tuple[str, ...] = ()

    async def run(self, *words: str, given: bytes = b"", most: int = 1 << 20, cut: bool = False) -> bytes:
        """Return what git writes.

        Args:
            words: The command.
            given: What it reads.
            most: Bytes that it may write.
            cut: The beginning is wanted where it writes more.

        Raises:
            GitFailed: it ends with an error, does not start, or writes more.
        """
        try:
            running = await self.programs.read_from(self._build(words), given)
        except OSError as error:
            raise GitFailed("git does not start") from error
        assert running.reader is not None  # noqa: S101  # as it was started
        told = bytearray()
        try:
            while part := await running.reader.read(_PIECE):
                told += part
                if len(told) > most:
                    if cut:
                        return bytes(told[:most])
                    raise GitFailed(f"git {words[0]} tells too much")
            if await running.wait():
                raise GitFailed(f"git {words[0]} ended with an error")
            return bytes(told)
        finally:
            await running.end()

    async def ask(self, *words: str) -> str:
        """Return the one line that git answers; empty where it has none."""
        try:
            return (await self.run(*words, most=4096)).decode("utf-8", "replace").strip()
        except GitFailed:
            return ""

    async def with_filters(self) -> Git:
        """Return git that knows which filters the repository's settings name."""
        told = await self.run("config", "--list", "--name-only", "-z")
        names = {key.partition(".")[2].rpartition(".")[0] for key in told.decode("utf-8", "replace").split("\0")
                 if key.startswith("filter.")}  # fmt: skip
        if len(names) > _MOST_FILTERS:
            raise GitFailed("the repository has too many filters")
        return Git(self.programs, self.folder, self.index, tuple(sorted(names)))

    def with_index(self, index: str) -> Git:
        """Return git that uses another index."""
        return Git(self.programs, self.folder, index, self.filters)

    def _build(self, words: Sequence[str]) -> list[str]:
        environment = {**_ENVIRONMENT, "PATH": os.environ.get("PATH", os.defpath)}
        if self.index:
            environment["GIT_INDEX_FILE"] = self.index
        settings = dict(_SAFE)
        for name in self.filters:
            settings |= {f"filter.{name}.{key}": "" for key in ("clean", "smudge", "process")}
            settings[f"filter.{name}.required"] = "false"
        numbered = list(enumerate(settings.items()))
        for number, (key, value) in numbered:  # as the environment has them: a key may hold any sign
            environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        environment["GIT_CONFIG_COUNT"] = str(len(numbered))
        told = [f"{key}={value}" for key, value in environment.items()]
        return ["nice", "-n", "5", "env", "-i", *told, "git", "-C", str(self.folder), "--no-pager", *words]


async def find_repositories(workspace: str) -> list[Path]:
    """Return the folders of repositories, of a bounded number, by name."""
    return await asyncio.to_thread(_find, Path(workspace))


def _find(workspace: Path) -> list[Path]:
    found: list[Path] = []
    folders, seen = [(workspace, 0)], 0
    while folders and len(found) < MOST_REPOSITORIES:
        folder, depth = folders.pop(0)
        seen += 1
        if _is_repository(folder):
            found.append(folder)
        elif depth < _DEPTH and seen + len(folders) < MOST_FOLDERS:
            folders += [(below, depth + 1) for below in _list_folders(folder, MOST_FOLDERS - seen - len(folders))]
    return sorted(found)


def _is_repository(folder: Path) -> bool:
    git = folder / ".git"
    return not git.is_symlink() and git.exists()


def _list_folders(folder: Path, most: int) -> list[Path]:
    found: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= most:
                    break
                if entry.is_dir(follow_symlinks=False):
                    found.append(Path(entry.path))
    except OSError:
        return []
    return sorted(found)
