"""Measure how long each named query takes on a year's database: `python -m dev.bench.queries`.

Each is carried out in a transaction that is rolled back, planned for its values and once for any; the quickest of three
of the slower of the two is told.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from agent_gateway.store.database import SESSION_SETTINGS
from agent_gateway.store.sql import QUERIES
from dev.bench.bounds import bench_guard
from dev.bench.history import build_history
from dev.bench.plans import Mode, explain
from dev.progress import UserError, step
from tests.support.postgres import execute, running_postgres

GOAL_MS: Final = 2.0
HOT: Final = (
    "thread_facts", "open_threads_page", "prompt_facts", "message_facts", "edit_message", "end_child_turns", "count_places",
    "last_asked", "last_answer", "private_place", "open_turns_of", "idle_runs", "due_reactions", "undelivered",
    "unread_edits", "claim_outbox", "next_turn", "deliver_next", "thread_by_address", "due_threads", "mark_due",
    "reserve_call", "settle_call",
)  # fmt: skip
"""What runs with each message or every few seconds: these have the goal."""
_DATABASE: Final = "openclaw_queries"
_MODES: Final[tuple[Mode, ...]] = ("force_custom_plan", "force_generic_plan")


def main() -> int:
    """Run the benchmark; 1 where a query of the way of a message misses its goal."""
    parser = argparse.ArgumentParser(prog="dev.bench.queries")
    parser.add_argument("--all", action="store_true", help="tell every query, not only those with a goal")
    every = parser.parse_args().all
    with running_postgres() as server:
        return asyncio.run(_measure(server, every=every))


async def _measure(server: str, *, every: bool) -> int:
    dsn = urlunsplit(urlsplit(server)._replace(path=f"/{_DATABASE}"))
    await execute(server, f"DROP DATABASE IF EXISTS {_DATABASE}", f"CREATE DATABASE {_DATABASE}")
    try:
        environment = {**os.environ, "DATABASE_URL": dsn}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent_gateway.store.migrate", env=environment
        )
        if await process.wait() != 0:
            raise UserError("The schema could not be made.")
        with step("A database with 400,000 turns", 40):
            await build_history(dsn)
        return await _tell(dsn, sorted(QUERIES) if every else HOT)
    finally:
        await execute(server, f"DROP DATABASE {_DATABASE} WITH (FORCE)")


async def _tell(dsn: str, names: tuple[str, ...] | list[str]) -> int:
    connection = await asyncpg.connect(dsn, command_timeout=60, server_settings=SESSION_SETTINGS)
    try:
        took = {name: await _time(connection, name) for name in names}
    finally:
        await connection.close()
    for name, milliseconds in sorted(took.items(), key=lambda item: -item[1]):
        print(f"{name:28} {milliseconds:9.2f} ms{'  over the goal' if _is_over(name, milliseconds) else ''}")
    return 1 if any(_is_over(*item) for item in took.items()) else 0


def _is_over(name: str, milliseconds: float) -> bool:
    return name in HOT and milliseconds > GOAL_MS


async def _time(connection: asyncpg.Connection, name: str) -> float:
    slower = 0.0
    for mode in _MODES:
        plans = [await explain(connection, name, mode) for _ in range(3)]
        slower = max(slower, min(plan.milliseconds for plan in plans))
    return slower


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
