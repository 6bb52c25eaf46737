"""Measure what a gateway costs at rest: `python -m dev.bench.rest`.

Five hundred runs that do nothing, then six hundred conversations that wait for a slot; the real queue of threads on a real
Postgres, with resources and runners that are played. Beside it somebody else asks the same database.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from agent_gateway.runners.seen import SeenKeeper
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_gateway.store.migrate import migrate
from dev.bench.bounds import bench_guard
from dev.progress import UserError, step
from tests.support.postgres import execute, running_postgres

_desk: Any = import_module("tests.support.desk")  # the tests have no types

IDLE_RUNS: Final = 500
WAITING: Final = 600
SLOTS: Final = 50
MOST_TRANSACTIONS: Final = 50.0
"""A second, with `IDLE_RUNS`."""
MOST_P95_MS: Final = 20.0
"""Of another query, meanwhile."""
MOST_CPU: Final = 5.0
"""Percent of a core, with `WAITING`."""
SETTLE_SECONDS: Final = 5.0
SECONDS: Final = 30.0
_ASK_EVERY: Final = 0.05
_BOT: Final = 1000000001
_DATABASE: Final = "openclaw_rest"

_IDLE = """
INSERT INTO runs (thread_id, number, state, thread_uid, pod_uid, hello_at, ready_at, seen_at)
VALUES ($1, 1, 'live', $2, 'p', now(), now(), now())
"""
_STARTING = "INSERT INTO runs (thread_id, number, state, thread_uid) VALUES ($1, 1, 'wanted', $2)"
_THREADS = """
INSERT INTO threads (bot_id, chat_id, name, run_counter)
SELECT $1, 1000 + g, 'tg-' || (1000 + g), 1 FROM generate_series(1, $2::int) g
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What was measured."""

    transactions: float
    """A second."""
    cpu: float
    """Percent of a core, of this process."""
    median_ms: float
    p95_ms: float
    worst_ms: float


def main() -> int:
    """Run the benchmark; 1 where a goal is missed."""
    with running_postgres() as server:
        return asyncio.run(_measure(server))


async def _measure(server: str) -> int:
    with step(f"{IDLE_RUNS} runs that do nothing", int(SETTLE_SECONDS + SECONDS)):
        async with _on_empty(server, max_runs=10_000) as (desk, dsn):
            await _make_idle(desk)
            idle = await _watch(desk, dsn)
    with step(f"{WAITING} conversations that wait for one of {SLOTS} slots", int(SETTLE_SECONDS + SECONDS)):
        async with _on_empty(server, max_runs=SLOTS) as (desk, dsn):
            await _make_waiting(desk)
            waiting = await _watch(desk, dsn)
    for name, cost in (("idle", idle), ("waiting", waiting)):
        print(
            f"{name:8} {cost.transactions:6.1f} transactions/s   CPU {cost.cpu:5.1f} %   another query: "
            f"median {cost.median_ms:.1f} ms, p95 {cost.p95_ms:.1f} ms, worst {cost.worst_ms:.0f} ms"
        )
    met = idle.transactions <= MOST_TRANSACTIONS and idle.p95_ms <= MOST_P95_MS and waiting.cpu <= MOST_CPU
    print(
        f"Goals: {MOST_TRANSACTIONS:g} transactions/s and p95 {MOST_P95_MS:g} ms idle, {MOST_CPU:g} % of a core waiting: "
        f"{'met' if met else 'MISSED'}"
    )
    return 0 if met else 1


@contextlib.asynccontextmanager
async def _on_empty(server: str, *, max_runs: int) -> AsyncIterator[tuple[Any, str]]:
    """Yield what works on an empty database, and the DSN of that."""
    dsn = urlunsplit(urlsplit(server)._replace(path=f"/{_DATABASE}"))
    await execute(server, f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)", f"CREATE DATABASE {_DATABASE}")
    await asyncio.to_thread(migrate, dsn)
    store = await Store.open(dsn, _BOT)
    try:
        await take_over(store, "tg")
        yield _desk.Desk(store, max_runs, 1), dsn
    finally:
        await store.close()
        await execute(server, f"DROP DATABASE {_DATABASE} WITH (FORCE)")


async def _make_idle(desk: Any) -> None:
    await desk.store.pool.execute(_THREADS, _BOT, IDLE_RUNS)
    for thread_id in range(1, IDLE_RUNS + 1):
        await _begin_run(desk, thread_id, _IDLE)
        desk.registry.attach(thread_id, 1, "p", _desk.PlayedRunner(), ready=True)


async def _make_waiting(desk: Any) -> None:
    await desk.store.pool.execute(_THREADS, _BOT, SLOTS + WAITING)
    await desk.store.pool.execute(
        "INSERT INTO turns (thread_id, person_id, text) SELECT id, 5000 + id, 'x' FROM threads"
    )
    for thread_id in range(1, SLOTS + 1):
        await _begin_run(desk, thread_id, _STARTING)


async def _begin_run(desk: Any, thread_id: int, query: str) -> None:
    """Let a run stand in the database and in the played cluster."""
    thread = await desk.store.threads.by_id(thread_id)
    if thread is None:
        raise UserError(f"There is no thread {thread_id}.")
    made = await desk.resources.want_run(thread, 1, None)
    desk.resources.report(thread.name, number=1)
    await desk.store.pool.execute(query, thread_id, made.uid)


async def _watch(desk: Any, dsn: str) -> Cost:
    """Run the queue of threads, let it settle, and measure."""
    store: Store = desk.store
    await store.pool.execute("ANALYZE")
    parts = desk.conversations
    runs = (parts.queue.run(), parts.slots.run(), parts.left_views.run(), SeenKeeper(store, desk.registry).run())
    loops = [asyncio.create_task(loop) for loop in runs]
    other = await asyncpg.connect(dsn)
    try:
        await asyncio.sleep(SETTLE_SECONDS)
        return await _compare(store, other)
    finally:
        await other.close()
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def _compare(store: Store, other: Any) -> Cost:
    waits: list[float] = []
    asked, cpu, begun = await _count(other), time.process_time(), time.monotonic()
    while time.monotonic() - begun < SECONDS:
        before = time.monotonic()
        await store.turns.running(1)  # one indexed query, as each step of a person's message does several
        waits.append(1000 * (time.monotonic() - before))
        await asyncio.sleep(_ASK_EVERY)
    seconds = time.monotonic() - begun
    spent = time.process_time() - cpu
    await asyncio.sleep(1.5)  # the server's sessions tell their counts with a delay of a second
    done = await _count(other) - asked - len(waits)
    waits.sort()
    return Cost(
        done / seconds, 100 * spent / seconds, waits[len(waits) // 2], waits[int(len(waits) * 0.95)], waits[-1]
    )  # fmt: skip


async def _count(connection: Any) -> int:
    return int(await connection.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = $1", _DATABASE))


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=15))
