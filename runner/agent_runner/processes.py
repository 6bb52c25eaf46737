"""Processes of the pod: adopt orphans, reap them, and end what a tool left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Collection, Iterator
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_DUMPABLE = 4
_ROUNDS = 50


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant, as the pod's first process is by itself.

    Raises:
        OSError: the kernel refuses.
    """
    if os.getpid() == 1:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def close_memory() -> None:
    """Keep others of the same user out of this process: its memory, environment and open files (prctl(2), proc(5)).

    Programs that it starts are not concerned: an execution begins anew. Signals and limits still reach it.

    Raises:
        OSError: the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def reap() -> list[tuple[int, int]]:
    """Collect every child that has ended; return each pid with its exit code (negative: the signal)."""
    ended: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append((pid, os.waitstatus_to_exitcode(status)))


def read_descendants(root: int) -> list[int]:
    """Return the living processes below `root`, read from /proc."""
    parents = dict(_read_parents())
    below = {root}
    grown = True
    while grown:
        found = {pid for pid, parent in parents.items() if parent in below} - below
        grown = bool(found)
        below |= found
    return sorted(below - {root})


def _read_parents() -> Iterator[tuple[int, int]]:
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            stat = Path(entry.path, "stat").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        state, parent = stat.rpartition(")")[2].split()[:2]
        if state not in ("Z", "X"):
            yield int(entry.name), int(parent)


def kill_descendants(*, keep: Collection[int] = ()) -> int:
    """Kill every process below this one except `keep`; return how many there were.

    Looks again until nothing is left, as a process may fork while it is looked for. What is kept keeps its children
    from nobody: they are killed.
    """
    own = os.getpid()
    killed: set[int] = set()
    for _ in range(_ROUNDS):
        rest = [pid for pid in read_descendants(own) if pid not in keep]
        if not rest:
            break
        for pid in rest:
            _kill(pid)
        killed.update(rest)
        time.sleep(0.002)  # the kernel ends them in its own time
    return len(killed)


def kill_all() -> int:
    """Kill every process of the pod but this one; outside a pod, every process below this one."""
    if os.getpid() == 1:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return 0
    return kill_descendants()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended by itself


def seconds_since_start() -> float:
    """Return how long ago this process was started, Python's own start included."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
