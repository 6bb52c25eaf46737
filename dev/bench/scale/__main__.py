"""Measure operator and gateway beside thousands of AgentThreads at rest: `python -m dev.bench.scale [COUNT …]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from dev.bench.bounds import bench_guard
from dev.bench.scale.bench import Bench, running_bench
from dev.bench.scale.figures import Figures, Rest, Starts, build_lines
from dev.bench.scale.measure import (
    measure_bare,
    measure_burst,
    measure_children,
    measure_memory,
    measure_patches,
    measure_quiet,
    measure_rest,
    measure_restart,
)
from dev.paths import ROOT
from dev.progress import UserError, step

FILE: Final = ROOT / "build" / "bench-scale.json"
COUNTS: Final = (1_000, 10_000, 20_000)
CHILDREN: Final = 3
"""Sub-agents of each parent: as many as may work at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        quiet: Runs, one after the other.
        burst: Runs at once.
        restarts: Of the operator.
        after: Runs right after each of them.
        parents: Runs that have sub-agents.
        settle: Seconds after a start: what the first lists bring is taken up by then.
        idle: Seconds that it is left alone; 0: not measured.
    """

    quiet: int = 30
    burst: int = 100
    restarts: int = 3
    after: int = 5
    parents: int = 5
    settle: float = 15.0
    idle: float = 60.0

    @property
    def pods(self) -> int:
        """Return how many pods there may be at once, with room to spare."""
        return 10 * (self.burst + self.quiet + CHILDREN * self.parents)


SHORT: Final = Plan(quiet=3, burst=10, restarts=0, parents=1, settle=5, idle=0)
"""What a test has time for."""


def main() -> int:
    """Run the benchmark; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=list(COUNTS), help="AgentThreads at rest")
    parser.add_argument("--json", type=Path, default=FILE, help="file that takes the figures")
    parser.add_argument("--short", action="store_true", help="few runs, for a look")
    given = parser.parse_args()

    def keep(found: list[Figures]) -> None:
        print(describe(found[-1]), flush=True)
        given.json.parent.mkdir(exist_ok=True)
        given.json.write_text(json.dumps([asdict(one) for one in found], indent=1))

    return asyncio.run(_run(sorted(given.counts), SHORT if given.short else Plan(), keep))


async def _run(counts: list[int], plan: Plan, keep: Callable[[list[Figures]], None]) -> int:
    found: list[Figures] = []
    async with running_bench(plan.pods) as bench:
        for count in counts:
            with step(f"{count} AgentThreads at rest", 0.006 * count):
                await bench.fill(count)
            found.append(await measure(bench, plan))
            keep(found)
    return 0 if all(line.met for one in found for line in build_lines(one)) else 1


async def measure(bench: Bench, plan: Plan) -> Figures:
    """Start operator and gateway beside what is at rest, measure all there is, and end them.

    Raises:
        UserError: a part ended, or a pod could not be played.
    """
    gateway_ready = await asyncio.to_thread(bench.gateway.start)
    operator_ready = await asyncio.to_thread(bench.operator.start)
    try:
        rest: Rest | None = None
        with step("what the first lists brought", plan.settle):
            await asyncio.sleep(plan.settle)
        if plan.idle:
            with step("at rest", plan.idle):
                rest = await measure_rest(bench, plan.idle)
        memory = measure_memory(bench)
        with step(f"{plan.quiet} runs, one after the other", 4 * plan.quiet):
            quiet, per_run = await measure_quiet(bench, plan.quiet)
        with step(f"{plan.burst} patches at once, as many messages, as many bare Jobs", plan.burst):
            patches = await measure_patches(bench, plan.burst)
            burst = await measure_burst(bench, plan.burst)
            bare = await measure_bare(bench, plan.burst)
        with step(f"{plan.parents} parents with {CHILDREN} sub-agents each", 20):
            children, per_child = await measure_children(bench, plan.parents, CHILDREN)
        restart, restart_ready = await _restart(bench, plan)
        memory_after = measure_memory(bench)
    finally:
        bench.stop()
    if faults := bench.pods.faults():
        raise UserError("Pods could not be played:\n" + "\n".join(faults[:5]))
    return Figures(
        threads=len(bench.uids), gateway_ready=round(gateway_ready, 2), operator_ready=round(operator_ready, 2),
        memory=memory, rest=rest, quiet=quiet, per_run=per_run, restart=restart, restart_ready=restart_ready,
        burst=burst, patches=patches, bare=bare, children=children, per_child=per_child, memory_after=memory_after,
    )  # fmt: skip


async def _restart(bench: Bench, plan: Plan) -> tuple[Starts | None, float | None]:
    if not plan.restarts:
        return None, None
    with step(f"{plan.restarts} restarts of the operator", 20 * plan.restarts):
        restart, ready = await measure_restart(bench, plan.restarts, plan.after)
    return restart, round(ready, 2)


def describe(found: Figures) -> str:
    """Return the table of one measurement."""
    kinds = [
        f"  {part}: " + ", ".join(f"{count:g} {kind}" for kind, count in found.per_run[part].by_kind.items())
        for part in found.per_run
    ]
    return "\n".join([
        "", f"{found.threads} AgentThreads at rest", *(f"  {line.describe()}" for line in build_lines(found)),
        "requests of an undisturbed run:", *kinds,
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=240))
