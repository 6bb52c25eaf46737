"""Operator and gateway as processes of this machine: when they are ready, and what they take."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.progress import UserError

READY_SECONDS = 180.0
_LOOK_SECONDS = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident MiB."""

    now: float
    peak: float


def read_cpu(pid: int) -> float:
    """Return the seconds of CPU that a process and those that it started have used."""
    total = 0
    for one in _family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def read_memory(pid: int) -> Memory:
    """Return what a process has in memory, and has had at the most; both with what its children have for themselves."""
    first, *children = _family(pid)
    aside = sum(_read(child, "smaps_rollup", key) for child in children for key in ("Private_Clean", "Private_Dirty"))
    return Memory(*(round((_read(first, "status", key) + aside) / 1024, 1) for key in ("VmRSS", "VmHWM")))


def _family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    found = [pid]
    for one in found:  # grows meanwhile
        for thread in Path(f"/proc/{one}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def _read(pid: int, file: str, key: str) -> int:
    """Return a figure in KiB."""
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


@dataclass
class Part:
    """A program of ours that is started, asked and ended.

    Attributes:
        name: As people know it.
        command: Its words.
        environment: Its settings.
        health: Port of its probes.
        log: File that it writes to.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    health: int
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def pid(self) -> int:
        """Return its process id.

        Raises:
            UserError: it does not run.
        """
        if self._process is None or self._process.poll() is not None:
            raise UserError(f"The {self.name} does not run:\n{self._tail()}")
        return self._process.pid

    def start(self) -> float:
        """Start it and wait until it is ready; return the seconds.

        Raises:
            UserError: it ended, or is not ready in time.
        """
        begun = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.command], env=dict(self.environment), stdout=log, stderr=log, cwd=self.log.parent
            )
        while not self._is_ready():
            _ = self.pid
            if time.monotonic() - begun > READY_SECONDS:
                raise UserError(f"The {self.name} is not ready after {READY_SECONDS:.0f} s:\n{self._tail()}")
            time.sleep(_LOOK_SECONDS)
        return time.monotonic() - begun

    def stop(self) -> None:
        """End it, and wait for that."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _is_ready(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.health}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:]) if self.log.exists() else ""
