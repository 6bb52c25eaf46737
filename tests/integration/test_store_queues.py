"""What must be said, in queues: whose turn it is, how much may wait, and what is left out."""

from __future__ import annotations

import json

import pytest

from agent_gateway.store.chatrows import Queue, Urgency
from agent_gateway.store.outbox import MOST_NOTICES, MOST_STRANGERS, NOTICES_A_TURN
from agent_gateway.store.rows import Address
from agent_gateway.store.sql import QUERIES
from agent_gateway.wording import keys
from tests.conftest import BOT_ID

pytestmark = pytest.mark.postgres
GROUP = -100200
A, B = Address(BOT_ID, GROUP, 11), Address(BOT_ID, GROUP, 12)
ROWS = 100_000


async def claim(store, most=(100, 100, 100), busy=(), in_chat=(100, 100, 100)):
    return [row.text for row in await store.outbox.claim((), most, busy, in_chat)]


async def say_all(store, **limits):
    """Say everything, one round of claims after the other; return the rounds."""
    rounds = []
    while rows := await store.outbox.claim((), **limits):
        rounds.append([row.text for row in rows])
        for row in rows:
            await store.outbox.sent(row.id)
    return rounds


async def unsent(store):
    return [
        row["text"] for row in await store.pool.fetch("SELECT text FROM outbox WHERE state = 'pending' ORDER BY id")
    ]


async def test_what_somebody_waits_for_is_not_behind_notices_of_its_topic(store):
    for n in range(3):
        await store.outbox.put(A, f"notice {n}", f"n{n}", kind="notice")
    await store.outbox.put(A, "answer", "answer")
    await store.outbox.put(A, "final", "final", kind="final")
    assert await say_all(store) == [["notice 0", "answer"], ["notice 1", "final"], ["notice 2"]]


async def test_topics_of_a_chat_take_turns(store):
    for topic in (11, 12, 13):
        for n in range(2):
            await store.outbox.put(Address(BOT_ID, GROUP, topic), f"{topic}.{n}", f"{topic}.{n}")
    rounds = await say_all(store, most_in_chat=(1, 1, 1))
    assert rounds == [["11.0"], ["12.0"], ["13.0"], ["11.1"], ["12.1"], ["13.1"]]


async def test_no_chat_takes_more_than_its_share_of_what_is_sent_at_once(store):
    for topic in range(11, 21):
        await store.outbox.put(Address(BOT_ID, GROUP, topic), f"g{topic}", f"g{topic}")
    await store.outbox.put(Address(BOT_ID, 5), "private", "private")
    busy = (Queue(GROUP, 11, Urgency.ANSWER), Queue(GROUP, 12, Urgency.ANSWER))
    assert await claim(store, busy=busy, in_chat=(4, 2, 1)) == ["g13", "g14", "private"]


async def test_each_urgency_has_a_number_of_its_own(store):
    for chat in range(1, 5):
        await store.outbox.put(Address(BOT_ID, chat), f"notice {chat}", f"n{chat}", kind="notice")
        await store.outbox.put_to_stranger(Address(BOT_ID, 90 + chat), f"stranger {chat}", f"s{chat}", reply_to=None)
    await store.outbox.put(Address(BOT_ID, 4), "answer", "answer")
    await claim(store, (5, 2, 1))
    rows = await store.pool.fetch("SELECT urgency, count(*) FROM outbox WHERE state = 'sending' GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in rows] == [(0, 1), (1, 2), (2, 1)]


async def test_of_too_many_notices_the_oldest_are_left_out_and_one_line_says_so(store):
    for n in range(MOST_NOTICES + 20):
        await store.outbox.put(A, f"notice {n}", f"n{n}", kind="notice")
    await store.outbox.put(B, "elsewhere", "elsewhere", kind="notice")
    waiting = await unsent(store)
    assert waiting.count(keys.notices_left_out("en")) == 1
    waiting.remove(keys.notices_left_out("en"))
    assert waiting == [*(f"notice {n}" for n in range(20, MOST_NOTICES + 20)), "elsewhere"]


async def test_what_a_closed_topic_holds_counts_too(store):
    for n in range(MOST_NOTICES):
        await store.outbox.put(A, f"notice {n}", f"n{n}", kind="notice")
    await store.pool.execute("UPDATE outbox SET state = 'held'")
    await store.outbox.put(A, "one more", "more", kind="notice")
    assert await store.pool.fetchval("SELECT count(*) FROM outbox WHERE state = 'held'") == MOST_NOTICES - 1
    assert await store.pool.fetchval("SELECT error FROM outbox WHERE dedupe_key = 'n0'") == "left out"


async def test_a_turn_has_a_few_notices_and_the_same_one_comes_again(store):
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(A, "tg-1", "")
        turn = await tx.turns.add(thread.id, None, None, 42, "ask")
    said = [await store.outbox.put_of_turn(turn, A, f"notice {n}", f"notice:{turn.id}:{n}") for n in range(10)]
    assert said == [True] * NOTICES_A_TURN + [False] * (10 - NOTICES_A_TURN)
    assert await store.outbox.put_of_turn(turn, A, "notice 0", f"notice:{turn.id}:0")
    assert await unsent(store) == [f"notice {n}" for n in range(NOTICES_A_TURN)]


async def test_what_is_ended_says_no_more_but_its_answers(store):
    await store.outbox.put(A, "notice", "n", kind="notice")
    await store.outbox.put(A, "answer", "a")
    await store.outbox.put(A, "a caption", "f", urgency=Urgency.NOTICE)
    await store.outbox.put(B, "elsewhere", "e", kind="notice")
    assert await store.outbox.drop_unsent(A) == 2
    assert await unsent(store) == ["answer", "elsewhere"]


async def test_no_more_waits_for_people_whom_the_bot_does_not_know_than_is_said_in_minutes(store):
    said = [
        await store.outbox.put_to_stranger(Address(BOT_ID, 9000 + n), "who are you?", f"s{n}", reply_to=None)
        for n in range(MOST_STRANGERS + 5)
    ]
    assert said == [True] * MOST_STRANGERS + [False] * 5


async def test_a_hundred_thousand_that_wait_are_found_by_index_alone(store, record_property):
    await store.pool.execute(
        """
        INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, kind, text, urgency)
        SELECT $1, 'n' || n, -100200 - n % 20, 11 + n / 20 % 40, 'notice', 'words', 1 FROM generate_series(1, $2::int) n
        """,
        BOT_ID, ROWS,
    )  # fmt: skip
    await store.pool.execute("ANALYZE outbox")
    async with store.pool.acquire() as connection, connection.transaction():
        plan = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {QUERIES['claim_outbox']}",
            BOT_ID, [], [32, 12, 2], [4, 2, 1], [-100201], [11], [1],
        )  # fmt: skip
    (told,) = json.loads(plan)
    record_property("milliseconds", told["Execution Time"])
    assert "outbox" not in {scan["Relation Name"] for scan in scans(told["Plan"]) if scan["Node Type"] == "Seq Scan"}
    visited = sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans(told["Plan"]))
    assert visited < ROWS / 10


def scans(node):
    if "Relation Name" in node:
        yield node
    for child in node.get("Plans", ()):
        yield from scans(child)
