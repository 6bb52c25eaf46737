"""Files of the chat: what came with a turn goes into the workspace, what the agent sends goes to the gateway."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from agent_contract import wire
from agent_contract.names import INBOX_DIR, MAX_FILE_BYTES
from agent_runner.ids import build_id
from agent_runner.logs import Log
from agent_runner.pictures import MAX_PIXELS, find_image_type, find_size
from agent_runner.transfers import Declined, Transfers, Unavailable
from agent_runner.workspace import WorkspaceError

PATIENCE: Final = 30
"""Attempts more than one for each: a gateway that is started anew is waited for, and no turn spends its time on that."""
PAUSE: Final = 1.0
"""Seconds between two attempts."""
MAX_IMAGE_BYTES: Final = 4_000_000
"""Of all images that one prompt shows: its line of the session must fit one frame, and base64 adds a third."""
MAX_SMALLER: Final = 3_600_000
"""Of an image that pi has made smaller, at most."""
MAX_WHOLE: Final = 10_000_000
"""Of an image before that."""
_TOO_LARGE = "too large to be shown; make a smaller one to see it"
_OUTSIDE = "The file must be in the workspace or in /tmp."


class _ImpatientError(WorkspaceError):
    """It was tried often enough."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image that the prompt shows."""

    data: str
    """In base64."""
    media_type: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be fetched, and a sentence that says why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a turn's files."""

    note: str = ""
    """Tells the agent where they are, and which are not there."""
    images: tuple[Image, ...] = ()
    problems: tuple[Problem, ...] = ()
    """For the person: which could not be fetched, and why."""


class ChatFiles:
    """Moves single files between gateway and workspace, never whole in memory but for images that the model is shown."""

    def __init__(self, transfers: Transfers, workspace: str, log: Log, pause: float = PAUSE) -> None:
        """Nothing moves yet; `pause` is the time between two attempts."""
        self._pause = pause
        self._transfers = transfers
        self._workspace = Path(workspace)
        self._log = log

    async def fetch(self, turn: int, files: Sequence[wire.TurnFile]) -> Fetched:
        """Put the files of a turn into the workspace's inbox."""
        lines: list[str] = []
        problems: list[Problem] = []
        images: list[Image] = []
        room, left = MAX_IMAGE_BYTES, PATIENCE
        for number, file in enumerate(files):
            try:
                path, size, left = await self._fetch_one(turn, number, file, left)
            except WorkspaceError as error:
                left = 0 if isinstance(error, _ImpatientError) else left
                lines.append(f"- {file.name} could not be fetched: {error}")
                problems.append(Problem(file.name, str(error)))
                continue
            about = ", ".join(filter(None, (file.about, file.media_type, describe_size(size))))
            lines.append(f"- {path.relative_to(self._workspace)} ({about})")
            if not file.media_type.startswith("image/"):
                continue
            if size > MAX_WHOLE or min(size, MAX_SMALLER) > room:
                lines.append(f"  ({_TOO_LARGE})")
                continue
            data = await asyncio.to_thread(path.read_bytes)
            kind, pixels = find_image_type(data), find_size(data)
            if pixels is not None and pixels[0] * pixels[1] > MAX_PIXELS:
                lines.append(f"  (of {pixels[0]}x{pixels[1]} pixels, {_TOO_LARGE})")
            elif kind is not None:
                room -= min(size, MAX_SMALLER)
                images.append(Image(base64.b64encode(data).decode(), kind))
        note = "\n".join(["[Files that the person sent with this, in the workspace:", *lines]) + "]"
        return Fetched(note, tuple(images), tuple(problems))

    async def send(self, turn: int, path: str, caption: str) -> str:
        """Hand a file to the gateway, which says it in the chat; return what the agent is told.

        Raises:
            WorkspaceError: it is none that may be sent, or could not be; with words for the agent.
        """
        found, size = await asyncio.to_thread(self._find, path)
        name = os.fsencode(found.name).decode(errors="replace")
        call_id = build_id()  # the same for each attempt, so that the chat has it once
        for left in reversed(range(PATIENCE)):
            try:
                await self._transfers.put_file(found, name, turn, call_id, caption)
                break
            except Declined as error:
                raise WorkspaceError(str(error)) from error
            except OSError as error:
                self._log.warning("file_not_sent", problem=type(error).__name__, again=bool(left))
                if not left:
                    raise WorkspaceError(f"It could not be sent: {_describe(error)} Try again later.") from error
            await asyncio.sleep(self._pause)
        self._log.info("file_sent", turn=turn)
        return f"Handed over for the chat: {name} ({describe_size(size)})."

    def _find(self, path: str) -> tuple[Path, int]:
        wanted = self._workspace / path
        try:
            found = wanted.resolve(strict=True)
        except OSError as error:
            raise WorkspaceError(f"There is no such file: {error.strerror}.") from error
        except (RuntimeError, ValueError) as error:  # a link that leads to itself; a name with a NUL
            raise WorkspaceError("There is no such file: the path leads nowhere.") from error
        roots = (self._workspace.resolve(), Path("/tmp").resolve())  # noqa: S108  # the agent's own
        if not any(found.is_relative_to(root) for root in roots):
            raise WorkspaceError(_OUTSIDE)
        if not found.is_file():
            raise WorkspaceError("It is not a file; pack a folder into an archive first.")
        size = found.stat().st_size
        if size == 0:
            raise WorkspaceError("The file is empty.")
        if size > MAX_FILE_BYTES:
            most = describe_size(MAX_FILE_BYTES)
            raise WorkspaceError(f"The file has {describe_size(size)}: Telegram takes at most {most} of a bot.")
        if not os.access(found, os.R_OK):
            raise WorkspaceError("The file cannot be read: its mode does not allow it.")
        return found, size

    async def _fetch_one(self, turn: int, number: int, file: wire.TurnFile, left: int) -> tuple[Path, int, int]:
        """Return the file, its size, and how many attempts are left to the others of its turn."""
        while True:
            try:
                return *await self._download(turn, number, file.name), left
            except Declined as error:
                raise WorkspaceError(str(error)) from error
            except OSError as error:
                left -= 1
                self._log.warning("file_not_fetched", problem=type(error).__name__, again=left > 0)
                if left <= 0:
                    raise _ImpatientError(_describe(error)) from error
            await asyncio.sleep(self._pause)

    async def _download(self, turn: int, number: int, name: str) -> tuple[Path, int]:
        path, target = await asyncio.to_thread(_create, self._workspace / INBOX_DIR, Path(name).name or "file")
        total = 0
        try:
            with target:
                async for chunk in self._transfers.fetch_file(turn, number):
                    total += len(chunk)
                    await asyncio.to_thread(target.write, chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path, total


def _create(folder: Path, name: str) -> tuple[Path, IO[bytes]]:
    """Create a file of this name, or of the next that is free, in a folder that leads nowhere else."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        folder.unlink()
    folder.mkdir(exist_ok=True)
    for candidate in _candidates(name):
        try:
            return folder / candidate, (folder / candidate).open("xb")
        except FileExistsError:
            continue
    raise AssertionError("unreachable")


def _candidates(name: str) -> Iterator[str]:
    yield name
    stem, suffix = os.path.splitext(name)  # noqa: PTH122  # of a name, not of a path
    count = 2
    while True:
        yield f"{stem}-{count}{suffix}"
        count += 1


def _describe(error: Exception) -> str:
    if isinstance(error, Unavailable):
        return str(error)
    return f"{error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__}."


def describe_size(size: int) -> str:
    """Return a number of bytes as people read it, as in `81 kB`."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:.1f} MB"
