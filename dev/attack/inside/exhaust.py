"""What the pod may use up of its node. Each is bounded here too: it stops well before the machine would suffer."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from dev.attack.inside.base import Outcome, Pod, attack, decide, untried

MOST_PROCESSES = 1100
"""One more than the limit that a node is to set."""
MOST_MEMORY = 900 << 20
MOST_DISK = 1 << 30
MOST_FILES = 60_000
_CPU_SECONDS = 12.0


@attack("node-pids", f"{MOST_PROCESSES} processes that sleep", seconds=60, alone=True)
def pids(_pod: Pod) -> Outcome:
    """Start processes until it is refused, and end them all."""
    children: list[int] = []
    refused = ""
    try:
        while len(children) < MOST_PROCESSES:
            # small ones: copies of this process would reach the limit of memory first
            children += [os.posix_spawn("/usr/bin/sleep", ["sleep", "120"], {})]
    except OSError as error:
        refused = f"{type(error).__name__}"
    finally:
        for child in children:
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(OSError):
                os.waitpid(child, 0)
    return decide(bool(refused), f"{len(children)} were started; {refused or 'none was refused'}")


@attack("node-memory", f"{MOST_MEMORY >> 20} MiB of memory", seconds=60, alone=True)
def memory(_pod: Pod) -> Outcome:
    """Take more than the limit in a process of its own."""
    child = os.fork()
    if child == 0:
        blocks = [b"m" * (1 << 20) for _ in range(MOST_MEMORY >> 20)]
        os._exit(0 if blocks else 1)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    return decide(killed, "the kernel ended what took it" if killed else "all of it was taken")


@attack("node-disk", f"{MOST_DISK >> 20} MiB in the workspace, beyond its size", seconds=80, alone=True)
def disk(pod: Pod) -> Outcome:
    """Write more than the workspace may hold, and wait for the kubelet's look."""
    most = int(pod.facts.limits.get("workspace", 0))
    if not most:
        return untried("the limit is not known")
    written = 0
    for number in range(MOST_DISK >> 24):
        try:
            Path(f"/workspace/fill-{number}").write_bytes(os.urandom(1 << 20) * 16)
        except OSError as error:
            return decide(is_held=True, words=f"{written >> 20} MiB, then {error.strerror}")
        written += 16 << 20
    time.sleep(60)  # the whole program waits: there is nothing else to be done
    return decide(is_held=False, words=f"{written >> 20} MiB stand in a workspace of {most >> 20} MiB a minute later")


@attack("node-inodes", f"{MOST_FILES} empty files", seconds=80, alone=True)
def inodes(_pod: Pod) -> Outcome:
    """Use up what a size does not count."""
    made = 0
    try:
        for folder in range(MOST_FILES // 1000):
            Path(f"/tmp/inodes-{folder}").mkdir()
            for number in range(1000):
                os.close(os.open(f"/tmp/inodes-{folder}/{number}", os.O_CREAT | os.O_WRONLY, 0o600))
                made += 1
    except OSError as error:
        return decide(is_held=True, words=f"{made} files, then {error.strerror}")
    return decide(is_held=False, words=f"{made} files were made")


@attack("node-cpu", f"six processes that compute for {_CPU_SECONDS:.0f} s", seconds=40)
def cpu(_pod: Pod) -> Outcome:
    """Use all the processor; how long the gateway stood still is looked at from outside."""
    children = []
    until = time.monotonic() + _CPU_SECONDS
    for _ in range(6):
        child = os.fork()
        if child == 0:
            while time.monotonic() < until:
                pass
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    return decide(is_held=True, words="done")
