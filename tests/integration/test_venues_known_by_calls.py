"""What only a refused call tells of a place: the real client and sender against the simulated Bot API, on a real Postgres."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.effects import CallFailed, WakeOutbox, WakeVenues
from agent_gateway.store.rows import Address, VenueState
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.outbound.sender import Sender
from agent_simulators.telegram.server import create_app
from tests.conftest import BOT_ID
from tests.support.desk import GROUP, PERSON, message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
TOKEN = f"{BOT_ID}:secret-of-the-test"
TOPIC = Address(BOT_ID, GROUP, 42)
OLD, NEW = -555, -100777


@contextlib.asynccontextmanager
async def connected(store):
    """Yield a desk whose outbox goes into a simulated Telegram, and how to play that."""
    async with TestClient(TestServer(create_app(TOKEN))) as sim, running_desk(store, reconcile=False) as desk:

        async def play(what, **body):
            answer = await sim.post(f"/sim/{what}", json=body)
            assert answer.status == 200, await answer.text()

        async def seen(chat):
            return [m["text"] for m in (await (await sim.get(f"/sim/chats/{chat}")).json())["messages"] if m["bot"]]

        api = TelegramApi(TOKEN, str(sim.make_url("")))
        api._events.on(CallFailed, lambda failed: desk.venues.note(failed.address, failed.problem))
        sender = Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05)
        desk.events.on(WakeOutbox, lambda _: sender.notify())
        sending = asyncio.create_task(sender.run())
        try:
            yield desk, play, seen
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await api.close()


async def begin(desk, chat, topic=None):
    """Make a conversation with a message that waits."""
    raw = message("@demo_bot hello", chat=chat)
    raw["message"] |= {"entities": [{"type": "mention", "offset": 0, "length": 9}]}
    if topic is not None:
        raw["message"] |= {"message_thread_id": topic, "is_topic_message": True}
    await desk.take(raw)
    await desk.settled()
    return await desk.store.threads.by_address(Address(BOT_ID, chat, topic))


async def test_an_answer_for_a_group_that_moved_arrives_under_its_new_id(store):
    async with connected(store) as (desk, play, seen):
        desk.access._allowed |= {OLD}
        thread = await begin(desk, OLD)
        await play("chats", chat=NEW)
        await play("chats", chat=OLD, migrated_to=NEW)
        await store.outbox.put(thread.address, "the answer", "turn:1", kind="final", reply_to=5)

        async def arrived():
            said = await store.pool.fetchval("SELECT state FROM outbox") == "sent"
            return said and await seen(NEW) == ["the answer"]

        await eventually(arrived)
        assert (await store.threads.by_id(thread.id)).name == "tg-n100777"


async def test_a_topic_that_was_deleted_is_told_in_private_and_nowhere_in_the_group(store):
    async with connected(store) as (desk, play, seen):
        await play("chats", chat=PERSON)
        await play("topics", chat=GROUP, topic=43, name="other")
        await begin(desk, PERSON)
        thread = await begin(desk, GROUP, 42)
        await store.outbox.put(TOPIC, "the answer", "turn:1", kind="final")

        async def told():
            return await seen(PERSON)

        (text,) = await eventually(told)
        assert text.startswith("The topic is gone")
        assert await seen(GROUP) == []
        assert (await store.threads.by_id(thread.id)).venue is VenueState.ORPHANED
        assert await store.turns.count_queued(thread.id) == 0


async def test_a_topic_whose_closing_nobody_told_is_found_closed_and_open_again(store):
    async with connected(store) as (desk, play, seen):
        await play("topics", chat=GROUP, topic=42, name="deploy")
        await play("topics", chat=GROUP, topic=42, closed=True)
        thread = await begin(desk, GROUP, 42)
        await store.outbox.put(TOPIC, "the answer", "turn:1", kind="final")
        await store.outbox.put(TOPIC, "and more", "turn:2", kind="final")

        async def closed():
            held = await store.pool.fetchval("SELECT count(*) FROM outbox WHERE state = 'held'")
            return held == 2 and (await store.threads.by_id(thread.id)).venue is VenueState.CLOSED

        await eventually(closed)
        await play("topics", chat=GROUP, topic=42, closed=False)
        await store.pool.execute("UPDATE outbox SET next_at = now() - interval '1 second'")

        async def arrived():
            desk.events.publish([WakeVenues()])
            opened = (await store.threads.by_id(thread.id)).venue is VenueState.OPEN
            return opened and await seen(GROUP) == ["the answer", "and more"]

        await eventually(arrived)
