"""A database that can only be read: told in words while it lasts, and over by itself."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg
import pytest

from agent_gateway.leader import Leader
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.schema import bring_up_to_date
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.postgres import running_postgres
from tests.support.stored import CHAT

pytestmark = pytest.mark.postgres
WORDS = "Postgres can only be read now"


@pytest.fixture(scope="module")
def server():
    """A server of its own: what is set on it is set for all its databases."""
    with running_postgres() as dsn:
        yield dsn


@contextlib.asynccontextmanager
async def read_only(dsn):
    connection = await asyncpg.connect(dsn)
    await connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    await connection.execute("SELECT pg_reload_conf()")
    await eventually(lambda: begins(dsn, "on"))
    try:
        yield
    finally:
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
        await eventually(lambda: begins(dsn, "off"))


async def begins(dsn, expected):
    """Say whether a session begins so: the server reads its settings again a moment after it is told to."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("SHOW default_transaction_read_only") == expected
    finally:
        await connection.close()


async def test_a_leader_that_cannot_write_is_not_ready_and_says_why(server):
    await bring_up_to_date(server, lambda _words: None)
    store = await Store.open(server, BOT_ID, size=2)
    leader = Leader(store, lambda: server, "tg")
    await leader.acquire()
    holding = asyncio.create_task(leader.hold())
    assert leader.problem is None
    async with read_only(server):
        await eventually(lambda: (leader.problem or "").startswith(WORDS))
        with pytest.raises(Away, match=WORDS):
            await store.outbox.put(CHAT, "one", "one")
    await eventually(lambda: leader.problem is None)
    await store.outbox.put(CHAT, "one", "one")
    assert not holding.done(), "nobody needs another gateway for it"
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    await leader.release()
    await store.close()


async def test_a_schema_that_cannot_be_brought_up_to_date_says_why(server):
    async with read_only(server):
        with pytest.raises(Away, match=WORDS):
            await bring_up_to_date(server, lambda _words: None)
