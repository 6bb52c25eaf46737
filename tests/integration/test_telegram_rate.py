"""Many turns at once in a group that Telegram holds to twenty calls a minute.

A minute has six seconds here, for the simulated Telegram and for the gateway's budgets alike: what counts is how many
calls come in it and who waits how many minutes, not how long a minute is.
"""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, TurnState
from agent_gateway.telegram.errors import Throttled
from agent_gateway.telegram.outbound.budget import GROUP_CALLS, Budgets
from agent_gateway.telegram.outbound.sender import Sender
from agent_gateway.telegram.outbound.views import Views
from agent_simulators.telegram.server import CLOUD, create_app
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
TOKEN = f"{BOT_ID}:secret-of-the-test"
MINUTE = 6.0
GROUP, NAIVE, PERSON = -100200, -100300, 5
TURNS = 10


@pytest.fixture
async def sim():
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        for chat in (GROUP, NAIVE):
            for topic in range(11, 11 + TURNS):
                await play(client, "topics", chat=chat, topic=topic, name=f"topic {topic}")
        await play(client, "chats", chat=PERSON)
        await play(client, "settings", group_limit=20, group_window=MINUTE)
        yield client


@pytest.fixture
async def chat(api, store):
    """Views and sender as the gateway has them, with minutes of six seconds."""
    budgets = Budgets(minute=MINUTE)
    views = Views(api, store.views, check=lambda: None, budgets=budgets, typing_interval=MINUTE * 4.5 / 60)
    sender = Sender(api, store.outbox, store.files, check=lambda: None, budgets=budgets, poll=0.1)
    sending = asyncio.create_task(sender.run())
    yield views, sender
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await views.close()


async def play(sim, what, **body):
    answer = await sim.post(f"/sim/{what}", json=body)
    assert answer.status == 200, await answer.text()
    return await answer.json()


def refused(sim, chat):
    return [c for c in sim.app[CLOUD].calls if c["status"] == 429 and c["chat"] in (chat, str(chat))]


def events(sim, chat, kind=None):
    return [e for e in sim.app[CLOUD].events if e["chat"] == chat and e["kind"] in (kind, e["kind"])]


async def begin(store, address, name):
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(address, name, "")
        turn = await tx.turns.add(thread.id, None, None, 42, "ask")
    await store.runs.want(thread.id, 1, "uid")
    await store.runs.accept_hello(thread.id, 1, "pod", "uid", "job")
    delivered = await store.turns.deliver_next(thread.id, 1)
    assert delivered is not None
    assert delivered.id == turn.id
    return delivered


async def stream(sim, store, views, sender, address, name, seconds):
    """Play a turn that writes for so long; return its last words, and how much was shown in its chat when it ended."""
    turn = await begin(store, address, name)
    views.open(turn, address, None)
    started = time.monotonic()
    words = ""
    while time.monotonic() - started < seconds:
        words += f"{name} works. "
        views.update(turn.id, words)
        await asyncio.sleep(0.05)
    final = f"{words}The end of {name}."
    await store.turns.end(turn.id, 1, 1, TurnState.DONE, None, Final(final, "plain", await views.finish(turn.id)))
    shown = len(events(sim, address.chat_id))
    sender.notify()
    return final, shown


async def edit_naively(api, address, seconds):
    """Show a text as many bots do: a message, then an edit every 1.5 s of a minute's 60."""
    message_id, refusals = None, 0
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        text = f"so far {time.monotonic()}"
        try:
            if message_id is None:
                message_id = await api.send_message(address, text)
            else:
                await api.edit_message_text(address, message_id, text)
        except Throttled:
            refusals += 1
        await asyncio.sleep(MINUTE * 1.5 / 60)
    return refusals


async def test_ten_turns_in_one_group_are_never_refused_and_each_is_told_within_a_minute(sim, api, store, chat):
    views, sender = chat
    length = 1.5 * MINUTE
    topics = [Address(BOT_ID, GROUP, 11 + n) for n in range(TURNS)]
    ours = asyncio.gather(*(stream(sim, store, views, sender, a, f"agent {a.topic_id}", length) for a in topics))
    theirs = asyncio.gather(*(edit_naively(api, Address(BOT_ID, NAIVE, a.topic_id), length) for a in topics))
    ended, naive = await ours, await theirs

    async def all_told():
        return (await store.backlogs.outbox()).waiting == 0

    await eventually(all_told)
    assert refused(sim, GROUP) == []
    assert sum(naive) == len(refused(sim, NAIVE)) > 0
    for address, (final, before) in zip(topics, ended, strict=True):
        told = [e for e in events(sim, GROUP) if e["topic"] == address.topic_id and e.get("text") == final]
        assert len(told) == 1
        assert events(sim, GROUP).index(told[0]) - before < GROUP_CALLS  # so many are shown in a minute
    shown = {e["topic"] for e in events(sim, GROUP) if "The end of" not in e.get("text", "The end of")}
    assert shown == {address.topic_id for address in topics}  # each was seen before its end


async def test_a_ban_silences_one_chat_and_grows_no_longer_by_our_calls(sim, api, store, chat):
    views, sender = chat
    await play(sim, "settings", group_limit=2, group_window=MINUTE, group_bans=True)
    group = Address(BOT_ID, GROUP, 11)
    private = Address(BOT_ID, PERSON)
    in_group = asyncio.create_task(stream(sim, store, views, sender, group, "group", MINUTE))
    await eventually(lambda: refused(sim, GROUP))
    await play(sim, "settings", group_limit=20, group_window=MINUTE, group_bans=True)  # the ban alone refuses now
    banned = len(events(sim, PERSON))
    final, _ = await stream(sim, store, views, sender, private, "person", MINUTE / 2)
    await eventually(lambda: any(e.get("text") == final for e in events(sim, PERSON)))
    assert len(events(sim, PERSON, "edit")) + len(events(sim, PERSON, "message")) - banned > 2
    last, _ = await in_group
    await eventually(lambda: any(e.get("text") == last for e in events(sim, GROUP)))
    assert len(refused(sim, GROUP)) == 1
