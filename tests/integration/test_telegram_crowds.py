"""One topic's agent says thousands of things: what the others of its group wait for comes all the same.

What counts is how many calls went to the group before an answer, not how long that took.
"""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.store.files import MOST_WAITING, NewFile
from agent_gateway.store.outbox import MOST_STRANGERS
from agent_gateway.store.rows import Address
from agent_gateway.telegram.outbound.budget import GROUP_CALLS, Budgets
from agent_gateway.telegram.outbound.sender import Sender
from agent_simulators.telegram.server import CLOUD, create_app
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.simulated import TOKEN, play

pytestmark = pytest.mark.postgres
MINUTE = 60.0
GROUP = -100200
LOUD, QUIET = Address(BOT_ID, GROUP, 11), Address(BOT_ID, GROUP, 12)
NOTICES = 3000


@pytest.fixture
async def sim():
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        for topic in (11, 12):
            await play(client, "topics", chat=GROUP, topic=topic, name=f"topic {topic}")
        await play(client, "settings", group_limit=20, group_window=MINUTE)
        yield client


@pytest.fixture
async def sender(api, store):
    sender = Sender(api, store.outbox, store.files, check=lambda: None, budgets=Budgets(minute=MINUTE), poll=0.1)
    task = asyncio.create_task(sender.run())
    yield sender
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def sent(sim):
    """Return the texts, or the names of methods, of what went to the group, in order."""
    return [
        e.get("text") or e["kind"]
        for e in sim.app[CLOUD].events
        if e["chat"] == GROUP and e["kind"] in ("message", "file", "document")
    ]


async def flood(store, sender):
    """Let an agent send what it can; return once the group has had all of it that one minute takes."""
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(LOUD, "tg-loud", "")

    async def contents(n):
        yield f"file {n}".encode()

    for n in range(MOST_WAITING):
        await store.files.save(NewFile(thread.id, LOUD, f"{n}.txt", "text/plain", "", f"f{n}", None), contents(n))
    await store.pool.execute(
        """
        INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, kind, format, text, urgency)
        SELECT $1, 'n' || n, $2, 11, 'notice', 'plain', 'notice ' || n, 1 FROM generate_series(1, $3::int) n
        """,
        BOT_ID, GROUP, NOTICES,
    )  # fmt: skip
    sender.notify()


async def test_answers_come_at_once_while_one_topic_has_thousands_unsent(sim, store, sender):
    of_people = len(sent(sim))
    await flood(store, sender)
    await eventually(lambda: sender._waiting and sender._waiting.keys() == sender._busy.keys(), timeout=MINUTE)
    assert len(sent(sim)) - of_people == GROUP_CALLS - GROUP_CALLS // 3  # all that a minute has for such things
    for address, text in ((QUIET, "the answer elsewhere"), (LOUD, "the reply to /stop")):
        before = len(sent(sim))
        await store.outbox.put(address, text, text)
        sender.notify()
        await eventually(lambda text=text: text in sent(sim), timeout=MINUTE)
        assert sent(sim).index(text) == before  # nothing came before it
    assert [c for c in sim.app[CLOUD].calls if c["status"] == 429] == []


async def test_hundreds_of_unknown_people_delay_nobody(sim, store, sender):
    person = Address(BOT_ID, 5)
    await play(sim, "chats", chat=5)
    for n in range(200):
        await play(sim, "chats", chat=9000 + n)
        await store.outbox.put_to_stranger(Address(BOT_ID, 9000 + n), "I don't know you", f"s{n}")
    sender.notify()
    await eventually(lambda: [e for e in sim.app[CLOUD].events if e["chat"] >= 9000])
    await store.outbox.put(person, "the answer", "answer")
    sender.notify()
    await eventually(lambda: any(e.get("text") == "the answer" for e in sim.app[CLOUD].events), timeout=MINUTE)
    waiting = await store.pool.fetchval("SELECT count(*) FROM outbox WHERE urgency = 2 AND state = 'pending'")
    assert waiting > MOST_STRANGERS / 2  # one a second of them is told something
