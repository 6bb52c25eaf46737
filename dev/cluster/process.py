"""Background processes, noted by id and start time, so that an id used again by another program is never ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
"""What this very program started: most are ended by another one, later."""


@dataclass(frozen=True, slots=True)
class Background:
    """One named background process of a state folder."""

    folder: Path
    name: str

    @property
    def log(self) -> Path:
        """Return the file that it prints to."""
        return self.folder / "log" / f"{self.name}.log"

    @property
    def _note(self) -> Path:
        return self.folder / "pid" / self.name

    def start(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        """Start it, unless it runs."""
        if self.pid() is not None:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._note.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(c) for c in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, **(env or {})}, cwd="/",
            )  # fmt: skip
        self._note.write_text(f"{process.pid} {_start_time(process.pid)}")
        _CHILDREN[process.pid] = process

    def pid(self) -> int | None:
        """Return its id while it runs."""
        with contextlib.suppress(OSError, ValueError):
            pid, started = self._note.read_text().split()
            if _start_time(int(pid)) == started:
                return int(pid)
        return None

    def stop(self, seconds: float = 20) -> None:
        """End it and wait; what does not end in time is killed."""
        pid = self.pid()
        if pid is None:
            self._reap()
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.pid() is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            if self.pid() is not None:
                os.kill(pid, signal.SIGKILL)
        self._reap()
        self._note.unlink(missing_ok=True)

    def _reap(self) -> None:
        """Take leave of the process where it is a child of this very program."""
        with contextlib.suppress(OSError, ValueError):
            child = _CHILDREN.pop(int(self._note.read_text().split()[0]), None)
            if child is not None:
                child.wait()

    def tail(self) -> str:
        """Return the last lines of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        except OSError:
            return ""


def _start_time(pid: int) -> str:
    """Return the process's start time in clock ticks since boot, or an empty text when it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rsplit(")", 1)[1].split()
    return "" if fields[0] == "Z" else fields[19]
