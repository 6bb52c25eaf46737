"""DATABASE_URLs of other people's databases, with a real Postgres and a real pooler behind them."""

from __future__ import annotations

import asyncio
import os
import sys
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiohttp.test_utils import unused_port

from agent_gateway.store import Store
from agent_gateway.store.database import SESSION_SETTINGS
from agent_gateway.store.dsn import BadDsn
from agent_gateway.store.leadership import LeaderLock
from agent_gateway.store.schema import bring_up_to_date
from tests.support.pgbouncer import running_pgbouncer
from tests.support.simulated import BOT_ID

DROPPED = ",".join([*SESSION_SETTINGS, "idle_session_timeout", "extra_float_digits", "options"])


async def serves(dsn):
    """Use a DSN as a gateway does: the pool, the migration, the lock."""
    store = await Store.open(dsn, BOT_ID, size=2)
    try:
        await bring_up_to_date(dsn, lambda _words: None)
        lock = await LeaderLock.open(dsn, BOT_ID, answer_seconds=60)
        assert await lock.try_take()
        await lock.close()
        return await store.pool.fetchval("SELECT current_database()")
    finally:
        store.abandon()


async def test_of_several_hosts_the_one_that_can_write_is_found(dsn):
    at = urlsplit(dsn)
    several = f"postgresql://{at.username}:p@ss@127.0.0.1:{unused_port()},{at.hostname}:{at.port}{at.path}"
    assert await serves(several) == at.path[1:]


async def test_options_of_other_clients_are_left_out(dsn):
    assert await serves(f"{dsn}?connect_timeout=10&application_name=me&channel_binding=prefer&sslmode=prefer")


async def test_the_migrations_sessions_have_their_limits(dsn):
    """Given beside what the DSN itself says to the server."""
    assert await serves(f"{dsn}?options=-c%20application_name%3Dme")


NAMELESS = """
import pwd, sys
def find(number):
    raise KeyError(f"uid not found: {number}")
pwd.getpwuid = find
from agent_gateway.store.migrate import main
sys.exit(main())
"""


async def test_a_user_without_a_name_brings_the_schema_up_to_date(dsn):
    """As OpenShift chooses one."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    named = {"LOGNAME", "USER", "LNAME", "USERNAME"}
    environment = {k: v for k, v in os.environ.items() if k not in named} | {"DATABASE_URL": dsn}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", NAMELESS, env=environment)
    assert await process.wait() == 0
    assert await connection.fetchval("SELECT count(*) FROM leader") == 0
    await connection.close()


@pytest.mark.parametrize("ignored", ["", DROPPED])
async def test_a_pooler_for_transactions_is_told(dsn, ignored):
    with (
        running_pgbouncer(dsn, "transaction", ignored=ignored) as pooled,
        pytest.raises(BadDsn, match="leads to a pooler"),
    ):
        await serves(pooled)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://openclaw:pa#ss/word@db.example:5432/openclaw", "write # as %23"),
        ("postgresql://openclaw:secret@db.example:6543/openclaw?pgbouncer=true", "option pgbouncer"),
    ],
)
async def test_a_gateway_with_a_url_that_cannot_be_used_ends_with_64_and_words(url, words):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent_gateway", env={**os.environ, "DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    assert process.returncode == 64
    assert words in printed.decode()
    assert "pa#ss" not in printed.decode()
    assert "secret" not in printed.decode()
