"""The fence: no late write of a former leader, no multixacts, and a successor that need not wait for ever."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.store import Store
from agent_gateway.store.database import AGAIN
from agent_gateway.store.leadership import take_over
from agent_gateway.store.sql import QUERIES, WRITING
from tests.conftest import BOT_ID
from tests.support.eventually import PATIENCE, eventually

pytestmark = pytest.mark.postgres


@pytest.fixture
async def other(store, dsn):
    """A successor."""
    other = await Store.open(dsn, BOT_ID)
    yield other
    await other.close()


async def test_a_take_over_waits_for_what_is_under_way_and_what_comes_later_is_refused(store, other, monkeypatch):
    monkeypatch.setattr("agent_gateway.store.leadership.FENCE_SECONDS", 60.0)
    async with store.transaction() as tx:
        taking = asyncio.create_task(take_over(other, "tg"))
        await until_waiting(store)
        late = asyncio.create_task(store.runs.seen([(1, 1)]))  # waits behind the take-over, and must see its epoch
        await until_waiting(store, 2)
        await tx.execute("add_audit", 1, "x", "y")
        assert not taking.done()
    await taking
    with pytest.raises(LeadershipLost):
        await late


async def test_a_release_that_knows_no_such_lock_waits_as_well(store, other):
    """What it sends is the row's update alone; the schema adds the lock."""
    async with store.transaction():
        taking = asyncio.create_task(other.pool.execute("UPDATE leader SET epoch = epoch + 1"))
        await until_waiting(store)
        assert not taking.done()
    await taking


@pytest.mark.parametrize("fence", [QUERIES["fence"], "SELECT 1 FROM leader WHERE bot_id = $1 AND epoch = $2 FOR SHARE"],
                         ids=["this release", "the one before"])  # fmt: skip
async def test_a_successor_ends_a_session_that_never_commits(store, other, dsn, fence):
    frozen = await asyncpg.connect(dsn)
    await frozen.execute("BEGIN")
    assert await frozen.fetchval(fence, BOT_ID, store.fence.epoch)
    async with other.pool.acquire() as connection:
        with pytest.raises(asyncpg.LockNotAvailableError):
            await take_over_within(connection, 200)
        ended = await connection.fetch(QUERIES["end_fenced_sessions"])
        assert [row[0] for row in ended] == [True]
        async with asyncio.timeout(PATIENCE):
            await take_over(other, "tg")
    frozen.terminate()


async def test_fenced_writes_use_no_multixacts(store):
    async def multixacts():
        return await store.pool.fetchval("SELECT next_multixact_id::text::bigint FROM pg_control_checkpoint()")

    async def write():
        for _ in range(10):
            await store.runs.seen([(1, 1)])

    await store.pool.execute("CHECKPOINT")
    before = await multixacts()
    await asyncio.gather(*(write() for _ in range(10)))
    await store.pool.execute("CHECKPOINT")
    assert await multixacts() == before


async def test_what_is_done_again_waits_for_no_disk(store):
    async def read(*, durable):
        async with store.transaction(durable=durable) as tx:
            return await tx._connection.fetchval("SHOW synchronous_commit")

    assert [await read(durable=durable) for durable in (False, True)] == ["off", "on"]
    assert AGAIN <= WRITING


async def take_over_within(connection, milliseconds):
    """What a gateway does that does not wait for ever."""
    async with connection.transaction():
        await connection.execute(QUERIES["limit_lock_wait"], str(milliseconds))
        await connection.execute(QUERIES["close_fence"])
        await connection.fetchval(QUERIES["take_over"], BOT_ID, "tg")


async def until_waiting(store, count=1):
    async def enough():
        return await store.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") >= count

    await eventually(enough)
