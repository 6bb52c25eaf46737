"""Repositories of the workspace: cloned where they are not there, mended where their history was not kept."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_contract import wire
from agent_contract.names import PATH_GIT
from agent_runner.commands import Commands, Ended
from agent_runner.folders import remove_tree

CLONE_SECONDS: Final = 600.0
"""How long one repository may take."""
QUICK_SECONDS: Final = 60.0
"""How long git may take for what is on the disk."""
MOST_BYTES: Final = 16 << 30
"""Of one repository, where the workspace's size is not known."""
SHARE: Final = 0.75
"""Of the workspace that one repository may fill."""
LOOK_SECONDS: Final = 2.0
LOOKED_AT: Final = 1000
"""Commits of a repository that is there, to see whether its history was kept."""
ATTEMPTS: Final = 3
"""How often a clone is begun that a signal ended: whoever stops a turn ends what runs beside it."""
COMING: Final = ".cloning"
"""The folder in the workspace where repositories come; nobody keeps it (CACHEDIR.TAG)."""
_TAG: Final = "Signature: 8a477f597d28d172789f06886806bc55\n"
_FORGET_BUNDLES: Final = (
    'git -C "$1" for-each-ref --format=\'delete %(refname)\' refs/bundles | git -C "$1" update-ref --stdin'
)
"""The branches of the bundle that a clone began with are the server's by now."""
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_PERCENT = re.compile(r"Receiving objects:\s{1,4}([0-9]{1,3})%")
_SAID = ("fatal: ", "remote: ", "error: ")
_MOST_WORDS: Final = 400


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a repository; `text` is its branch, or why it is not there."""

    ok: bool
    text: str
    came: bool = True
    """Something changed: it was cloned, mended, or has another branch."""


class Checkouts:
    """Brings repositories into the workspace.

    Args:
        workspace: The folder.
        commands: Runs git.
        size: How many bytes the workspace may hold; 0 where nobody says.
        gateway: Its address.
    """

    def __init__(self, workspace: str, commands: Commands, size: int, gateway: str) -> None:
        self._gateway = gateway.rstrip("/")
        self._workspace = Path(workspace)
        self._commands = commands
        self._most = int(size * SHARE) if size else MOST_BYTES

    async def bring(self, one: wire.Checkout, on_percent: Callable[[int], None]) -> Result:
        """See to it that a repository is there."""
        if _FOLDER.fullmatch(one.folder) is None:
            return Result(ok=False, text=f"{one.folder} is no name for a folder.")
        folder = self._workspace / one.folder
        if not _stands(folder):
            return await self._clone(one, folder, on_percent)
        if not (folder / ".git").is_dir() or folder.is_symlink():
            taken = f"The folder {one.folder} holds something else."
            return Result(ok=False, text=taken) if one.fresh else Result(ok=True, text="", came=False)
        if not await self._is_whole(folder):
            return await self._mend(one, folder, on_percent)
        return await self._change(one, folder) if one.fresh else Result(ok=True, text="", came=False)

    async def _clone(self, one: wire.Checkout, folder: Path, on_percent: Callable[[int], None]) -> Result:
        coming = self._workspace / COMING
        temporary = coming / one.folder
        try:
            problem = await self._fetch(one, temporary, on_percent, [])
            if problem is not None:
                return problem
            if _stands(folder):
                return Result(ok=False, text=f"The folder {one.folder} holds something else by now.")
            temporary.rename(folder)
        except OSError as error:
            return Result(ok=False, text=f"The workspace cannot be written ({error.strerror}).")
        finally:
            await asyncio.to_thread(remove_tree, coming)
        return Result(ok=True, text=await self._read_branch(folder))

    async def _mend(self, one: wire.Checkout, folder: Path, on_percent: Callable[[int], None]) -> Result:
        """Bring back the history of a repository whose large files were not kept; its own commits and files stay."""
        coming = self._workspace / COMING
        temporary = coming / one.folder
        try:
            problem = await self._fetch(one, temporary, on_percent, ["--no-checkout"])
            if problem is not None:
                return problem
            await asyncio.to_thread(_move_packs, temporary / ".git/objects/pack", folder / ".git/objects/pack")
        except OSError as error:
            return Result(ok=False, text=f"The workspace cannot be written ({error.strerror}).")
        finally:
            await asyncio.to_thread(remove_tree, coming)
        if not await self._is_whole(folder):
            return Result(
                ok=False, text=f"Commits in the folder {one.folder} were not kept, and are not on the server."
            )
        return Result(ok=True, text=await self._read_branch(folder))

    async def _change(self, one: wire.Checkout, folder: Path) -> Result:
        """Check out the branch that a person has just chosen, if nothing would be lost."""
        origin = await self._git(folder, "remote", "get-url", "origin")
        if _trim(_last(origin)) != _trim(one.address):
            return Result(ok=False, text=f"The folder {one.folder} holds another repository.")
        if not one.ref:
            return Result(ok=True, text=await self._read_branch(folder))
        if _last(await self._git(folder, "status", "--porcelain", "--untracked-files=no")):
            return Result(ok=False, text=f"There are changes in {one.folder}: its branch stays as it is.")
        fetched = await self._git(folder, "fetch", "--quiet", "origin", one.ref, seconds=CLONE_SECONDS)
        if fetched.code != 0:
            return Result(ok=False, text=_explain(fetched))
        if (await self._git(folder, "checkout", "--quiet", one.ref, "--")).code != 0:
            changed = await self._git(folder, "checkout", "--quiet", "-b", one.ref, "FETCH_HEAD", "--")
            if changed.code != 0:
                return Result(ok=False, text=_explain(changed))
        return Result(ok=True, text=await self._read_branch(folder))

    async def _fetch(
        self, one: wire.Checkout, temporary: Path, on_percent: Callable[[int], None], options: Sequence[str]
    ) -> Result | None:
        """Clone into a folder of its own; return what went wrong."""
        words = ["git", "clone", "--progress", *options]
        words += ["--branch", one.ref] if one.ref else []
        words += [f"--depth={one.depth}"] if one.depth else []
        words += [f"--filter={one.filter}"] if one.filter else []
        words += [f"--bundle-uri={self._name_bundle(one)}"] if one.mirrored else []
        ended = Ended(None, ())
        for _ in range(ATTEMPTS):
            await asyncio.to_thread(_make_way, temporary)
            ended = await self._watch([*words, "--", one.address, str(temporary)], temporary, on_percent)
            if ended.code is None or ended.code >= 0:
                break
        if ended.code != 0:
            return Result(ok=False, text=_explain(ended))
        if one.mirrored:
            await self._commands.shell(_FORGET_BUNDLES, QUICK_SECONDS, words=[str(temporary)])
        return None

    def _name_bundle(self, one: wire.Checkout) -> str:
        return f"{self._gateway}{PATH_GIT}/{one.connection}/{one.repository}.git/bundle"

    async def _watch(self, words: Sequence[str], temporary: Path, on_percent: Callable[[int], None]) -> Ended:
        """Run a clone, and end it where it becomes too large."""

        def read(_: bytes, lines: list[str]) -> None:
            for line in lines:
                if found := _PERCENT.search(line):
                    on_percent(min(100, int(found[1])))

        cloning = asyncio.create_task(self._commands.run(words, CLONE_SECONDS, read))
        try:
            while not cloning.done():
                await asyncio.wait({cloning}, timeout=LOOK_SECONDS)
                if not cloning.done() and await asyncio.to_thread(_measure, temporary) > self._most:
                    return Ended(
                        None, (f"fatal: it is larger than {self._most >> 20} MiB, more than the workspace takes",)
                    )
            return cloning.result()
        finally:
            cloning.cancel()
            await asyncio.gather(cloning, return_exceptions=True)

    async def _is_whole(self, folder: Path) -> bool:
        """Say whether the newest commits and the files of the one that is checked out are there.

        A repository without any is whole.
        """
        if (await self._git(folder, "rev-parse", "--quiet", "--verify", "HEAD")).code != 0:
            return True
        walked = await self._git(folder, "rev-list", "--quiet", f"--max-count={LOOKED_AT}", "HEAD")
        return walked.code == 0 and (await self._git(folder, "ls-tree", "-r", "--name-only", "HEAD")).code == 0

    async def _read_branch(self, folder: Path) -> str:
        branch = await self._git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
        if branch.code == 0:
            return _last(branch)
        return _last(await self._git(folder, "rev-parse", "--short", "HEAD"))

    async def _git(self, folder: Path, *words: str, seconds: float = QUICK_SECONDS) -> Ended:
        return await self._commands.run(["git", "-C", str(folder), *words], seconds)


def _stands(folder: Path) -> bool:
    return os.path.lexists(folder)


def _make_way(temporary: Path) -> None:
    remove_tree(temporary)
    temporary.parent.mkdir(exist_ok=True)
    (temporary.parent / "CACHEDIR.TAG").write_text(_TAG)


def _move_packs(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    # an index is what makes its pack count, so it comes last
    for path in sorted(source.iterdir(), key=lambda one: one.suffix == ".idx"):
        path.replace(target / path.name)


def _measure(folder: Path) -> int:
    """Return the bytes of all files below a folder, as far as they stand still."""
    size, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue  # it was moved meanwhile
    return size


def _explain(ended: Ended) -> str:
    if ended.code is None and not ended.lines:
        return f"It took longer than {CLONE_SECONDS:g} seconds."
    said = [line for line in ended.lines if line.startswith(_SAID)][-2:] or list(ended.lines[-1:])
    words = "; ".join(line.partition(": ")[2] if line.startswith(_SAID) else line for line in said)
    if ended.code is None and not words.startswith("it is larger"):
        return f"It took longer than {CLONE_SECONDS:g} seconds."
    return words[:_MOST_WORDS] or f"git ended with {ended.code}."


def _last(ended: Ended) -> str:
    return ended.lines[-1] if ended.lines and ended.code == 0 else ""


def _trim(address: str) -> str:
    return address.casefold().removesuffix("/").removesuffix(".git")
