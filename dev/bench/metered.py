"""The gateway, with a loop that notes its long rounds: `python -m dev.bench.metered`, as `python -m agent_gateway`.

A round is one pass over all that is ready, so it is at least as long as any piece of work in it. CPU time of the loop's
thread is counted: on a busy machine the clock would count what others do.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import time
from pathlib import Path
from typing import Final

from typing_extensions import override

from agent_gateway.__main__ import main

FILE: Final = "LOOP_METER_FILE"
"""Environment variable: where the rounds are written at the end, as `monotonic seconds` and `CPU seconds` a line."""
LEAST: Final = 0.01
"""Seconds: shorter rounds are not noted."""


class MeteredLoop(asyncio.SelectorEventLoop):
    """An event loop that notes its long rounds."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds: list[tuple[float, float]] = []

    def _run_once(self) -> None:
        begun = time.thread_time()
        super()._run_once()  # type: ignore[misc]  # the loop's own hook, which typeshed does not show
        took = time.thread_time() - begun
        if took >= LEAST:
            self.rounds.append((time.monotonic(), took))


class _Policy(asyncio.DefaultEventLoopPolicy):
    @override
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = MeteredLoop()
        atexit.register(_write, loop)
        return loop


def _write(loop: MeteredLoop) -> None:
    lines = (f"{when:.6f} {took:.6f}\n" for when, took in loop.rounds)
    Path(os.environ[FILE]).write_text("".join(lines))


if __name__ == "__main__":
    asyncio.set_event_loop_policy(_Policy())
    sys.exit(main())
