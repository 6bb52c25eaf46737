"""The console's port as the gateway opens it, on a real Postgres."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from dataclasses import asdict

import pytest
from aiohttp import ClientSession

from agent_gateway.config import load_config
from agent_gateway.console import callers
from agent_gateway.console import server as module
from agent_gateway.console.build import open_console
from agent_gateway.rates import Rate
from agent_gateway.store.jobs import JobKind
from tests.support.consoling import PlayedReviews, make_token
from tests.support.desk import PERSON, running_desk
from tests.support.eventually import eventually
from tests.support.stored import make_thread, make_turn

pytestmark = pytest.mark.postgres
ACCOUNTS = {kind: f"system:serviceaccount:oc:oc-console-{kind}" for kind in ("view", "speak")}


@asynccontextmanager
async def opened_port(store, reviews):
    """Open it, with a conversation; yield where that is read, and how somebody calls who may speak."""
    config = load_config(console={**ACCOUNTS, "port": 0}, host="127.0.0.1", telegram_allowed_ids=[PERSON])
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        port = await open_console(config, config.console, store, reviews)
        try:
            async with ClientSession(headers={"X-Openclaw-Token": make_token(ACCOUNTS["speak"])}) as client:
                yield "http://{}:{}/v1/threads/tg-42".format(*port.addresses[0]), client
        finally:
            await port.cleanup()


async def test_it_opens_as_the_settings_say_and_asks_the_api_server_who_calls(store):
    reviews = PlayedReviews(ACCOUNTS["speak"])
    async with opened_port(store, reviews) as (where, client):
        async with client.post(f"{where}/say", json={"request": str(uuid.uuid4()), "text": "hi"}) as answer:
            assert answer.status == 200, await answer.text()
        async with client.get(f"{where}/messages", headers={"X-Openclaw-Token": "x"}) as answer:
            assert answer.status == 401
    assert len(reviews.asked) == 1


async def test_wrong_tokens_shut_out_whoever_calls_from_where_the_api_server_says_they_come_from_and_nobody_else(
    store, monkeypatch
):
    monkeypatch.setattr(callers, "WRONG", Rate(1e-9, 20))  # none more while the test takes its time
    reviews = PlayedReviews(ACCOUNTS["speak"], good=False)
    async with opened_port(store, reviews) as (where, client):

        async def ask(token, forwarded):
            headers = {"X-Openclaw-Token": token, "X-Forwarded-For": forwarded}
            async with client.get(f"{where}/why", headers=headers) as answer:
                return answer.status

        told = [await ask(make_token(ACCOUNTS["speak"], jti=n), f"10.0.0.{n}, 10.0.0.9") for n in range(25)]
        assert told == [401] * 20 + [429] * 5
        reviews.status["authenticated"] = True
        assert await ask(make_token(ACCOUNTS["speak"], jti=99), "10.0.0.1, 10.0.0.9") == 429
        assert await ask(make_token(ACCOUNTS["speak"], jti=99), "10.0.0.9, 10.0.0.1") == 200


async def test_what_is_being_forgotten_is_told_nobody(store):
    thread = await make_thread(store)
    await make_turn(store, thread)

    async def count():
        return len(await store.console.turns(thread.id, 0)), len(await store.console.messages(thread.id, 99, 9))

    assert await count() == (1, 1)
    async with store.transaction() as tx:
        limits = await tx.history.begin_forgetting(thread)
        await tx.jobs.add(JobKind.FORGET, "f", thread.id, thread.address, None, {"limits": asdict(limits)})
    assert await count() == (0, 0)
    await make_turn(store, thread, update=2)
    assert await count() == (1, 1)


async def test_a_terminal_that_is_gone_waits_no_more(store, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAIT", 600)
    monkeypatch.setattr(module, "MOST_WAITS_OF_ONE", 1)
    async with opened_port(store, PlayedReviews(ACCOUNTS["speak"])) as (where, client):

        async def read(wait=0, seen=""):
            async with client.get(f"{where}/turns", params={"wait": str(wait), "seen": seen}) as answer:
                return await answer.json()

        seen = (await read())["seen"]

        async def follow():
            async def waits():
                return not (await read(600, seen)).get("reason")  # who looks for it may be there before it

            await eventually(waits, timeout=600, interval=0.3)

        waiting = asyncio.create_task(follow())

        async def is_refused():
            return (await read(1, seen)).get("reason") == "console-waits"

        async def is_let_in():
            return (await read(1, seen)).get("seen") == seen

        await eventually(is_refused, interval=0.3)
        waiting.cancel()  # its connection is cut
        await eventually(is_let_in, interval=0.3)
