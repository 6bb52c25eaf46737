"""Measures the volume of workspace, home and /tmp while the run goes on."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from agent_contract.runnerconfig import RunnerConfig
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.processes import kill_descendants
from agent_runner.programs import Programs
from agent_runner.room import Room, compute_file_limit, judge

BUSY_SECONDS: Final = 2.0
"""Between two looks while a turn is under way."""
IDLE_SECONDS: Final = 30.0
_MEASURE_SECONDS: Final = 60.0
"""How long one measurement may take."""
_SHARE: Final = 10
"""Measuring takes at most one part in this many of the time."""
_SKIPPED: Final = 10
"""Looks in a row at which nothing is measured, as the disk holds as much as before."""
_OWN: Final = 4
"""A volume whose file system has at most this many times its size is one of its own."""


class RoomWatch:
    """Knows how full the volume is.

    Args:
        setup: Where its folders are.
        config: Its size; 0 means that nothing is watched.
        programs: Starts `du`.
        is_busy: Says whether a turn is under way.
        take_note: Returns what else the agent is to be told beside a tool's result, once.
        log: Told what was done.
    """

    def __init__(
        self, setup: Setup, config: RunnerConfig, programs: Programs, is_busy: Callable[[], bool],
        take_note: Callable[[], str], log: Log,
    ) -> None:  # fmt: skip
        self._folders = list(dict.fromkeys((setup.workspace, setup.home, setup.tmp)))
        self._file = Path(setup.room)
        self._programs = programs
        self._is_busy = is_busy
        self._take_note = take_note
        self._task: asyncio.Task[None] | None = None
        self._read_pi: Callable[[], tuple[int, ...]] = tuple
        self._log = log
        self._room = Room(config.workspace_size)
        if config.workspace_claim:
            self._room = _read_own(self._room, setup.workspace)
        self._free = 0
        self._skipped = _SKIPPED
        self._notes: list[str] = []
        self._looking = asyncio.Lock()
        self._took = 0.0

    def begin(self, read_pi: Callable[[], tuple[int, ...]], on_done: Callable[[asyncio.Task[None]], None]) -> None:
        """Look again and again from now on, where the size is known.

        Args:
            read_pi: Returns the processes of pi, which go on where the rest is stopped.
            on_done: Told of the end of it.
        """
        if self._room.size:
            self._read_pi = read_pi
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(on_done)

    def cancel(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        looked = time.monotonic()
        while True:
            await asyncio.sleep(max(BUSY_SECONDS, self._took * _SHARE))
            if self._is_busy() or time.monotonic() - looked >= IDLE_SECONDS:
                await self.look()
                looked = time.monotonic()

    async def after_tool(self) -> str:
        """Return what the agent is to be told beside a tool's result; empty where there is nothing."""
        if self._room.size and not self._looking.locked():
            await self.look()
        notes, self._notes = self._notes, []
        return "\n".join(filter(None, (self._take_note(), *notes)))

    async def look(self) -> None:
        """Measure, where something may have been written or deleted, and do what follows."""
        async with self._looking:
            if not self._changed():
                return
            used = await self._measure()
            if used is None:
                return
            before, (self._room, finding) = self._room, judge(self._room, used)
            if finding.note:
                self._notes.append(finding.note)
                self._log.warning(
                    "work_volume_full" if finding.stop else "work_volume_filling", used=used, size=before.size
                )
            if finding.stop:
                count = await asyncio.to_thread(kill_descendants, keep=(*self._read_pi(), *self._programs.pids))
                self._log.warning("work_volume_stopped", processes=count)
            await asyncio.to_thread(self._write_limit, used)

    def _changed(self) -> bool:
        """Say whether the disk holds more or less than at the last measurement; now and then, yes in any case."""
        found = os.statvfs(self._folders[0])
        free = found.f_bfree * found.f_frsize
        if self._skipped < _SKIPPED and abs(self._free - free) < self._room.step:
            self._skipped += 1
            return False
        self._free, self._skipped = free, 0
        return True

    async def _measure(self) -> int | None:
        """Return the bytes that the volume holds; None where that cannot be found out now."""
        if self._room.refuses:
            found = os.statvfs(self._folders[0])
            return (found.f_blocks - found.f_bfree) * found.f_frsize
        began = time.monotonic()
        try:
            running = await self._programs.read_from(["du", "-s", "-c", "-B1", "--", *self._folders])
        except OSError as error:
            self._log.warning("work_volume_not_measured", problem=type(error).__name__)
            return None
        try:
            async with asyncio.timeout(_MEASURE_SECONDS):
                text = await running.reader.read() if running.reader is not None else b""
                await running.wait()
        except TimeoutError:
            self._log.warning("work_volume_not_measured", problem="it takes too long")
            return None
        finally:
            self._took = time.monotonic() - began
            await running.end()
        return _read_total(text.splitlines())

    def _write_limit(self, used: int) -> None:
        try:
            new = self._file.with_suffix(".new")
            new.write_text(f"{compute_file_limit(self._room, used)}\n")
            new.replace(self._file)
        except OSError as error:
            self._log.warning("file_limit_not_written", problem=type(error).__name__)


def _read_total(lines: Sequence[bytes]) -> int | None:
    """Return what `du` says at its end; it is right without what went while it counted."""
    number = lines[-1].split(b"\t", 1)[0] if lines else b""
    return int(number) if number.isdigit() else None


def _read_own(room: Room, folder: str) -> Room:
    """Return the room of a claim: its file system's, unless it is a folder of a larger one that refuses nothing."""
    found = os.statvfs(folder)
    total = found.f_blocks * found.f_frsize
    return Room(total, refuses=True) if total <= _OWN * room.size else room
