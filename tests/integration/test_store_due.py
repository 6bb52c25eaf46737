"""What is due stands in the row; a run's limits and refused writes do too."""

from __future__ import annotations

import json

import pytest

from agent_contract.terms import Timeouts
from agent_gateway.store.rows import Address
from agent_gateway.store.sql import QUERIES
from tests.conftest import BOT_ID

pytestmark = pytest.mark.postgres


@pytest.fixture
async def threads(store):
    """Ids of five conversations."""
    rows = await store.pool.fetch(
        "INSERT INTO threads (bot_id, chat_id, name) SELECT $1, g, 'tg-' || g FROM generate_series(1, 5) g RETURNING id",
        BOT_ID,
    )
    return [row["id"] for row in rows]


async def ask(store, name, *args):
    return await store.pool.fetch(QUERIES[name], *args)


async def test_what_is_marked_is_due_oldest_first_until_it_is_settled(store, threads):
    await ask(store, "mark_due", threads[2:4])
    await ask(store, "mark_due", threads[:1])
    due = await ask(store, "due_threads", BOT_ID, 10, 0)
    assert [row["id"] for row in due] == [threads[2], threads[3], threads[0]]
    assert [row["id"] for row in await ask(store, "due_threads", BOT_ID, 1, 0)] == [threads[2]]
    assert await ask(store, "due_threads", BOT_ID, 10, 60) == []
    for row in due:
        assert await ask(store, "settle_due", row["id"], row["due_at"])
    assert await ask(store, "due_threads", BOT_ID, 10, 0) == []


async def test_a_mark_that_comes_while_a_thread_is_looked_at_is_not_settled_with_it(store, threads):
    await ask(store, "mark_due", threads[:1])
    [read] = await ask(store, "due_threads", BOT_ID, 10, 0)
    await ask(store, "mark_due", threads[:1])
    assert await ask(store, "settle_due", read["id"], read["due_at"]) == []
    [again] = await ask(store, "due_threads", BOT_ID, 10, 0)
    assert (again["due_at"] - read["due_at"]).total_seconds() < 0.001  # it is due since then, whatever came later


async def test_open_threads_are_paged_through_once_each(store, threads):
    await store.pool.execute(
        "INSERT INTO runs (thread_id, number, state) SELECT unnest($1::bigint[]), 1, 'live'", threads[:3]
    )
    await store.pool.execute(
        "INSERT INTO turns (thread_id, text) SELECT unnest($1::bigint[]), 'x' UNION ALL SELECT $2, 'y'",
        threads[1:4],
        threads[1],
    )
    await store.pool.execute("INSERT INTO turns (thread_id, text, state) VALUES ($1, 'x', 'done')", threads[4])
    found, after = [], 0
    while page := await ask(store, "open_threads_page", after, 2):
        found += [row["thread_id"] for row in page]
        after = found[-1]
    assert found == threads[:4]


async def test_a_run_keeps_the_limits_it_was_wanted_with(store, threads):
    await store.runs.want(threads[0], 1, None, "big", Timeouts(turn=3600))
    await store.runs.want(threads[0], 1, "uid", "small", Timeouts(turn=5))
    await store.runs.want(threads[0], 1, "uid")
    row = await store.pool.fetchrow("SELECT * FROM runs WHERE thread_id = $1", threads[0])
    assert (row["class_name"], json.loads(row["limits"])["turn"], row["thread_uid"]) == ("big", 3600, "uid")


async def test_refused_writes_are_counted_until_one_is_accepted(store, threads):
    await store.runs.want(threads[0], 1, None)
    assert [(await ask(store, "write_refused", threads[0], 1, 60, "no room"))[0]["attempts"] for _ in range(2)] == [
        1,
        2,
    ]
    row = await store.pool.fetchrow("SELECT attempts, next_at > now() + interval '50 seconds' AS waits FROM runs")
    assert (row["attempts"], row["waits"]) == (2, True)
    await ask(store, "write_accepted", threads[0], 1)
    row = await store.pool.fetchrow("SELECT attempts, next_at FROM runs")
    assert (row["attempts"], row["next_at"]) == (0, None)


async def test_a_title_is_told_once_and_the_next_renaming_again(store, threads):
    address = Address(BOT_ID, 1)
    async with store.transaction() as tx:
        await tx.venues.rename_topic(address, "new")
    [named] = await store.venues.renamed()
    async with store.transaction() as tx:
        await tx.venues.rename_topic(address, "newer")
    await store.venues.title_written(named)
    [again] = await store.venues.renamed()
    assert again.title == "newer"
    await store.venues.title_written(again)
    assert await store.venues.renamed() == []
