"""Programs beside pi: their pipes, and their ends, which the first process of a pod collects itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_runner.launch import RESET

_END_SECONDS = 5.0


@dataclass(slots=True)
class Running:
    """A program, and the ends of its pipes; each is closed by whoever asked for it."""

    pid: int
    ended: asyncio.Future[int]
    """Its exit code; negative for a signal."""
    reader: asyncio.StreamReader | None = None
    """What it writes."""
    writer: asyncio.StreamWriter | None = None
    """What it reads."""
    source: asyncio.BaseTransport | None = None
    """The pipe behind `reader`."""

    async def wait(self) -> int:
        """Return its exit code once it ended. Who is cancelled meanwhile may still end it: `ended` stands for it alone."""
        return await asyncio.shield(self.ended)

    async def end(self) -> None:
        """End it, close our ends of its pipes, and see them closed."""
        self.kill()
        if self.source is not None:
            self.source.close()
        if self.writer is not None:
            self.writer.close()
        await asyncio.wait({self.ended}, timeout=_END_SECONDS)
        await asyncio.sleep(0)  # a transport closes in the loop's next round

    def kill(self) -> None:
        """End it, if it runs."""
        if not self.ended.done():
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return  # it is only not collected yet


class Programs:
    """All programs that run beside pi. asyncio's own subprocesses would collect each other's ends."""

    def __init__(self) -> None:
        self._ends: dict[int, asyncio.Future[int]] = {}

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the processes that run."""
        return tuple(self._ends)

    async def read_from(self, words: list[str], given: bytes = b"") -> Running:
        """Start a program whose output is wanted; it finds `given` on its standard input.

        Raises:
            OSError: it cannot be started.
        """
        source = _hold(given)
        ours, its = os.pipe()
        running = self._start(words, {0: source, 1: its, 2: None}, ours)
        await _attach_reader(running, ours)
        return running

    async def read_both(self, words: list[str], environment: Mapping[str, str], folder: str) -> Running:
        """Start a program in a folder with an environment of its own; what it writes to either output is wanted.

        Raises:
            OSError: it cannot be started.
        """
        with contextlib.chdir(folder):  # posix_spawn has no folder of its own to give
            ours, its = os.pipe()
            running = self._start(words, {0: None, 1: its, 2: its}, ours, environment=environment)
        await _attach_reader(running, ours)
        return running

    async def run_between(self, words: list[str]) -> Running:
        """Start a program that is to be given something, and whose output is wanted.

        Raises:
            OSError: it cannot be started.
        """
        its_in, ours_in = os.pipe()
        ours_out, its_out = os.pipe()
        running = self._start(words, {0: its_in, 1: its_out, 2: None}, ours_in, ours_out)
        await _attach_writer(running, ours_in)
        await _attach_reader(running, ours_out)
        return running

    async def write_to(self, words: list[str]) -> Running:
        """Start a program that is to be given something.

        Raises:
            OSError: it cannot be started.
        """
        its, ours = os.pipe()
        running = self._start(words, {0: its, 1: None, 2: None}, ours)
        await _attach_writer(running, ours)
        return running

    def collect(self, pid: int, code: int) -> bool:
        """Take note of an end; False where it is none of ours."""
        end = self._ends.pop(pid, None)
        if end is not None and not end.done():
            end.set_result(code)
        return end is not None

    def _start(
        self,
        words: list[str],
        pipes: dict[int, int | None],
        *ours: int,
        environment: Mapping[str, str] = os.environ,
    ) -> Running:
        """Start a program; the ends of pipes that are its own are closed here, and `ours` too where it cannot be started."""
        nothing = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, nothing if fd is None else fd, target) for target, fd in pipes.items()]
        try:
            # a group of its own, as pi's tools have: a signal to ours does not reach it
            pid = os.posix_spawnp(words[0], words, environment, file_actions=actions, setpgroup=0, setsigdef=RESET)
        except OSError:
            _close(ours)
            raise
        finally:
            _close({nothing, *(fd for fd in pipes.values() if fd is not None)})
        end = self._ends[pid] = asyncio.get_running_loop().create_future()
        return Running(pid, end)


def _hold(given: bytes) -> int:
    """Return a file in memory that a program reads."""
    source = os.memfd_create("given")
    try:
        os.write(source, given)
        os.lseek(source, 0, os.SEEK_SET)
    except OSError:
        os.close(source)
        raise
    return source


def _close(ends: Iterable[int]) -> None:
    for end in ends:
        os.close(end)


async def _attach_reader(running: Running, pipe: int) -> None:
    running.reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(running.reader)
    loop = asyncio.get_running_loop()
    running.source, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb", 0))


async def _attach_writer(running: Running, pipe: int) -> None:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(pipe, "wb", 0))
    running.writer = asyncio.StreamWriter(transport, protocol, None, loop)
