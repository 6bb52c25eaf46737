"""How long `/usage` takes beside a million model calls: `python -m dev.bench.usage`.

The database has the lines of a million calls, and the accounts that these would have left: a turn for every five calls, two
thousand conversations, five hundred people and a year of days. Each page is built as the command builds it.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import subprocess
import sys
import time
from pathlib import Path

from agent_gateway.commands.usage import UsageCommand
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_gateway.store.rows import Address
from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from dev.progress import step
from tests.conftest import BOT_ID, in_database
from tests.support.postgres import execute, running_postgres

GOAL_MS = 100.0
_ROUNDS = 50
_FILL = Path(__file__).with_suffix(".sql")


def main() -> int:
    """Run the benchmark; returns 1 where a page misses the goal."""
    parser = argparse.ArgumentParser(prog="dev.bench.usage", description="Measure /usage.")
    parser.add_argument("--calls", type=int, default=1_000_000)
    asked = parser.parse_args()
    with running_postgres() as server:
        dsn = in_database(server, "openclaw_usage")
        asyncio.run(execute(server, "CREATE DATABASE openclaw_usage"))
        code = "import sys; from agent_gateway.store.migrate import migrate; migrate(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, dsn], check=True)
        missed = asyncio.run(_measure(dsn, asked.calls))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return int(missed)


async def _measure(dsn: str, calls: int) -> bool:
    store = await Store.open(dsn, BOT_ID)
    await take_over(store, "tg")
    with step(f"{calls} model calls", 60):
        await fill(store, calls)
    usage = UsageCommand("UTC", is_admin=lambda _: True)
    missed = False
    for page in ("all", "turns", "people"):
        took = []
        for number in range(1, _ROUNDS + 1):
            begun = time.perf_counter()
            async with store.transaction() as tx:
                outcome = await usage.build_page(tx, page, Address(BOT_ID, number), number, "en")
            took.append((time.perf_counter() - begun) * 1000)
        found = summarise(took)
        late = sorted(took)[math.ceil(0.95 * len(took)) - 1]
        missed = missed or late > GOAL_MS
        lines = len(outcome.text.splitlines())
        print(
            f"/usage, {page}: {lines} lines, p50 {found.p50:.1f} ms, p95 {late:.1f} ms (goal {GOAL_MS:.0f}), worst {found.worst:.1f} ms"
        )
    await store.close()
    return missed


async def fill(store: Store, calls: int) -> None:
    """Make the calls and their accounts."""
    async with store.pool.acquire() as connection:
        await connection.execute("SET statement_timeout = 0")
        script = _FILL.read_text().replace("$BOT", str(BOT_ID)).replace("$CALLS", str(calls))
        await connection.execute(script, timeout=600)
        await connection.execute("ANALYZE", timeout=600)


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
