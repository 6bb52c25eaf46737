"""A simulated Telegram over real HTTP, and how a test plays it."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.store.rows import Address
from agent_gateway.telegram.ports import BotIdentity
from agent_simulators.telegram.server import CLOUD, create_app
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

TOKEN = f"{BOT_ID}:secret-of-the-test"
CHAT = Address(BOT_ID, 5)
FORUM = -100200
TOPIC = Address(BOT_ID, FORUM, 42)
BOT = BotIdentity(BOT_ID, "demo_bot")


async def play(sim, what, **body):
    answer = await sim.post(f"/sim/{what}", json=body)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def seen(sim, chat=5):
    answer = await (await sim.get(f"/sim/chats/{chat}")).json()
    return [m for m in answer["messages"] if m["bot"]]


async def texts(sim, chat=5):
    return [m["text"] for m in await seen(sim, chat)]


def calls(sim, name):
    return [c for c in sim.app[CLOUD].calls if c["method"].lower() == name.lower()]


async def send_all(store, sender):
    running = asyncio.create_task(sender.run())
    await eventually(lambda: is_sent(store))
    sender.stop()
    await running


async def put_final(store, text, message_ids=(), address=CHAT):
    await store.outbox.put(address, text, f"test:{text[:20]}", kind="final", format="markdown")
    async with store.transaction() as tx:
        await tx._connection.execute("UPDATE outbox SET message_ids = $1 WHERE state = 'pending'", list(message_ids))


async def is_sent(store):
    return await store.pool.fetchval("SELECT count(*) = 0 FROM outbox WHERE state IN ('pending', 'sending')")


async def texts_are(sim, expected):
    return await texts(sim) == expected


@contextlib.asynccontextmanager
async def simulated():
    """Yield a simulated Telegram with a private chat, and a forum with topic 42."""
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        await play(client, "chats", chat=5)
        await play(client, "topics", chat=FORUM, topic=42, name="deploy")
        next(iter(client.app[CLOUD].bots.values())).updates.clear()
        yield client
