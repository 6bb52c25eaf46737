"""The process that renders: it is given work over a socket, and takes no more than it may. It ends with its gateway.

Run as `python -m agent_gateway.telegram.outbound.renderchild <descriptor> <seconds> <bytes> <module> …`; the modules, of
which the work is made, are read before the first one comes.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import resource
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Final

from agent_gateway.logs import configure_logs

log = logging.getLogger(__name__)
_NICE: Final = 5
"""Whoever takes messages and frames goes before it, at its start too."""


class TookTooLong(Exception):
    """A work used up its seconds of a processor."""


def main(descriptor: int, seconds: float, memory: int, modules: Sequence[str]) -> None:
    """Do what is asked for, until nobody is there to ask."""
    os.nice(_NICE)
    configure_logs("INFO")
    for module in modules:
        importlib.import_module(module)
    _set_limits(memory)
    with Connection(descriptor) as wire:
        try:
            _serve(wire, seconds)
        except (EOFError, OSError):
            return  # the gateway has ended
        except TookTooLong:
            log.warning("rendering_ended_late")  # between a work and its answer: another process takes the place


def _serve(wire: Connection, seconds: float) -> None:
    wire.send(None)
    while True:
        work, args, named = wire.recv()
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
            answer = True, work(*args, **named)
        except Exception as error:  # noqa: BLE001  # whatever it is, the text goes out plain
            answer = False, type(error).__name__
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        wire.send(answer)


def _set_limits(memory: int) -> None:
    signal.signal(signal.SIGVTALRM, _stop)
    gc.collect()
    gc.freeze()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # as each handler
    raise TookTooLong


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
