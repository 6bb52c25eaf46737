"""Show texts that are made to swell or to take long: `python -m dev.bench.bombs --count 5000`.

Each goes the way of an answer, by events, previews or drafts, and the final, through the real views and the real sender
to a chat in memory. Told are the worst cases: characters shown ÷ said, milliseconds of one work, the longest pause of the
event loop, and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from typing import Any

from dev.bench.bounds import bench_guard
from tests.support.bombing import Bombing, Cost
from tests.support.bombs import build_bomb

MOST: int = 200_000
"""Characters of a text."""
GOAL_MS: float = 50.0
"""Milliseconds that the event loop may be held."""


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    return asyncio.run(_run(options.seed, options.count))


async def _run(first: int, count: int) -> int:
    costs: dict[int, Cost] = {}
    begun = time.monotonic()
    bombing: Any = Bombing()  # type: ignore[no-untyped-call]
    async with bombing.running():
        for seed in range(first, first + count):
            costs[seed] = await bombing.show(build_bomb(seed, MOST).text)
            if not (seed - first + 1) % 250:
                print(f"{seed - first + 1} of {count}, {time.monotonic() - begun:.0f} s", flush=True)
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    _tell(costs, bombing, children)
    return 0 if bombing.pauses.own * 1000 <= GOAL_MS else 1


def _tell(costs: dict[int, Cost], bombing: Any, children: float) -> None:
    ratio = max(costs, key=lambda seed: costs[seed].ratio)
    slow = max(costs, key=lambda seed: costs[seed].ms)
    many = max(costs, key=lambda seed: costs[seed].messages)
    plain = [seed for seed, cost in costs.items() if cost.plain]
    lines = [
        f"texts:                    {len(costs)}, {sum(cost.size for cost in costs.values()):,} characters",
        f"worst shown ÷ said:       {costs[ratio].ratio:.2f} (seed {ratio}; beside 8,192 characters of our own)",
        f"most messages of one:     {costs[many].messages} (seed {many}); as files: {sum(c.files > 0 for c in costs.values())}",
        f"longest work:             {costs[slow].ms:.0f} ms (seed {slow}, {costs[slow].size:,} characters)",
        f"went out plain:           {len(plain)} {plain[:10] or ''}",
        f"longest pause of loop:    {bombing.pauses.clock * 1000:.1f} ms by the clock, {bombing.pauses.own * 1000:.1f} ms of its own",
        f"memory at most:           {bombing.read_memory():.0f} MiB, each renderer {children:.0f} MiB",
    ]  # fmt: skip
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=30))
