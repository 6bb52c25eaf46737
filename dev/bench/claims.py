"""Whether each pod of a warm pool is given once, whatever is killed: `python -m dev.bench.claims`.

A gateway process of this tree beside a real Postgres and the simulated Telegram; an operator that is played keeps pods
waiting, whose runners speak the real wire. Each message of a person begins a run, and its pod leaves behind the answer, so
that the next message claims another. Meanwhile the gateway is killed (SIGKILL) and the operator forgets all it knew, in
turn, and one claim of about a hundred is refused. In the end no pod may have been told that it is two runs, no run may have
two pods, and every message must have its answer.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time

from dev.bench.bounds import bench_guard
from tests.support.claimants import Claimants
from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote
from tests.support.migrated import running_migrated

_MOST_SECONDS = 6 * 3600.0


def main() -> int:
    """Run it; returns 1 where something does not hold."""
    parser = argparse.ArgumentParser(prog="dev.bench.claims", description="Claim pods of a warm pool over kills.")
    parser.add_argument("--claims", type=int, default=10_000, help="at least so many")
    parser.add_argument("--kills", type=int, default=100, help="of gateway and operator, in turn")
    parser.add_argument("--people", type=int, default=20, help="each in a chat of their own")
    parser.add_argument("--replicas", type=int, default=12, help="pods that wait")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    with running_migrated() as dsn:
        failed = asyncio.run(_run(dsn, asked))
    print(f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")
    return int(failed)


async def _run(dsn: str, asked: argparse.Namespace) -> bool:
    zygote = Zygote()
    await zygote.start()
    # some begin without a pod that waits: a few more messages than claims
    each = -(-asked.claims * 21 // (asked.people * 20))
    try:
        async with running_world(zygote, dsn) as world:
            people = Claimants(world, asked.people, each, asked.replicas, random.Random(asked.seed))
            people.admit()
            begun = time.monotonic()
            async with asyncio.timeout(_MOST_SECONDS):
                await asyncio.gather(people.talk(), people.strike(asked.kills))
                problems = await people.check()
            claims, operator = await people.count_claims(), people.operator
            print(f"{claims} claims of {asked.people * each} messages over {people.kills} kills of the gateway and {people.deaths} of the "
                  f"operator in {time.monotonic() - begun:.0f} s; {operator.refused} refused, {len(operator.made_for)} begun without")  # fmt: skip
            print(f"{operator.made} pods made; {len(problems)} problems: used twice, over-made, lost or left behind")
            for problem in problems[:20]:
                print(f"  {problem}")
            return bool(problems) or claims < asked.claims
    finally:
        await zygote.close()


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=400))
