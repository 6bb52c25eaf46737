"""The phases of `make bench-latency`, and what is done behind each of them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final

from kubernetes_asyncio import client, config

from dev.bench.agentsandbox import build_controller
from dev.bench.baselines import BARE, DIRECT
from dev.bench.claimscene import measure_claims
from dev.bench.latencytable import Measured, name_scene
from dev.bench.leftovers import find_held, others_of
from dev.bench.memory import read_memory
from dev.bench.paths import collect, read_steps
from dev.bench.phases import Phase
from dev.bench.scenes import (
    FEW,
    Bench,
    drain_pool,
    fill_pool,
    measure_burst,
    measure_cold,
    measure_direct,
    measure_live,
    measure_pool,
    measure_returning,
    measure_waiting,
    set_pool,
)
from dev.progress import UserError
from dev.release import CommandFailedError, Namespace, Release

BESIDE: Final = ("agent-sandbox: compiling it", "agent-sandbox")
"""Phases of what stands beside ours: it may well not be to be had."""
_FILL_SECONDS: Final = 3.0
"""A pod of a pool takes so long until it waits, where several begin."""
_GONE_SECONDS: Final = 60.0
_POLL: Final = 0.2


def count_chats(asked: argparse.Namespace) -> int:
    """Return how many chats a run speaks in at most."""
    return int(2 * (asked.n + asked.burst) + len(asked.mib) + 2)


def build_phases(bench: Bench, asked: argparse.Namespace, left: Iterator[int]) -> list[Phase]:
    """Return what is measured, in its order: what takes longest or depends on others comes last.

    Args:
        bench: What all share.
        asked: As the command line says it.
        left: Chats in which nobody spoke.
    """
    phases: list[Phase] = []

    def add(name: str, expected: float, work: Callable[[], object], needs: str = "") -> None:
        phases.append(Phase(name, expected, work, needs))

    def take(count: int) -> list[int]:
        return [next(left) for _ in range(count)]

    n, burst = asked.n, asked.burst
    if "cold" in asked.only:
        chats = take(n)
        add(name_scene("cold", n), 10 * n + 10, lambda: measure(bench, lambda api: measure_cold(bench, api, chats)))
    if "live" in asked.only:
        chat = next(left)
        add("live", 2 * n + 20, lambda: measure(bench, lambda _: _measure_live(bench, chat)))
        add("pi alone", n + 20, lambda: measure(bench, lambda api: measure_direct(bench, api)))
    for mib in sorted(asked.mib) if "returning" in asked.only else ():
        add(name_scene(f"returning, {mib} MB", n), *_returning(bench, next(left), mib))
    if "burst" in asked.only:
        many = take(burst)
        add(name_scene("cold, at once", burst), 4 * burst + 20,
            lambda: measure(bench, lambda _: measure_burst(bench, many, "cold, at once")))  # fmt: skip
    if asked.pool:
        size = max(FEW, burst)
        ones, at_once = take(n), take(burst)
        fill = _FILL_SECONDS * size
        add("memory of pods that wait", 20, lambda: measure(bench, lambda _: measure_waiting(bench)))
        add(
            name_scene("warm pool", n), fill + 10 * n, lambda: measure(bench, lambda _: measure_pool(bench, ones, size))
        )
        add(
            name_scene(f"warm pool, returning, {max(asked.mib)} MB", n),
            *_returning(bench, next(left), max(asked.mib), size),
        )
        add(name_scene("warm pool, at once", burst), fill + 4 * burst + 20,
            lambda: measure(bench, lambda _: _measure_pool_burst(bench, at_once, size)))  # fmt: skip
        compiling, claims = BESIDE
        add(compiling, 240, build_controller)
        add(claims, fill + 5 * n + 30, lambda: measure(bench, lambda api: measure_claims(bench, api, burst)), compiling)
    return phases


def _returning(bench: Bench, chat: int, mib: int, pool: int = 0) -> tuple[float, Callable[[], object]]:
    expected = 30 + mib / 10 + (7 + mib / 20) * bench.count + _FILL_SECONDS * pool
    return expected, lambda: measure(bench, lambda _: measure_returning(bench, chat, mib, pool=pool))


def measure(bench: Bench, scene: Callable[[client.ApiClient], Awaitable[object]]) -> None:
    """Play a scene in a loop of its own, and read of whoever logged them the steps of what it measured."""
    begun, before = time.time(), {name: len(marks) for name, marks in bench.marks.items()}

    async def play() -> None:
        await config.load_kube_config(str(bench.release.cluster.kubeconfig))
        async with client.ApiClient() as api:
            await scene(api)

    whole = False
    try:
        asyncio.run(play())
        whole = True
    finally:
        # where it failed, why it did is what is told
        with contextlib.suppress(*(() if whole else (Exception,))):
            _read_steps(bench, begun, before)


def _read_steps(bench: Bench, begun: float, before: Mapping[str, int]) -> None:
    """Add to what was measured since some moment, by how much there was of each scene before, what was logged of it."""
    new = [name for name, marks in bench.marks.items() if len(marks) > before.get(name, 0)]
    steps = read_steps(bench.release, begun) if new else []
    for name in new:
        first = before.get(name, 0)
        collect(steps, bench.marks[name][first:], bench.threads[name][first:])


async def _measure_live(bench: Bench, chat: int) -> None:
    measure_live(bench, chat)
    bench.memory.update(read_memory(_list_pods(bench.release)))
    await bench.end([chat])


async def _measure_pool_burst(bench: Bench, chats: Sequence[int], size: int) -> None:
    await fill_pool(bench, size)
    await measure_burst(bench, chats, "warm pool, at once")
    await drain_pool(bench)


def _list_pods(release: Release) -> set[str]:
    found = [*release.get("pods")["items"], *release.agents.get("pods")["items"]]
    return {pod["metadata"]["uid"] for pod in found}


def mend(bench: Bench) -> str:
    """Take away what a phase that did not come to its end left at work; return what kept its pods from a node, if anything.

    Raises:
        UserError: pods stay.
    """
    release, others = bench.release, others_of(bench.release)
    held = find_held([release, release.agents, others])
    set_pool(release, 0)
    release.agents.kubectl("delete", "agentthreads", "--all", "--wait=false")
    for labels in (BARE, DIRECT):
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        release.kubectl("delete", "jobs,pods", "-l", selector, "--wait=false", "--grace-period=1")
    _forget(others)
    deadline = time.monotonic() + _GONE_SECONDS
    while release.agents.kubectl("get", "pods", "-o", "name").strip():
        if time.monotonic() > deadline:
            raise UserError(f"{held}{'; ' if held else ''}pods stay")
        time.sleep(_POLL)
    return held


def _forget(others: Namespace) -> None:
    """Let the pods of what is measured beside ours go, where there are any: their controller has ended."""
    try:
        others.kubectl("delete", "pods", "--all", "--wait=false", "--grace-period=1", timeout=30)
    except (CommandFailedError, subprocess.TimeoutExpired):
        return


def read(bench: Bench, sizes: Mapping[str, int], missing: Mapping[str, str]) -> Measured:
    """Return what was measured until now."""
    return Measured(
        bench.marks, bench.jobs, bench.direct, bench.memory, sizes, bench.others, bench.waiting, dict(missing)
    )
