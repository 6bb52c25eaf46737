"""Families of agents that spend what they may while their gateway and its database are killed, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiohttp import web

from tests.support.meter_process import MOST_OUTPUT
from tests.support.models import serving
from tests.support.spending import add_child, add_conversation, set_budget

LIMIT = 20_000
"""Micro-dollars of each family's turn."""
ONE_OUTPUT = 2 * MOST_OUTPUT
"""Micro-dollars that the output of one call costs at most."""
CHILDREN = 3


class Provider:
    """Answers calls and keeps its own count, by thread."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.money, self.tokens, self.calls = Counter(), Counter(), Counter()
        self._left, self._struck = 0, asyncio.Event()

    def strike_after(self, calls):
        """Return what is set when so many calls more have come."""
        self._left, self._struck = calls, asyncio.Event()
        return self._struck

    def app(self):
        app = web.Application()
        app.router.add_post("/", self.answer)
        return app

    async def answer(self, request):
        asked = await request.json()
        used = {"input": self.chance.randint(1, asked["input"]), "output": self.chance.randint(1, asked["output"])}
        thread = asked["thread"]
        self.money[thread] += used["input"] + 2 * used["output"]
        self.tokens[thread] += used["input"] + used["output"]
        self.calls[thread] += 1
        self._left -= 1
        if self._left <= 0:
            self._struck.set()
        await asyncio.sleep(self.chance.random() * 0.01)
        return web.json_response(used)


@dataclass
class Verdict:
    """What came of it."""

    overspend: int = 0
    """Micro-dollars by which the provider's own count exceeds a family's limit, in the worst case."""
    problems: list[str] = field(default_factory=list)
    calls: int = 0
    estimated: int = 0
    exact: int = 0
    """Families whose accounts are the provider's own count."""
    kills: int = 0
    crashes: int = 0


async def make_families(store, runs):
    """A parent with three children each; return the threads of each family with the parent's turn."""
    families = []
    for number in range(runs):
        parent = await add_conversation(store, 1000 + number, person=5000 + number)
        children = [await add_child(store, parent, 10 * number + n) for n in range(CHILDREN)]
        families.append([parent, *children])
    await set_budget(store, "turn", money=LIMIT)
    return families


async def spend_under_kills(store: Any, dsn: str, runs: int, kills: int, seed: int) -> Verdict:
    """Let all spend, with so many kills while calls are under way; each third crashes Postgres too. Return the verdict."""
    every = max(20, 30 * runs // (kills + 1))
    families, provider, chance = await make_families(store, runs), Provider(seed), random.Random(seed)
    left = {one.thread: one for family in families for one in family}
    verdict = Verdict()
    async with serving(provider.app()) as url:
        while left or not verdict.calls:
            last = verdict.kills >= kills
            payers = [[one.thread, one.turn] for one in left.values()]
            told = {"dsn": dsn, "url": f"{url}/", "payers": payers, "seed": chance.random()}
            done, settled = await _live(
                told, None if last else provider.strike_after(round(every * (0.5 + chance.random())))
            )
            for thread in done:
                left.pop(thread, None)
            if settled:
                verdict.calls = sum(provider.calls.values())
                break
            verdict.kills += 1
            if verdict.kills % 3 == 0:
                await _crash(dsn)
                verdict.crashes += 1
    await _judge(store, families, provider, verdict)
    return verdict


async def _live(told, struck):
    """Run the meter until it is struck, or to its end; return the threads that are done, and whether all was settled."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.meter_process", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    process.stdin.write(json.dumps(told).encode() + b"\n")
    done, settled = [], False

    async def read():
        nonlocal settled
        async for line in process.stdout:
            word, *rest = line.split()
            settled = settled or word == b"settled"
            done.extend(int(one) for one in rest)

    reading = asyncio.create_task(read())
    striking = asyncio.create_task(struck.wait()) if struck is not None else None
    try:
        ends = {reading, striking} if striking is not None else {reading}
        await asyncio.wait(ends, timeout=600, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if striking is not None:
            striking.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await reading
        await process.wait()
    return done, settled


async def _crash(dsn):
    """Kill a session's process: Postgres ends all sessions, recovers, and goes on."""
    connection = await asyncpg.connect(dsn)
    pid = await connection.fetchval("SELECT pg_backend_pid()")
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(Exception):
        await connection.close(timeout=1)
    for _ in range(2000):
        try:
            connection = await asyncpg.connect(dsn, timeout=1)
        except (OSError, asyncpg.PostgresError):  # it recovers
            await asyncio.sleep(0.05)
        else:
            await connection.close()
            return


async def _judge(store, families, provider, verdict):
    accounts = {row["subject"]: row for row in await store.pool.fetch("SELECT * FROM accounts WHERE scope = 'turn'")}
    calls = await store.pool.fetch(
        "SELECT thread_id, sum(money) AS money, sum(input + output) AS tokens, count(*) FILTER (WHERE estimated) AS estimated, "
        "count(*) AS calls FROM usage GROUP BY thread_id"
    )
    usage = {row["thread_id"]: row for row in calls}
    held = await store.pool.fetchval("SELECT count(*) FROM reservations")
    stuck = await store.pool.fetchval("SELECT count(*) FROM accounts WHERE reserved_money <> 0 OR reserved_tokens <> 0")
    if held or stuck:
        verdict.problems.append(f"{held} reservations and {stuck} accounts are stuck")
    for family in families:
        account = accounts[str(family[0].turn)]
        money = sum(provider.money[one.thread] for one in family)
        told = sum(int(usage[one.thread]["money"]) for one in family if one.thread in usage)
        estimated = sum(usage[one.thread]["estimated"] for one in family if one.thread in usage)
        verdict.overspend = max(verdict.overspend, money - LIMIT)
        verdict.estimated += estimated
        verdict.exact += account["money"] == money
        if account["money"] != told:
            verdict.problems.append(f"turn {family[0].turn}: its account has {account['money']}, its calls {told}")
        if account["money"] < money or (not estimated and account["money"] != money):
            verdict.problems.append(
                f"turn {family[0].turn}: {account['money']} is recorded, the provider counted {money}"
            )
        if account["money"] + LIMIT // 10 < LIMIT:
            verdict.problems.append(f"turn {family[0].turn}: it was stopped at {account['money']} of {LIMIT}")
    if verdict.overspend > ONE_OUTPUT:
        verdict.problems.append(f"overspent by {verdict.overspend}, where one call's output costs {ONE_OUTPUT}")
