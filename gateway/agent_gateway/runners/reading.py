"""Frames as they arrive: decoded within what a connection may cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import WSMsgType, web

from agent_contract import wire
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Bucket, Rate
from agent_gateway.runners.lines import check_lines

FRAMES: Final = Rate(200, 2000)
BYTES: Final = Rate(2 << 20, 16 << 20)
CPU: Final = Rate(0.2, 1.0)
"""Seconds of a core for reading frames."""
ASIDE_BYTES: Final = 256 << 10
"""A larger frame is read in a thread."""
MOST_READY: Final = 3
"""Times that a connection says it is ready; each is a transaction and a look at the thread."""
_STEPS: Final = ("pi_spawned", "connected", "welcomed", "pi_ready", "ready")
LONGEST_PAUSE: Final = 4.0
"""Seconds; a ping must be answered in between."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A frame of a type that this release does not know."""

    seq: int | None
    """Its number, where it has one."""


Read = wire.RunnerFrame | Passed


class FrameBudget:
    """What the frames of one connection may cost.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._frames = Bucket(FRAMES, clock)
        self._bytes = Bucket(BYTES, clock)
        self._cpu = Bucket(CPU, clock)

    def spend(self, size: int, seconds: float) -> float:
        """Count a frame; return how long the next one is not to be read.

        Args:
            size: Its bytes.
            seconds: Of a core, that reading it took.
        """
        pause = max(self._frames.owe(1), self._bytes.owe(size), self._cpu.owe(seconds))
        return min(pause, LONGEST_PAUSE)


class FrameReader:
    """Reads the frames of one connection, no faster than its budget: what is not read yet holds its sender back.

    Args:
        socket: Whose frames; it answers no ping by itself.
        budget: What they may cost.
    """

    def __init__(self, socket: web.WebSocketResponse, budget: FrameBudget) -> None:
        self._socket = socket
        self._budget = budget
        self._readies = 0
        self.broke: str | None = None
        """What ended the connection, by its kind, where it was a fault of the connection."""

    async def read(self) -> AsyncIterator[Read]:
        """Yield the frames until the connection ends.

        Raises:
            FrameError: one is none.
        """
        async for message in self._socket:
            seconds = 0.0
            if message.type is WSMsgType.TEXT:
                frame, seconds = await _decode(message.data)
                self._readies += isinstance(frame, wire.Ready)
                if self._readies > MOST_READY:
                    raise wire.FrameError("ready: told too often")
                yield frame
            elif message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is WSMsgType.BINARY:
                raise wire.FrameError("not text")
            elif message.type is WSMsgType.ERROR:
                self.broke = type(self._socket.exception()).__name__
            size = len(message.data) if isinstance(message.data, str | bytes) else 0
            pause = self._budget.spend(size, seconds)
            if pause:
                LIMITS.labels("frames").inc()
                await asyncio.sleep(pause)


async def _decode(data: str) -> tuple[Read, float]:
    return await asyncio.to_thread(read_frame, data) if len(data) > ASIDE_BYTES else read_frame(data)


def read_frame(data: str) -> tuple[Read, float]:
    """Return a frame, its session lines checked, and the seconds of a core that this took.

    Raises:
        FrameError: it is none.
    """
    begun = time.thread_time()
    frame = wire.decode_runner(data)
    if isinstance(frame, wire.Entries):
        check_lines(frame.lines)
    read: Read = frame if frame is not None else Passed(wire.read_seq(data))
    return read, time.thread_time() - begun


def pick_timings(ready: wire.Ready) -> dict[str, float]:
    """Return what is logged of a runner's start: the times of the steps that we know by name."""
    return {step: ready.timings[step] for step in _STEPS if step in ready.timings}
