"""The outbox is in order in each topic, and one topic waits for no other."""

from __future__ import annotations

import pytest

from agent_gateway.store.chatrows import Queue, Urgency
from agent_gateway.store.rows import Address
from tests.conftest import BOT_ID

pytestmark = pytest.mark.postgres
FORUM = -100


async def say(store, *pairs):
    for topic, text in pairs:
        await store.outbox.put(Address(BOT_ID, FORUM, topic), text, text)


async def claim(store, *args, **named):
    return [row.text for row in await store.outbox.claim((), *args, **named)]


async def test_a_row_that_is_refused_for_ever_holds_only_its_own_topic(store):
    await say(store, (1, "one"), (2, "two"), (None, "none"), (1, "one again"), (2, "two again"))
    first = await store.outbox.claim(())
    assert [row.text for row in first] == ["one", "two", "none"]
    await store.outbox.retry(first[0].id, 60, "500")
    await store.outbox.sent(first[1].id)
    await store.outbox.sent(first[2].id)
    assert await claim(store) == ["two again"]
    assert await claim(store) == []  # what is being sent holds its topic as well


async def test_busy_topics_and_resting_chats_are_left_alone(store):
    await say(store, (1, "one"), (None, "none"))
    await store.outbox.put(Address(BOT_ID, 7), "other", "other")
    assert await store.outbox.claim((FORUM, 7)) == []
    assert await claim(store, busy=[Queue(FORUM, 1, Urgency.ANSWER), Queue(7, None, Urgency.ANSWER)]) == ["none"]
    assert await claim(store) == ["one", "other"]


async def test_the_chat_that_was_served_longest_ago_is_first(store):
    for chat in (1, 2, 3):
        for text in ("a", "b"):
            await store.outbox.put(Address(BOT_ID, chat), f"{chat}{text}", f"{chat}{text}")
    served = []
    for _ in range(6):
        [row] = await store.outbox.claim((), (1, 1, 1))
        served.append(row.text)
        await store.outbox.sent(row.id)
    assert served == ["1a", "2a", "3a", "1b", "2b", "3b"]
