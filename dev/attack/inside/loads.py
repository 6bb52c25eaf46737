"""Loads that last: one pod uses up one thing, as long as its neighbours are timed. Each stays within its pod's limits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, held, untried
from dev.attack.inside.http import ask
from dev.attack.inside.model import call
from dev.attack.inside.wires import NotTakenError, taken_lease

LOAD_SECONDS = 30.0
_MOST = LOAD_SECONDS + 25
_MEMORY = 420 << 20
_DISK = 160 << 20


def _fork_until(until: float, count: int, work: Callable[[], None]) -> None:
    """Have some processes work again and again until a time."""
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            while time.monotonic() < until:
                work()
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


@attack("load-cpu", "eight processes that compute", seconds=_MOST)
def cpu(_pod: Pod) -> Outcome:
    """Use all the processor."""
    _fork_until(time.monotonic() + LOAD_SECONDS, 8, lambda: None)
    return held("done")


@attack("load-memory", "memory that is taken, used and given back", seconds=_MOST)
def memory(_pod: Pod) -> Outcome:
    """Use the memory of the pod, again and again."""
    _fork_until(time.monotonic() + LOAD_SECONDS, 1, lambda: bytearray(os.urandom(1 << 20) * (_MEMORY >> 20)).reverse())
    return held("done")


@attack("load-disk", "files that are written to the disk and removed", seconds=_MOST)
def disk(_pod: Pod) -> Outcome:
    """Use the disk's speed."""
    path = Path("/tmp/load")

    def write() -> None:
        with path.open("wb") as file:
            for _ in range(_DISK >> 22):
                file.write(os.urandom(1 << 22))
            os.fsync(file.fileno())
        path.unlink()

    _fork_until(time.monotonic() + LOAD_SECONDS, 1, write)
    return held("done")


@attack("load-pids", "processes that start and end", seconds=_MOST)
def pids(_pod: Pod) -> Outcome:
    """Use what the kernel has of processes."""

    def storm() -> None:
        children = []
        with contextlib.suppress(OSError):
            for _ in range(300):
                child = os.fork()
                if child == 0:
                    signal.pause()
                children.append(child)
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    _fork_until(time.monotonic() + LOAD_SECONDS, 1, storm)
    return held("done")


@attack("load-frames", "events and session lines as fast as the gateway takes them", seconds=_MOST)
async def frames(pod: Pod) -> Outcome:
    """Use the gateway's one loop, by the wire."""
    until, number, taken = time.monotonic() + LOAD_SECONDS, 0, 0
    while time.monotonic() < until:
        try:
            async with taken_lease(pod) as lease:
                taken += 1
                await lease.send_event(pod, kind="turn_started")
                while time.monotonic() < until:
                    number += 1
                    await lease.send_event(pod, kind="text", message=1, offset=number * 10, text="word word ")
                    if number % 20 == 0:
                        await lease.find("ack", seconds=0.5)
        except (NotTakenError, aiohttp.ClientError, OSError):
            await asyncio.sleep(0.5)
    return held(f"{number} frames by {taken} connections") if taken else untried("no lease was had")


@attack("load-uploads", "workspaces that are stored again and again", seconds=_MOST)
async def uploads(pod: Pod) -> Outcome:
    """Use the database's disk."""
    until, statuses = time.monotonic() + LOAD_SECONDS, list[int]()
    data = os.urandom(8 << 20)

    async def client() -> None:
        while time.monotonic() < until:
            statuses.append((await ask(pod, "PUT", "/v1/workspace", data=data, seconds=20)).status)

    await asyncio.gather(*(client() for _ in range(4)))
    return held(f"{statuses.count(204)} of {len(statuses)} were taken")


@attack("load-model", "model calls, eight at a time", seconds=_MOST)
async def model(pod: Pod) -> Outcome:
    """Use the provider's limit and the proxy."""
    until, statuses = time.monotonic() + LOAD_SECONDS, list[int]()
    prompt = [{"role": "user", "content": "slow 100 5 " + "x" * 200_000}]

    async def client() -> None:
        while time.monotonic() < until:
            statuses.append((await call(pod, messages=prompt, stream=True, seconds=20)).status)

    await asyncio.gather(*(client() for _ in range(8)))
    return held(f"{statuses.count(200)} of {len(statuses)} were answered")


@attack("load-requests", "requests of every kind, good and bad, by 30 connections", seconds=_MOST)
async def requests(pod: Pod) -> Outcome:
    """Use the gateway's one loop, by HTTP."""
    until, count = time.monotonic() + LOAD_SECONDS, 0
    paths = ("/v1/session", "/v1/nothing", "/v1/files/1/0", "/v1/workspace")

    async def client() -> None:
        nonlocal count
        while time.monotonic() < until:
            await ask(pod, "GET", paths[count % len(paths)], token="x.y.z" if count % 3 == 0 else "")
            count += 1

    await asyncio.gather(*(client() for _ in range(30)))
    return held(f"{count} requests")
