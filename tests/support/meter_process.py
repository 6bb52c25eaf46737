"""A gateway's meter alone, in a process that may be killed at any moment: `python -m tests.support.meter_process`.

It leads, and lets each payer that is named on its standard input call a scripted provider until no budget bears it. What it
is done with it says, a line each.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys

import aiohttp

from agent_gateway.errors import LeadershipLost
from agent_gateway.models.meter import Refused, Spent
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.leadership import take_over
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.spending import MODEL, Payer, build_ledger

MOST_OUTPUT = 200


async def run(dsn, url, payers, seed):
    store = await opened(dsn)
    say("leads")
    ledger = build_ledger(store, wait=2.0)
    keeping = asyncio.create_task(ledger.run())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(
            *(spend_all(ledger, session, url, Payer(*one), random.Random(f"{seed} {one}")) for one in payers)
        )
    await eventually(lambda: none_is_held(store), timeout=300)
    keeping.cancel()
    say("settled")
    await store.close()


async def opened(dsn):
    while True:
        try:
            store = await Store.open(dsn, BOT_ID)
            await take_over(store, "tg")
        except Away:
            await asyncio.sleep(0.1)
        else:
            return store


async def none_is_held(store):
    try:
        return not await store.spending.lost(0, ())
    except Away:
        return False


def say(words):
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


async def spend_all(ledger, session, url, payer, chance):
    while True:
        size, output = chance.randrange(30, 3000), chance.randrange(10, MOST_OUTPUT)
        try:
            reserved = await ledger.reserve(payer.call(size=size, output=output))
        except (Away, LeadershipLost):
            await asyncio.sleep(0.05)
            continue
        if isinstance(reserved, Refused):
            if reserved.status == 402:
                say(f"done {payer.thread}")
                return
            continue
        asked = {"thread": payer.thread, "input": -(-size // 3), "output": output}
        async with session.post(url, json=asked) as answer:
            used = await answer.json()
        await ledger.settle(reserved, Spent(used["input"], used["output"], 0, 0, 200, 1, MODEL))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # it is told by rows
    told = json.loads(sys.stdin.readline())
    asyncio.run(run(told["dsn"], told["url"], told["payers"], told["seed"]))
