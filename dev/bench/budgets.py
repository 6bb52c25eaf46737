"""Whether budgets hold over kills, and what they cost: `python -m dev.bench.budgets --runs 200`.

Families of a parent with three sub-agents spend as fast as they can, through the ledger of the gateway in a process of its own
that is killed (SIGKILL) and started again, and a Postgres that crashes at every third kill. A scripted provider keeps its
own count. Each family must end at its limit, exceed it by no more than one call's output, and have an account that is the
provider's count, or more where an estimate is marked. Beside it: the milliseconds of a reservation and a settlement.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

from agent_gateway.models.ledger import Ledger
from agent_gateway.models.meter import Reservation
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from dev.progress import UserError
from tests.conftest import BOT_ID, in_database
from tests.support.postgres import execute, running_postgres
from tests.support.spenders import LIMIT, ONE_OUTPUT, spend_under_kills
from tests.support.spending import Payer, add_child, add_conversation, build_ledger, set_budget, used

_ROUNDS = 300


def main() -> int:
    """Run the benchmark; returns 1 where a budget did not hold."""
    parser = argparse.ArgumentParser(prog="dev.bench.budgets", description="Measure budgets over kills.")
    parser.add_argument("--runs", type=int, default=200, help="families of a parent and three children")
    parser.add_argument("--kills", type=int, default=30, help="kills of the meter; each third crashes Postgres too")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    with running_postgres() as server:
        dsn = in_database(server, "openclaw_budgets")
        asyncio.run(execute(server, "CREATE DATABASE openclaw_budgets"))
        code = "import sys; from agent_gateway.store.migrate import migrate; migrate(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, dsn], check=True)
        missed = asyncio.run(_measure(dsn, asked))
    print(f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")
    return int(missed)


async def _measure(dsn: str, asked: argparse.Namespace) -> bool:
    store = await Store.open(dsn, BOT_ID)
    await take_over(store, "tg")
    await _time(store)
    await store.pool.execute("TRUNCATE accounts, budgets, usage")
    begun = time.monotonic()
    verdict = await spend_under_kills(store, dsn, asked.runs, asked.kills, asked.seed)
    print(
        f"{asked.runs} families, {verdict.calls} calls, {verdict.kills} kills of the meter and {verdict.crashes} crashes of "
        f"Postgres in {time.monotonic() - begun:.0f} s"
    )
    print(
        f"overspent in the worst case {verdict.overspend} of {LIMIT} micro-dollars; one call's output costs {ONE_OUTPUT} at most"
    )
    print(
        f"accounts equal to the provider's own count: {verdict.exact} of {asked.runs}; the others have {verdict.estimated} "
        "calls that are marked as estimates"
    )
    for problem in verdict.problems[:20]:
        print(f"  {problem}")
    await store.close()
    return bool(verdict.problems)


async def _time(store: Store) -> None:
    """Tell what a call's reservation and settlement cost, beside the line of usage that was written before."""
    parent = await add_conversation(store, 1)
    child = await add_child(store, parent, 1)
    await set_budget(store, "turn", money=10**12)
    ledger = build_ledger(store)
    for name, payer in (("conversation", parent), ("sub-agent", child)):
        before, after = await _time_of(ledger, payer)
        print(f"{name}: reserve p50 {before:.2f} ms, settle p50 {after:.2f} ms")

    async def count() -> None:
        await store.usage.add(parent.thread, 1, parent.turn, "zai", "m", 1, 1, 0, 200, 1)

    async def ask() -> None:
        await store.pool.fetchval("SELECT 1")

    print(f"a line of usage alone: p50 {await _rounds(count):.2f} ms; a round trip: {await _rounds(ask):.2f} ms")


async def _time_of(ledger: Ledger, payer: Payer) -> tuple[float, float]:
    reserved: list[Reservation] = []

    async def reserve() -> None:
        found = await ledger.reserve(payer.call())
        if not isinstance(found, Reservation):
            raise UserError(found.message)
        reserved.append(found)

    async def settle() -> None:
        await ledger.settle(reserved.pop(), used())

    return await _rounds(reserve), await _rounds(settle)


async def _rounds(work: Callable[[], Awaitable[None]]) -> float:
    took = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        await work()
        took.append((time.perf_counter() - begun) * 1000)
    return summarise(took).p50


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
