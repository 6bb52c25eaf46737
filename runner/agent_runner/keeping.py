"""The process that reads and writes kept states, and what goes between it and the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from agent_contract.keptfiles import DEFAULT_EXCLUDE, MAX_PACK_BYTES
from agent_contract.runnerconfig import RunnerConfig
from agent_runner.launch import Setup
from agent_runner.programs import Programs, Running
from agent_runner.targuard import Bounds
from agent_runner.transfers import Transfers
from agent_runner.workspace import UnfitWorkspaceError, WorkspaceError, empty

INDEX: Final = "kept"
"""Folder of the index, in the runner's own."""
_LOW: Final = ("nice", "-n", "19", "ionice", "-c", "3", "-t")
_BEHIND: Final = ("nice", "-n", "19")
"""What brings the files of earlier runs takes what pi leaves of the pod's cores."""
_PYTHON: Final = (sys.executable, "-I" if sys.flags.isolated else "-P", "-B", "-m", "agent_runner.keeper")
_NAMED: Final = 5
SILENCE_SECONDS: Final = 600.0
"""The process reads all of a workspace at the lowest priority; one that says nothing for so long is ended."""


class KeeperEndedError(WorkspaceError):
    """The process was ended before it was done, as with every other one of the pod."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a look at the workspace.

    Attributes:
        stored: There was something to store.
        packs: How many parts were sent.
        bytes: Of them.
        excluded: Folders and files that are left out by their names, some of them.
        over: Files that there is no room for, some of them.
        over_count: How many there are.
    """

    stored: bool
    packs: int
    bytes: int
    excluded: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    over_count: int = 0


