"""What traces cost a gateway, off and on: `python -m dev.bench.traces`.

Steps alone: those of a cold message, told a thousand times in this process, with nobody who listens and with spans made of
them; processor time. A gateway as a process, beside a real Postgres and played runners, in turn without and with a collector:
its processor time for each message, how long that takes to its answer, and its memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent_kube.tracing.export import open_exporter
from agent_kube.tracing.settings import load_tracing
from agent_kube.tracing.steps import note_step
from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from tests.support.crash_world import World, running_world
from tests.support.crash_zygote import Zygote
from tests.support.eventually import eventually
from tests.support.migrated import running_migrated
from tests.support.otlp import Collector, collecting
from tests.unit.gateway.tracing.told import Told

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_ANSWER: Final = "This is the answer to"


@dataclass(slots=True)
class Cost:
    """What messages cost.

    Attributes:
        cpu: Milliseconds of a core, each.
        waits: Milliseconds until the answer stood, each.
        memory: MiB of the gateway, at the end of each round.
        spans: That arrived.
    """

    cpu: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    spans: int = 0


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="dev.bench.traces", description="Measure what traces cost.")
    parser.add_argument("--messages", type=int, default=50, help="of each round")
    parser.add_argument("--rounds", type=int, default=3, help="without and with a collector, in turn")
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    _tell_steps()
    with running_migrated() as dsn:
        off, on = asyncio.run(_measure(dsn, asked.rounds, asked.messages))
    for name, cost in (("off", off), ("on", on)):
        cpu, waits, memory = (summarise(some) for some in (cost.cpu, cost.waits, cost.memory))
        print(
            f"traces {name}: {cpu.p50:.2f} ms of a core a message (worst round {cpu.worst:.2f}), answer p50 {waits.p50:.0f} "
            f"p90 {waits.p90:.0f} ms, {memory.p50:.0f} MiB, {cost.spans} spans"
        )
    print(f"load average {before:.1f}, then {os.getloadavg()[0]:.1f}")
    return 0


def _tell_steps(count: int = 1000) -> None:
    """Print what the steps of a cold message cost while nobody listens, while spans are made, and while they are sent too."""
    told = Told()

    def tell() -> float:
        begun = time.thread_time()
        for _ in range(count):
            told.cold()
        return (time.thread_time() - begun) * 1e6 / count

    tell()
    made = tell()
    begun = time.thread_time()
    for _ in range(count):
        for step in range(20):
            note_step("turn_open", turn=step, agent_thread="tg-42", run=3)
    unheard = (time.thread_time() - begun) * 1e6 / count
    exporter = open_exporter(load_tracing(endpoint="http://127.0.0.1:9"), lambda *_: None)
    assert exporter is not None  # noqa: S101  # there is an endpoint
    spans = told.spans[:20]
    begun = time.thread_time()
    for _ in range(count):
        for span in spans:
            exporter.put(span)
    put = (time.thread_time() - begun) * 1e6 / count
    exporter.close()
    print(
        f"20 steps of a cold message: {unheard:.0f} µs of a core unheard, {made:.0f} made into spans, {put:.0f} to hand these on"
    )


async def _measure(postgres: str, rounds: int, messages: int) -> tuple[Cost, Cost]:
    off, on = Cost(), Cost()
    zygote = Zygote()
    await zygote.start()
    try:
        for _ in range(rounds):
            async with running_world(zygote, postgres) as world:
                await _talk(world, off, messages)
            async with (
                collecting() as collector,
                running_world(zygote, postgres, TRACING_ENDPOINT=collector.url) as world,
            ):
                await _talk(world, on, messages)
                on.spans += await _count_spans(collector)
    finally:
        await zygote.close()
    return off, on


async def _count_spans(collector: Collector) -> int:
    await eventually(lambda: collector.spans, timeout=30)
    return len(collector.spans)


async def _talk(world: World, cost: Cost, messages: int) -> None:
    """Ask one question after the other; the first, which begins the run, is not counted."""
    await _ask(world, 0)
    pid = _find_pid(world)
    begun = _read_cpu(pid)
    for number in range(1, messages + 1):
        cost.waits.append(await _ask(world, number))
    cost.cpu.append((_read_cpu(pid) - begun) * 1000 / messages)
    cost.memory.append(_read_memory(pid))


async def _ask(world: World, number: int) -> float:
    begun = time.monotonic()
    await world.say(f"q{number % 10} [tool]")
    await eventually(lambda: _count_answers(world) > number, timeout=120, interval=0.005)
    return (time.monotonic() - begun) * 1000


def _count_answers(world: World) -> int:
    chat = world.cloud.chats.get(world.chat)
    messages: Sequence[dict[str, object]] = list(chat.messages.values()) if chat is not None else []
    return sum(1 for message in messages if _ANSWER in str(message.get("text") or ""))


def _find_pid(world: World) -> int:
    pid = world.pid
    if pid is None:
        raise RuntimeError("The gateway has ended.")
    return pid


def _read_cpu(pid: int) -> float:
    """Return the seconds of a core that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _read_memory(pid: int) -> float:
    """Return the MiB of a process that are its own: it is a fork, and shares the rest."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
