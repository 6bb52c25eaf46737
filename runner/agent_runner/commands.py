"""Commands that run beside pi as its tools do: in its environment, the first victims of full memory, each with a deadline."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent_runner.launch import Setup
from agent_runner.pifiles import TOOL_PREFIX, build_environment
from agent_runner.programs import Programs, Running

LAST_LINES: Final = 20
"""Of what a command said that are kept."""
LINE_CHARACTERS: Final = 300
_CHUNK: Final = 64 * 1024
_SHELL: Final = ("bash", "-c")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Its exit code; negative for a signal, None where its time was over or it could not be started.
        lines: The last of what it said.
    """

    code: int | None
    lines: tuple[str, ...]


class LastLines:
    """Keeps the last lines of what is said; a carriage return ends one too, as progress is told so."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._rest = ""

    def feed(self, data: bytes) -> list[str]:
        """Take more; return the lines that are whole now."""
        *whole, rest = (self._rest + data.decode("utf-8", "replace")).replace("\r", "\n").split("\n")
        self._rest = rest[-LINE_CHARACTERS:]
        found = [line[:LINE_CHARACTERS].rstrip() for line in whole if line.strip()]
        self._lines = [*self._lines, *found][-LAST_LINES:]
        return found

    def finish(self) -> tuple[str, ...]:
        """Return the last ones."""
        self.feed(b"\n")
        return tuple(self._lines)


class Commands:
    """Runs commands in the workspace.

    Args:
        setup: Where things are.
        programs: Starts them.
    """

    def __init__(self, setup: Setup, programs: Programs) -> None:
        self._setup = setup
        self._programs = programs

    async def run(
        self, words: Sequence[str], seconds: float, on_output: Callable[[bytes, list[str]], None] | None = None
    ) -> Ended:
        """Run a program to its end, or until its time is over.

        Args:
            words: The program and its arguments.
            seconds: How long it may take.
            on_output: Given each piece of what it says, and the lines that are whole with it.
        """
        return await self.shell('exec "$@"', seconds, on_output, words)

    async def shell(
        self,
        script: str,
        seconds: float,
        on_output: Callable[[bytes, list[str]], None] | None = None,
        words: Sequence[str] = (),
    ) -> Ended:
        """Run a script in the workspace's folder, without standard input.

        Whatever it left running goes on; where its time is over, all of its group ends.
        """
        lines = LastLines()
        try:
            started = [*_SHELL, f"{TOOL_PREFIX}\n{script}", "sh", *words]
            running = await self._programs.read_both(started, self._build(), self._setup.workspace)
        except OSError as error:
            return Ended(None, (f"It cannot be started: {error.strerror}.",))
        code: int | None = None
        try:
            async with asyncio.timeout(seconds):
                await _read(running, lines, on_output)
                code = await running.wait()
        except TimeoutError:
            code = None
        finally:
            if not running.ended.done():
                _end_group(running)
            await running.end()
        return Ended(code, lines.finish())

    def _build(self) -> dict[str, str]:
        setup = self._setup
        return build_environment(os.environ, setup.config, setup.folders, (sys.prefix, sys.base_prefix))


async def _read(
    running: Running, lines: LastLines, on_output: Callable[[bytes, list[str]], None] | None
) -> None:  # fmt: skip
    """Read until the command has ended, whoever of its group keeps its output open."""
    if running.reader is None:
        return
    while not running.ended.done():
        reading = asyncio.ensure_future(running.reader.read(_CHUNK))
        both: set[asyncio.Future[Any]] = {reading, running.ended}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            await asyncio.wait({reading}, timeout=0.1)  # what it said last
        if not reading.done():
            reading.cancel()
            return
        data = reading.result()
        if not data:
            return
        whole = lines.feed(data)
        if on_output is not None:
            on_output(data, whole)


def _end_group(running: Running) -> None:
    try:
        os.killpg(running.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
