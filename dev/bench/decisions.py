"""Whether what people decide counts once, and how soon their agent knows: `python -m dev.bench.decisions`.

A gateway process of this tree beside a real Postgres and the simulated Telegram; runners speak the real wire. People press
what their agents ask, one in five twice, while the gateway is killed (SIGKILL) and the runners' connections are cut in
turn. Each question must end with one answer that somebody chose, its agent must hear that and no other, and its message
must say so. Time is counted from the tap in Telegram until the decision has reached the runner.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time

from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise, tell_times
from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote
from tests.support.deciders import Deciders
from tests.support.migrated import running_migrated

GOAL_MS = 200.0
"""From tap to agent, median of those that nothing befell."""
_MOST_SECONDS = 1800.0


def main() -> int:
    """Run the benchmark; returns 1 where a decision did not count once, or the goal is missed."""
    parser = argparse.ArgumentParser(prog="dev.bench.decisions", description="Measure decisions over kills.")
    parser.add_argument("--people", type=int, default=10, help="people, each in a chat of their own")
    parser.add_argument("--each", type=int, default=60, help="questions of each one's agent")
    parser.add_argument("--calm", type=int, default=100, help="decisions before the first kill")
    parser.add_argument("--kills", type=int, default=50, help="kills of the gateway and cuts of connections, in turn")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    with running_migrated() as dsn:
        missed = asyncio.run(_measure(dsn, asked))
    print(f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")
    return int(missed)


async def _measure(dsn: str, asked: argparse.Namespace) -> bool:
    zygote = Zygote()
    await zygote.start()
    try:
        async with running_world(zygote, dsn) as world:
            deciders = Deciders(world, asked.people, asked.each, random.Random(asked.seed))
            deciders.admit()
            begun = time.monotonic()
            await deciders.begin()
            async with asyncio.timeout(_MOST_SECONDS):
                await asyncio.gather(deciders.decide(), deciders.strike(asked.kills, asked.calm))
            problems = await deciders.check()
            await deciders.note_calls()
            print(f"{asked.people * asked.each - asked.calm} decisions over {deciders.kills} kills of the gateway and {deciders.cuts} cuts "
                  f"of connections in {time.monotonic() - begun:.0f} s; {len(problems)} did not count once")  # fmt: skip
            for problem in problems[:20]:
                print(f"  {problem}")
            calm = deciders.times(undisturbed=True)
            tell_times("tap to agent, nothing befell", calm)
            tell_times("tap to agent, all", deciders.times(undisturbed=False))
            return bool(problems) or summarise(calm).p50 > GOAL_MS
    finally:
        await zygote.close()


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
