"""The webhook: the simulated Bot API brings updates to the real port, and they are in Postgres before they are answered."""

from __future__ import annotations

import asyncio
import contextlib
import io

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.inbox.ingest import Ingest
from agent_gateway.inbox.subscription import WebhookKeeper
from agent_gateway.inbox.webhook import MAX_BYTES, SECRET_HEADER, create_webhook_app
from agent_gateway.leader import Leader
from agent_gateway.publicport import open_public_port
from agent_gateway.store import Store
from agent_gateway.store.database import INBOX_CHANNEL
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_simulators.telegram.server import create_app
from tests.conftest import BOT_ID
from tests.support.eventually import PATIENCE, eventually
from tests.support.ports import free_port

pytestmark = pytest.mark.postgres
TOKEN, SECRET = f"{BOT_ID}:secret-of-the-test", "what-only_Telegram-knows"


class World:
    """A simulated Telegram, the gateway's side of it, and the ways in."""

    def __init__(self, sim, store, port):
        self.sim, self.store, self.port, self.secret = sim, store, port, SECRET
        self.wakes = 0
        self.api = TelegramApi(TOKEN, str(sim.make_url("")))
        self.url = f"http://127.0.0.1:{port}/telegram"

    def wake(self):
        self.wakes += 1

    async def say(self, text, chat=42):
        async with self.sim.post("/sim/messages", json={"chat": chat, "text": text}) as answer:
            assert answer.status == 200, await answer.text()

    async def pending(self):
        async with self.sim.get("/sim/updates?pending=1") as answer:
            return await answer.json()

    async def all_taken(self):
        async def taken():
            found = await self.pending()
            return not (found.get("updates", found) if isinstance(found, dict) else found)

        await eventually(taken)

    async def stored(self):
        return [r[0] for r in await self.store.pool.fetch("SELECT payload FROM inbox ORDER BY update_id")]

    @contextlib.asynccontextmanager
    async def serving(self, store=None):
        app = create_webhook_app(store or self.store, "/telegram", lambda: self.secret)
        port = await open_public_port(app, "127.0.0.1", self.port, "webhook-connections")
        try:
            yield
        finally:
            await port.cleanup()

    @contextlib.asynccontextmanager
    async def running(self, *loops):
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def keeper(self):
        return WebhookKeeper(self.api, self.store.inbox, self.url, lambda: self.secret, lambda: None)

    def ingest(self):
        return Ingest(self.api, self.store.inbox, check=lambda: None, wake=self.wake, timeout=1, pause=0.05)


@pytest.fixture
async def world(store):
    async with TestClient(TestServer(create_app(TOKEN))) as sim:
        world = World(sim, store, free_port())
        yield world
        await world.api.close()


def count(payloads, word):
    return sum(word in payload for payload in payloads)


async def test_updates_are_stored_once_and_in_the_order_of_their_chat(world):
    async with world.serving(), world.running(world.keeper().run()):
        for n in range(10):
            await world.say(f"word-{n}", chat=42 + n % 2)
        await world.all_taken()
        stored = await world.stored()
        assert [count(stored, f"word-{n}") for n in range(10)] == [1] * 10


async def test_who_does_not_know_the_secret_is_refused_before_the_body_is_read(world):
    async with world.serving(), ClientSession() as session:
        for headers in ({}, {SECRET_HEADER: "wrong"}, {SECRET_HEADER: ""}):
            async with session.post(world.url, json={"update_id": 1}, headers=headers) as answer:
                assert answer.status == 403
        world.secret = ""
        async with session.post(world.url, json={"update_id": 1}, headers={SECRET_HEADER: ""}) as answer:
            assert answer.status == 403
        assert await world.stored() == []


async def test_what_strangers_send_fills_no_log(world, caplog):
    head = b"POST /telegram HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    async with world.serving():
        for rest, expected in (
            (SECRET_HEADER.encode() + b": \xff\r\nContent-Length: 0\r\n\r\n", {b"403"}),
            (b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", {b"403"}),
            (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", {b"400", b"403"}),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
            writer.write(head + rest)
            assert (await reader.read()).split(b" ")[1] in expected
            writer.close()
            await writer.wait_closed()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_junk_is_taken_off_telegrams_hands_and_what_is_too_large_is_refused(world):
    async with world.serving(), ClientSession(headers={SECRET_HEADER: SECRET}) as session:
        for body, status in (
            (b"{", 200),
            (b"[]", 200),
            (b'{"update_id": "x"}', 200),
            (io.BytesIO(b"x" * (MAX_BYTES + 1)), 413),
        ):
            async with session.post(world.url, data=body) as answer:
                assert answer.status == status
        assert await world.stored() == []


async def test_while_the_database_is_away_telegram_is_asked_to_come_again_and_nothing_is_lost(world, dsn):
    broken = await Store.open(dsn, BOT_ID)
    await broken.close()  # every call on it fails as with a database that is away
    async with (
        world.serving(broken),
        ClientSession(headers={SECRET_HEADER: SECRET}) as session,
        session.post(world.url, json={"update_id": 7}) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    async with world.running(world.keeper().run()):
        async with world.serving(broken):
            await world.say("while it is away")
            await eventually(world.pending)
        async with world.serving():
            await world.all_taken()
    assert count(await world.stored(), "while it is away") == 1


async def test_a_standby_takes_updates_too_and_the_leader_hears_of_them(world, dsn):
    heard = asyncio.Event()
    standby = await Store.open(dsn, BOT_ID)  # leads nothing
    leader = Leader(world.store, lambda: dsn, "tg")
    await leader.acquire()
    await leader.listen(INBOX_CHANNEL, heard.set)
    async with world.serving(standby), world.running(world.keeper().run()):
        await world.say("hello")
        await world.all_taken()
        await asyncio.wait_for(heard.wait(), PATIENCE)
    assert count(await world.stored(), "hello") == 1
    await leader.release()
    await standby.close()


async def test_a_switch_in_either_direction_loses_and_doubles_nothing(world):
    async with world.running(world.ingest().run()):
        await world.say("polled")
        await eventually(lambda: world.wakes)
    await world.say("between-1")
    async with world.serving(), world.running(world.keeper().run()):
        await world.say("brought")
        await world.all_taken()
    await world.say("between-2")  # nobody answers the webhook any more
    async with world.running(world.ingest().run()):
        await world.say("polled-again")

        async def all_stored():
            return count(await world.stored(), "polled-again")

        await eventually(all_stored)
        await world.all_taken()
    stored = await world.stored()
    for word in ('polled"', "between-1", "brought", "between-2", "polled-again"):
        assert count(stored, word) == 1, word


async def test_a_webhook_that_somebody_else_set_is_set_again_and_a_new_secret_is_told(world, monkeypatch):
    monkeypatch.setattr("agent_gateway.inbox.subscription.CHECK_SECONDS", 0.05)
    async with world.serving(), world.running(world.keeper().run()):

        async def is_set():
            return (await world.api.get_webhook_info()).get("url") == world.url

        await eventually(is_set)
        await world.api.set_webhook("http://127.0.0.1:9/elsewhere", "other", 1)
        await eventually(is_set)
        world.secret = "another-secret"
        await world.say("with the new secret")

        async def stored():
            return count(await world.stored(), "with the new secret")

        await eventually(stored)
