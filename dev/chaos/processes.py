"""Find the processes of a container on this machine, and signal them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


class NotHereError(Exception):
    """The container has no process on this machine, or has it no more."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a container.

    Attributes:
        pid: Its id on this machine.
        inner: Its id in the container's own namespace: 1 is the container's main process.
        parent: Its parent's id on this machine.
        name: As the kernel has it.
    """

    pid: int
    inner: int
    parent: int
    name: str


def find_processes(container: str, proc: Path = _PROC) -> tuple[Process, ...]:
    """Return the processes of a container by its id, the main one first.

    Raises:
        NotHereError: there is none.
    """
    found = sorted(_find(container, proc), key=lambda p: p.inner)
    if not found or found[0].inner != 1:
        raise NotHereError("the container has no process on this machine")
    return tuple(found)


def _find(container: str, proc: Path) -> Iterator[Process]:
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            # a process may end while it is read
            with contextlib.suppress(OSError, KeyError):
                if container in (folder / "cgroup").read_text():
                    yield _read(folder)


def _read(folder: Path) -> Process:
    lines = (folder / "status").read_text().splitlines()
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return Process(int(folder.name), int(fields["NSpid"].split()[-1]), int(fields["PPid"]), fields["Name"].strip())


def kill(process: Process) -> None:
    """Send SIGKILL.

    Raises:
        NotHereError: it has ended by itself.
    """
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError as error:
        raise NotHereError("the process has ended by itself") from error


def freeze(processes: Sequence[Process], seconds: float) -> None:
    """Stop processes for a time; those that end meanwhile, or are killed, are passed over."""
    try:
        _signal(processes, signal.SIGSTOP)
        time.sleep(seconds)
    finally:
        _signal(processes, signal.SIGCONT)


def _signal(processes: Sequence[Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