class Keeping:
    """Starts the process for each look, and for a restore.

    Args:
        transfers: To and from the gateway.
        setup: Where the folders are.
        config: What is left out, and the limits.
        programs: Starts it.
    """

    def __init__(self, transfers: Transfers, setup: Setup, config: RunnerConfig, programs: Programs) -> None:
        self._transfers = transfers
        self._programs = programs
        self._low: Running | None = None
        """A process of the lowest priority that is at it."""
        self._writing: Running | None = None
        """The process that writes what is stored."""
        exclude = DEFAULT_EXCLUDE if config.exclude is None else config.exclude
        bounds = Bounds(bytes=config.workspace_size) if config.workspace_size else Bounds()
        folders = {"workspace": setup.workspace, "home": setup.home, "index": f"{setup.state}/{INDEX}"}
        self._keep = {**folders, "exclude": list(exclude), "limit": config.snapshot_limit, "files": bounds.files}
        self._restore = {**folders, "files": bounds.files, "bytes": bounds.bytes}
        self._workspace = setup.workspace

    @property
    def pids(self) -> tuple[int, ...]:
        """The process that writes what is stored, if it runs: what ends an agent's tools leaves it, as none ran yet."""
        return (self._writing.pid,) if self._writing is not None and not self._writing.ended.done() else ()

    def make_way(self) -> None:
        """End a look of the lowest priority, as somebody waits for the next; what was sent is not sent again."""
        if self._low is not None:
            self._low.kill()

    async def keep(self, turn: int, call_id: str | None = None, *, waited_for: bool = False) -> Kept:
        """Send what changed since the last time, and then the state that it is of.

        Args:
            turn: What it is kept as: the files as they are after this turn, or in it.
            call_id: The sub-agent's call that it is a copy for.
            waited_for: An end or a sub-agent waits for it; else it has the lowest priority.

        Raises:
            KeeperEndedError: the process was ended.
            WorkspaceError: it fails, or the gateway refuses.
            OSError: the gateway is away.
        """
        task = json.dumps({**self._keep, "copy": call_id is not None})
        try:
            low = () if waited_for else _LOW
            running = await self._programs.run_between([*low, *_PYTHON, "keep", task])
        except OSError as error:
            raise WorkspaceError(f"The files cannot be kept: a program does not start ({error.strerror}).") from error
        self._low = None if waited_for else running
        try:
            kept = await self._serve(running, turn, call_id)
            code = await running.wait()
            if kept is None or code != 0:
                raise KeeperEndedError(f"The files cannot be kept: the process that reads them was ended ({code}).")
            return kept
        finally:
            self._low = None
            await running.end()

    async def _serve(self, running: Running, turn: int, call_id: str | None) -> Kept | None:
        """Pass on what the process offers; None where it ended before it was done."""
        kept, packs, total = None, 0, 0
        while (frame := await _read_frame(running)) is not None:
            about, body = frame
            answer: dict[str, Any] = {"ok": True}
            match about["type"]:
                case "pack":
                    await self._transfers.put_pack(str(about["id"]), body)
                    packs, total = packs + 1, total + len(body)
                case "state":
                    missing = await self._transfers.put_state(body, turn, call_id)
                    answer = {"missing": missing} if missing else answer
                    kept = Kept(
                        True, packs, total, tuple(about["excluded"]), tuple(about["over"]), int(about["overCount"])
                    )
                case "same":
                    await self._transfers.put_state(b"", turn, None)
                    kept = Kept(False, packs, total)
                case _:
                    raise WorkspaceError(f"The files cannot be kept: {about.get('words')}.")
            await _write(running, json.dumps(answer).encode() + b"\n")
        return kept

    async def restore(
        self, parts: AsyncIterable[bytes], on_listed: Callable[[bool], None], may_go_on: Callable[[], Awaitable[None]]
    ) -> Kept:
        """Write a state into the workspace, and its settings into the home; whatever fails leaves the workspace empty.

        Args:
            parts: What is stored, as it comes.
            on_listed: Told, once it is known what there will be, whether none of it is read as a session begins.
            may_go_on: Waited for before each part.

        Raises:
            UnfitWorkspaceError: what is stored cannot be written here.
            WorkspaceError: it came in part, or the process was ended.
            OSError: the gateway is away.
        """
        try:
            running = await self._programs.run_between([*_BEHIND, *_PYTHON, "restore", json.dumps(self._restore)])
        except OSError as error:
            words = f"The stored files cannot be written: a program does not start ({error.strerror})."
            raise WorkspaceError(words) from error
        self._writing = running
        feeding = asyncio.create_task(_feed(running, parts, may_go_on))
        try:
            frame = await _read_frame(running)
            if frame is not None and frame[0]["type"] == "listed":
                on_listed(bool(frame[0]["plain"]))
                frame = await _read_frame(running)
            if frame is None or frame[0]["type"] == "failed":
                if feeding.done():
                    feeding.result()  # the gateway's end explains ours
                _raise_failed(frame[0] if frame is not None else None)
            assert frame is not None  # noqa: S101  # else it was raised
            await feeding
            if await running.wait() != 0:
                _raise_failed(None)
            return Kept(True, 0, 0, (), tuple(frame[0]["over"])[:_NAMED], int(frame[0]["overCount"]))
        except BaseException:
            await running.end()
            await asyncio.to_thread(empty, self._workspace)
            raise
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            await running.end()
            self._writing = None


def _raise_failed(about: dict[str, Any] | None) -> None:
    if about is None:
        raise WorkspaceError("The stored files cannot be written: the process that writes them was ended.")
    kind = UnfitWorkspaceError if about.get("unfit") else WorkspaceError
    raise kind(f"The stored files cannot be written: {about.get('words')}.")


async def _read_frame(running: Running) -> tuple[dict[str, Any], bytes] | None:
    """Read what the process says; None at its end, or where it says nothing for too long."""
    assert running.reader is not None  # noqa: S101  # as it was started
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            line = await running.reader.readline()
            if not line.endswith(b"\n"):
                return None
            about = json.loads(line)
            size = int(about["bytes"])
            if not 0 <= size <= MAX_PACK_BYTES:
                return None
            return about, await running.reader.readexactly(size)
    except (TimeoutError, ValueError, KeyError, TypeError, asyncio.IncompleteReadError):
        return None


async def _write(running: Running, data: bytes) -> None:
    assert running.writer is not None  # noqa: S101  # as it was started
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it was ended, which its output tells
        running.writer.write(data)
        await running.writer.drain()


async def _feed(running: Running, parts: AsyncIterable[bytes], may_go_on: Callable[[], Awaitable[None]]) -> None:
    async for part in parts:
        await may_go_on()
        if running.ended.done():
            return
        await _write(running, part)
    if running.writer is not None:
        running.writer.close()
