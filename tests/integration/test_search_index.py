"""The index of words is built while messages are stored, anew where a killed build left a part of it, and once at a time."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from agent_gateway.store.errors import Away
from agent_gateway.store.schema import bring_up_to_date
from tests.support.eventually import LONG, eventually
from tests.support.spoken import hold, say

pytestmark = pytest.mark.postgres
TOOL = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'openclaw-gateway-schema' AND wait_event = 'virtualxid'"
INDEX = "SELECT oid, indisvalid FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relname = 'messages_words'"


async def test_messages_are_stored_while_the_index_is_built_anew_in_place_of_what_a_killed_build_left(store, dsn):
    mine = await hold(store, 42)
    await say(store, mine, "the unicorn lives")
    await store.pool.execute("DELETE FROM _yoyo_migration WHERE migration_id = '0051.words'")
    await store.pool.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'messages_words'::regclass")
    left_over = await store.pool.fetchrow(INDEX)
    other = await asyncpg.connect(dsn)
    reading = other.transaction(isolation="repeatable_read")
    building = None
    try:
        await reading.start()
        await other.fetchval(
            "SELECT count(*) FROM threads"
        )  # it sees what was then, so that the build waits for its end
        building = asyncio.create_task(bring_up_to_date(dsn, lambda _words: None))

        async def waits():
            return building.done() or await store.pool.fetchval(TOOL)

        await eventually(waits, timeout=LONG)
        assert not building.done()
        async with store.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '60s'")
            await connection.execute(
                "INSERT INTO messages (thread_id, role, text) VALUES ($1, 'user', 'meanwhile')", mine.id
            )
        building.cancel()  # whoever asked is killed; the server goes on
        await asyncio.gather(building, return_exceptions=True)
        with pytest.raises(Away, match="others use a table"):
            await bring_up_to_date(dsn, lambda _words: None)
        await reading.rollback()

        async def is_built():
            return await store.pool.fetchval(f"SELECT indisvalid FROM ({INDEX}) made")

        await eventually(is_built, timeout=LONG)
    finally:
        await other.close()
        if building is not None:
            building.cancel()
    built = await store.pool.fetchval(f"SELECT oid FROM ({INDEX}) made")
    await bring_up_to_date(dsn, lambda _words: None)
    assert left_over["oid"] != built == await store.pool.fetchval(f"SELECT oid FROM ({INDEX}) made")


async def test_marks_in_the_worst_order_are_cut_in_no_time(store):
    async with store.pool.acquire() as connection:
        await connection.execute(
            "SET statement_timeout = '1500ms'"
        )  # in one piece it takes twice that, as a slice nothing
        cut = await connection.fetchval(
            "SELECT tsvector_to_array(openclaw_words(7, $1))",
            "a " + "\u0301" * 9990 + "\u0316" * 9990 + " e" + "\u0301",
        )
    assert {"#7", "a", "e"} <= set(cut)
