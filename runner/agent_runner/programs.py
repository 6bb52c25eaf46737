"""Programs beside pi: their pipes, and their ends, which the first process of a pod collects itself."""

from __future__ import annotations

import asyncio
import os
import signal
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

    async def read_from(self, words: list[str], given: bytes = b"") -> Running:
        """Start a program whose output is wanted; it finds `given` on its standard input.

        Raises:
            OSError: it cannot be started.
        """
        ours, its = os.pipe()
        source = os.memfd_create("given")
        try:
            os.write(source, given)
            os.lseek(source, 0, os.SEEK_SET)
            running = self._start(words, {0: source, 1: its, 2: None})
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(its)
            os.close(source)
        loop = asyncio.get_running_loop()
        running.reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(running.reader)
        running.source, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(ours, "rb", 0))
        return running

    async def write_to(self, words: list[str]) -> Running:
        """Start a program that is to be given something.

        Raises:
            OSError: it cannot be started.
        """
        its, ours = os.pipe()
        try:
            running = self._start(words, {0: its, 1: None, 2: None})
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(its)
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(ours, "wb", 0))
        running.writer = asyncio.StreamWriter(transport, protocol, None, loop)
        return running

    def collect(self, pid: int, code: int) -> bool:
        """Take note of an end; False where it is none of ours."""
        end = self._ends.pop(pid, None)
        if end is not None and not end.done():
            end.set_result(code)
        return end is not None

    def _start(self, words: list[str], pipes: dict[int, int | None]) -> Running:
        nothing = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, nothing if fd is None else fd, target) for target, fd in pipes.items()]
        try:
            # a group of its own, as pi's tools have: a signal to ours does not reach it
            pid = os.posix_spawnp(words[0], words, os.environ, file_actions=actions, setpgroup=0, setsigdef=RESET)
        finally:
            os.close(nothing)
        end = self._ends[pid] = asyncio.get_running_loop().create_future()
        return Running(pid, end)
