"""Who writes: one leader, over connections and migrations that are killed."""

from __future__ import annotations

import asyncio
import os
import sys

import asyncpg
import pytest

from agent_gateway.errors import LeadershipLost, OtherBot
from agent_gateway.leader import Leader
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.leadership import take_over
from tests.conftest import BOT_ID
from tests.support.stored import CHAT, make_thread, make_turn

pytestmark = pytest.mark.postgres


async def test_a_claimed_row_is_sent_by_the_next_leader(store):
    await store.outbox.put(CHAT, "one", "one")
    assert len(await store.outbox.claim([])) == 1
    await take_over(store, "tg")
    assert len(await store.outbox.claim([])) == 1


async def test_a_former_leader_writes_nothing(store, dsn):
    thread = await make_thread(store)
    other = await Store.open(dsn, BOT_ID)
    try:
        await take_over(other, "tg")
        with pytest.raises(LeadershipLost):
            await make_turn(store, thread)
        await make_turn(other, thread)
    finally:
        await other.close()


async def test_a_database_of_another_bot_is_refused(store, dsn):
    other = await Store.open(dsn, BOT_ID + 1)
    try:
        with pytest.raises(OtherBot, match="belongs to bot"):
            await take_over(other, "tg")
    finally:
        await other.close()


async def test_the_lock_passes_on_when_its_holder_is_killed(store, dsn):
    leader = Leader(store, lambda: dsn, "tg")
    await leader.acquire()
    leader.check()
    other_store = await Store.open(dsn, BOT_ID)
    other = Leader(other_store, lambda: dsn, "tg")
    waiting = asyncio.create_task(other.acquire())
    holding = asyncio.create_task(leader.hold())
    await store.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE d.datname = current_database() AND locktype = 'advisory' AND granted AND mode = 'ExclusiveLock'"
    )
    await waiting
    with pytest.raises(LeadershipLost):
        await holding
    with pytest.raises(LeadershipLost):
        leader.check()
    other.check()
    await other.release()
    await other_store.close()


async def test_killed_connections_lose_no_turn(store, dsn):
    thread = await make_thread(store)

    async def add(update):
        for _ in range(20):
            try:
                return await make_turn(store, thread, update)
            except Away:
                continue
        raise AssertionError("never got through")

    async def kill():
        killer = await asyncpg.connect(dsn)  # no connection of the pool, which might end while it is lent
        try:
            for _ in range(10):
                await killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
                )
        finally:
            await killer.close()

    await asyncio.gather(kill(), *(add(update) for update in range(100, 160)))
    assert await store.turns.count_queued(thread.id) == 60


@pytest.mark.parametrize(
    "left_behind",
    ["INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 999)", "DELETE FROM _yoyo_migration"],
    ids=["its lock", "a migration that is not noted as applied"],
)
async def test_a_migration_that_was_killed_is_begun_again(store, dsn, left_behind):
    await make_thread(store)
    await store.pool.execute(left_behind)
    environment = {**os.environ, "DATABASE_URL": dsn}
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent_gateway.store.migrate", env=environment, stderr=asyncio.subprocess.PIPE
        )
        _, words = await process.communicate()
        assert process.returncode == 0, words
    assert len(await store.threads.newest()) == 1


async def test_two_migrations_at_once_take_turns(store, dsn):
    await store.pool.execute("DELETE FROM _yoyo_migration")
    environment = {**os.environ, "DATABASE_URL": dsn}
    command = [sys.executable, "-m", "agent_gateway.store.migrate"]
    both = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(2)]
    assert await asyncio.gather(*(process.wait() for process in both)) == [0, 0]


async def test_a_database_that_is_away_is_told_without_its_password():
    with pytest.raises(Away, match="out of reach") as caught:
        await Store.open("postgresql://user:secret@127.0.0.1:1/none", BOT_ID)
    assert "secret" not in str(caught.value)
