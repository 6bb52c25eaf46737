"""How long people wait when the leading gateway goes: `python -m dev.bench.failover`.

Gateways are processes of this tree beside a real Postgres and the simulated Telegram, on this machine; people write all the
while. Killed: SIGKILL of the leader until its standby has stored the next message. Frozen: SIGSTOP instead, so that no
connection ends by itself. Leaving: SIGTERM under load, as in a rolling upgrade; the longest time in which no message was
stored. Each message must be answered; where a gateway only leaves, once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from tests.support.eventually import eventually
from tests.support.gateways import Gateway, Surroundings, surroundings
from tests.support.postgres import running_postgres

KILLED_GOAL, FROZEN_GOAL, GAP_GOAL = 5_000.0, 12_000.0, 1_000.0
"""Milliseconds."""
_PAUSE_SECONDS = 0.05
"""Twenty messages a second: fewer than Telegram lets a bot answer."""
_TAKEN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of each time, by what happened to the leader."""

    killed: list[float] = field(default_factory=list)
    frozen: list[float] = field(default_factory=list)
    leaving: list[float] = field(default_factory=list)
    doubled: Counter[str] = field(default_factory=Counter)
    """Messages that were answered twice, by signal: Telegram had the answer, and nobody could note it any more."""


def main() -> int:
    """Run the benchmark; returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="dev.bench.failover", description="Measure fail-over.")
    parser.add_argument("--kills", type=int, default=12, help="how often the leader is killed, and how often it leaves")
    parser.add_argument("--freezes", type=int, default=3, help="how often it is frozen")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    with running_postgres() as dsn, tempfile.TemporaryDirectory() as folder:
        # a process of its own, as in the product
        code = "import sys; from agent_gateway.store.migrate import migrate; migrate(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, dsn], check=True)
        measured = asyncio.run(_measure(Path(folder), dsn, options.kills, options.freezes))
    rows = [
        ("killed until the standby has the next message", measured.killed, KILLED_GOAL),
        ("frozen until the standby has the next message", measured.frozen, FROZEN_GOAL),
        ("leaving: longest gap between stored messages", measured.leaving, GAP_GOAL),
    ]
    for words, samples, goal in rows:
        if samples:
            found = summarise(samples)
            sys.stdout.write(
                f"{words}: n {found.n}, median {found.p50:.0f} ms, worst {found.worst:.0f} ms (goal {goal:.0f})\n"
            )
    sys.stdout.write(f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores\n")
    missed = any(samples and max(samples) > goal for _, samples, goal in rows)
    return int(missed or measured.doubled[signal.SIGTERM.name] > 0)


async def _measure(folder: Path, dsn: str, kills: int, freezes: int) -> Measured:
    measured = Measured()
    async with surroundings(folder, dsn) as around:
        leader = await around.start()
        await leader.until_logged("leading")
        plan = [
            *itertools.repeat((signal.SIGKILL, measured.killed), kills),
            *itertools.repeat((signal.SIGTERM, measured.leaving), kills),
            *itertools.repeat((signal.SIGSTOP, measured.frozen), freezes),
        ]
        for number, samples in plan:
            standby = await _start_standby(around)
            samples.append(await _strike(around, leader, standby, number))
            doubled = len(await around.until_all_answered()) - measured.doubled.total()
            measured.doubled[number.name] += doubled
            sys.stdout.write(f"  {number.name} {samples[-1]:.0f} ms, {doubled} answered twice\n")
            leader = standby
        sys.stdout.write(f"{around.said} messages, none without an answer; answered twice: {dict(measured.doubled)}\n")
    return measured


async def _start_standby(around: Surroundings) -> Gateway:
    standby = await around.start()
    await standby.until_ready()
    await eventually(lambda: any(line.get("step") == "standby" for line in standby.log()), timeout=_TAKEN_SECONDS)
    return standby


async def _strike(around: Surroundings, leader: Gateway, standby: Gateway, number: signal.Signals) -> float:
    """Send the leader a signal under load; return the milliseconds that it cost people."""
    async with _people(around):
        begun = len(leader.times("inbox_committed"))
        await eventually(lambda: len(leader.times("inbox_committed")) > begun + 5, timeout=_TAKEN_SECONDS)
        struck = time.time_ns() // 1_000_000
        leader.send(number)
        await eventually(lambda: len(standby.times("inbox_committed")) > 5, timeout=_TAKEN_SECONDS)
        if number is signal.SIGSTOP:
            leader.send(signal.SIGCONT)
        await leader.ended()
    taken = standby.times("inbox_committed")
    if number is signal.SIGTERM:
        return _longest_gap(sorted(t for t in [*leader.times("inbox_committed"), *taken] if t > struck - 1000))
    return taken[0] - struck


def _longest_gap(times: Sequence[int]) -> float:
    return max(after - before for before, after in itertools.pairwise(times))


@contextlib.asynccontextmanager
async def _people(around: Surroundings) -> AsyncIterator[None]:
    async def write() -> None:
        while True:
            around.say()
            await asyncio.sleep(_PAUSE_SECONDS)

    writing = asyncio.create_task(write())
    try:
        yield
    finally:
        writing.cancel()


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
