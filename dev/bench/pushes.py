"""Whether a push that waits goes through once, and how soon after the tap: `python -m dev.bench.pushes`.

A gateway process of this tree beside a real Postgres, Debian's git server and the simulated Telegram. Agents push with
git as in a pod, and again where git ends without an answer; people tap what they are asked, one in five twice, while the
gateway is killed (SIGKILL). In the end each branch must stand upstream once, or not at all and git have said who refused
it. Time is counted from the tap in Telegram until git has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise, tell_times
from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote
from tests.support.git_server import GitServer, serving
from tests.support.migrated import running_migrated
from tests.support.pushers import Pushers

GOAL_MS = 1000.0
"""From tap to the end of git, median of those that nothing befell."""
_MOST_SECONDS = 1800.0


def main() -> int:
    """Run the benchmark; returns 1 where a push did not go through once, or the goal is missed."""
    parser = argparse.ArgumentParser(prog="dev.bench.pushes", description="Measure pushes that wait, over kills.")
    parser.add_argument("--people", type=int, default=5, help="people, each in a chat of their own")
    parser.add_argument("--each", type=int, default=13, help="pushes of each one's agent")
    parser.add_argument("--calm", type=int, default=15, help="pushes before the first kill")
    parser.add_argument("--kills", type=int, default=20, help="kills of the gateway")
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
    with tempfile.TemporaryDirectory(prefix="bench-pushes-") as folder:
        server: Any = GitServer(Path(folder))
        try:
            async with serving(server.handle) as forge, running_world(zygote, dsn) as world:
                pushers = Pushers(world, server, forge, asked.people, asked.each, random.Random(asked.seed))
                pushers.admit()
                begun = time.monotonic()
                tapping = asyncio.create_task(pushers.tap())
                try:
                    async with asyncio.timeout(_MOST_SECONDS):
                        await asyncio.gather(pushers.push_all(), pushers.strike(asked.kills, asked.calm))
                finally:
                    tapping.cancel()
                return _tell_all(pushers, asked, time.monotonic() - begun)
        finally:
            await zygote.close()


def _tell_all(pushers: Pushers, asked: argparse.Namespace, seconds: float) -> bool:
    problems = pushers.check()
    ends = Counter(one.outcome for one in pushers.pushes)
    again = sum(one.tries > 1 for one in pushers.pushes)
    print(f"{len(pushers.pushes) - asked.calm} held pushes over {len(pushers.struck)} kills of the gateway in {seconds:.0f} s: of all, "
          f"through once {ends['through']}, refused in words {ends['refused']}, pushed again {again}; "
          f"{len(problems)} neither or twice")  # fmt: skip
    for problem in problems[:20]:
        print(f"  {problem}")
    calm = pushers.times(undisturbed=True)
    tell_times("tap to the end of git, nothing befell", calm)
    tell_times("tap to the end of git, all", pushers.times(undisturbed=False))
    return bool(problems) or summarise(calm).p50 > GOAL_MS


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
