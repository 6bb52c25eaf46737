"""Topics and groups as people treat them in the simulated Telegram, from the poll to what the chat shows; real Postgres."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.effects import CallFailed, WakeOutbox
from agent_gateway.inbox.ingest import Ingest
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, TurnState, VenueState
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.outbound.sender import Sender
from agent_simulators.telegram.server import create_app
from tests.conftest import BOT_ID
from tests.support.desk import GROUP, PERSON, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
TOKEN = f"{BOT_ID}:secret-of-the-test"
NAME = "tg-n100200300-42"
OLD, NEW = -555, -100777


class Telegram:
    """The simulated cloud, and the ways to play people in it."""

    def __init__(self, client):
        self.client = client

    async def play(self, what, **body):
        answer = await self.client.post(f"/sim/{what}", json=body)
        assert answer.status == 200, await answer.text()

    async def say(self, text, **where):
        await self.play("messages", text=f"@demo_bot {text}", user=PERSON, **where)

    async def seen(self, chat):
        found = await (await self.client.get(f"/sim/chats/{chat}")).json()
        return [(m["text"], m["topic"]) for m in found["messages"] if m["bot"]]


@contextlib.asynccontextmanager
async def connected(store):
    """Run the whole way from poll to sender, agents played."""
    async with TestClient(TestServer(create_app(TOKEN))) as client, running_desk(store) as desk:
        api = TelegramApi(TOKEN, str(client.make_url("")))
        api._events.on(CallFailed, lambda failed: desk.venues.note(failed.address, failed.problem))
        sender = Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05)
        desk.events.on(WakeOutbox, lambda _: sender.notify())
        ingest = Ingest(api, store.inbox, check=lambda: None, wake=desk.wake.inbox, timeout=5)
        loops = [asyncio.create_task(loop) for loop in (sender.run(), ingest.run())]
        try:
            yield desk, Telegram(client)
            for loop in loops:
                assert not loop.done(), loop.exception()
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await api.close()


def placed(store, name, place):
    async def is_so():
        thread = await store.threads.by_name(name)
        return thread is not None and thread.venue is place

    return is_so


async def begin(desk, name, number=1):
    thread = await desk.run_wanted(name, number)
    runner = await desk.connect(thread, number, f"pod-{number}")
    await eventually(lambda: runner.turns)
    return thread, runner


async def test_a_topic_is_closed_renamed_and_opened_again(store):
    async with connected(store) as (desk, telegram):
        await telegram.play("topics", chat=GROUP, topic=42, name="deploy")
        await telegram.say("first", chat=GROUP, topic=42)
        await telegram.say("second", chat=GROUP, topic=42)
        thread, runner = await begin(desk, NAME)
        await telegram.play("topics", chat=GROUP, topic=42, closed=True)
        await eventually(placed(store, NAME, VenueState.CLOSED))
        turn = runner.turns[0]
        await store.turns.started(turn.id, 1, 1)
        await store.turns.end(turn.id, 1, 2, TurnState.FAILED, "aborted", Final("Stopped."))
        desk.wake.outbox()

        async def held():
            return await store.pool.fetchval("SELECT state FROM outbox WHERE turn_id = $1", turn.id) == "held"

        await eventually(held)
        assert ("Stopped.", 42) not in await telegram.seen(GROUP)
        await telegram.play("topics", chat=GROUP, topic=42, name="deploy to prod", closed=False)

        async def said():
            return ("Stopped.", 42) in await telegram.seen(GROUP)

        await eventually(said)
        await eventually(lambda: len(runner.turns) == 2)
        assert runner.turns[1].text == "[From Person 42]\n\nsecond"
        assert (await store.threads.by_id(thread.id)).title == "deploy to prod"


async def test_a_group_becomes_a_supergroup(store):
    async with connected(store) as (desk, telegram):
        desk.access._allowed |= {OLD}
        await telegram.say("first", chat=OLD, chat_type="group")
        thread, runner = await begin(desk, "tg-n555")
        await telegram.play("chats", chat=OLD, migrated_to=NEW)
        _, again = await begin(desk, "tg-n100777", 2)
        assert runner.gone
        assert again.turns[0].id == runner.turns[0].id  # no agent had begun it
        await store.turns.started(again.turns[0].id, 2, 1)
        await store.turns.end(again.turns[0].id, 2, 2, TurnState.DONE, None, Final("the answer"))
        desk.wake.outbox()

        async def said():
            return ("the answer", None) in await telegram.seen(NEW)

        await eventually(said)
        await telegram.say("second", chat=NEW)
        await eventually(lambda: len(again.turns) == 2)
        assert (await store.threads.by_id(thread.id)).address == Address(BOT_ID, NEW)


async def test_a_person_blocks_the_bot_and_comes_back(store):
    async with connected(store) as (desk, telegram):
        await telegram.say("first", chat=PERSON)
        await begin(desk, "tg-42")
        await telegram.play("chats", chat=PERSON, blocked=True)
        await eventually(placed(store, "tg-42", VenueState.ORPHANED))
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await telegram.play("chats", chat=PERSON, blocked=False)
        await eventually(placed(store, "tg-42", VenueState.OPEN))
