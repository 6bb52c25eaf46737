"""A gateway whose Postgres falls silent, loses a connection, or holds what a former gateway left."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

import asyncpg
import pytest

from agent_gateway.errors import OtherName
from agent_gateway.leader import Leader
from agent_gateway.store import Store
from agent_gateway.store.database import SESSION_SETTINGS
from agent_gateway.store.dsn import BadDsn
from agent_gateway.store.errors import Away
from agent_gateway.store.leadership import LeaderLock, take_over
from agent_gateway.store.schema import bring_up_to_date
from tests.conftest import BOT_ID
from tests.support.eventually import LONG, eventually
from tests.support.gateways import surroundings
from tests.support.wires import wires

pytestmark = pytest.mark.postgres
_HOLDER = """
import asyncio, sys
from agent_gateway.leader import Leader
from agent_gateway.store import Store

async def main(dsn, bot):
    store = await Store.open(dsn, bot)
    leader = Leader(store, lambda: dsn, "tg")
    await leader.acquire()
    async with store.transaction() as tx:
        await tx._connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        print("in the middle of a write", flush=True)
        await asyncio.Event().wait()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@contextlib.asynccontextmanager
async def frozen_holder(dsn):
    """Freeze a leader in the middle of a fenced write: its connections stand, and nothing comes over them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLDER, dsn, str(BOT_ID), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 120)
        process.send_signal(signal.SIGSTOP)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_leader_frozen_in_mid_transaction_is_followed_within_seconds(dsn):
    async with frozen_holder(dsn):
        store = await Store.open(dsn, BOT_ID)
        leader = Leader(store, lambda: dsn, "tg")
        async with asyncio.timeout(120):
            await leader.acquire()
        leader.check()
        await leader.release()
        await store.close()


async def test_a_successor_ends_the_session_that_is_in_its_way(dsn):
    """Without the server's own limits, which the holder's transaction has not."""
    async with frozen_holder(dsn):
        store = await Store.open(dsn, BOT_ID)
        former = await store.pool.fetchval("SELECT epoch FROM leader")
        assert (await take_over(store, "tg")).epoch > former
        await store.close()


async def test_a_silent_database_ends_the_gateway_within_seconds_and_is_told(tmp_path, dsn):
    async with wires(dsn) as wire, surroundings(tmp_path, wire.dsn) as around:
        gateway = await around.start()
        await gateway.until_logged("leading")
        await gateway.until_ready()
        wire.silence()

        async def told():
            status, words = await gateway.get("/readyz")
            return status == 0 or (status == 503 and "has not answered" in words)

        await eventually(told, timeout=LONG)
        assert await gateway.ended() == 1


async def test_a_database_that_falls_silent_while_it_leaves_does_not_hold_it(tmp_path, dsn):
    async with wires(dsn) as wire, surroundings(tmp_path, wire.dsn) as around:
        gateway = await around.start()
        await gateway.until_logged("leading")
        wire.silence()
        gateway.send(signal.SIGTERM)
        await gateway.ended()
        assert "did not end in time" not in gateway.log_file.read_text(), "which its watchdog says"


async def test_one_lost_connection_ends_nothing(tmp_path, dsn):
    async with wires(dsn) as wire, surroundings(tmp_path, wire.dsn) as around:
        gateway = await around.start()
        await gateway.until_logged("leading")
        for _ in range(5):
            before = wire.cut
            wire.lose_commits(1)
            around.say()
            await eventually(lambda before=before: wire.cut > before)
        assert await around.until_all_answered() == []
        assert gateway.process.returncode is None
        assert await gateway.get("/readyz") == (200, "ready")


async def test_a_standby_waits_for_a_database_that_is_away(tmp_path, store, dsn):
    async with surroundings(tmp_path, dsn) as around:
        leader = await around.start()
        await leader.until_logged("leading")
        standby = await around.start()
        await standby.until_ready()
        ended = await store.pool.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name LIKE 'openclaw-gateway-%' AND pid <> pg_backend_pid()"
        )
        assert ended >= 4
        assert await leader.ended() == 1
        await standby.until_logged("leading")
        around.say()
        assert await around.until_all_answered() == []


async def test_the_sessions_limits_hold_over_a_proxy(dsn):
    async with wires(dsn) as wire:
        store = await Store.open(wire.dsn, BOT_ID)
        rows = await store.pool.fetch(
            "SELECT name, source FROM pg_settings WHERE name = ANY($1)", list(SESSION_SETTINGS)
        )
        assert {row["name"]: row["source"] for row in rows} == dict.fromkeys(SESSION_SETTINGS, "client")
        lock = await LeaderLock.open(wire.dsn, BOT_ID, answer_seconds=60)
        assert await lock.try_take()
        await lock.close()
        await store.close()


async def test_a_pooler_that_drops_a_sessions_settings_is_told(dsn):
    async with wires(dsn) as wire:
        wire.rewritten = (b"idle_session_timeout", b"nobody.knows_setting")
        assert len(set(map(len, wire.rewritten))) == 1
        with pytest.raises(BadDsn, match="leads to a pooler"):
            await LeaderLock.open(wire.dsn, BOT_ID, answer_seconds=60)


async def test_another_name_of_the_bot_is_refused_when_the_lead_is_taken_too(store, dsn):
    other = await Store.open(dsn, BOT_ID)
    with pytest.raises(OtherName, match="calls its bot tg"):
        await take_over(other, "new")
    await other.close()


async def test_a_migration_waits_for_another_gateways_in_words(dsn):
    guard = await asyncpg.connect(dsn)
    await guard.execute("SELECT pg_advisory_lock(hashtext('openclaw-migrate'))")
    told = []
    waiting = asyncio.create_task(bring_up_to_date(dsn, told.append))
    await eventually(lambda: told, timeout=LONG)
    assert told == ["Another gateway brings the schema up to date."]
    await guard.close()
    await asyncio.wait_for(waiting, 120)


async def test_a_migration_has_a_deadline_and_leaves_no_process(dsn):
    guard = await asyncpg.connect(dsn)
    await guard.execute("SELECT pg_advisory_lock(hashtext('openclaw-migrate'))")
    with pytest.raises(Away, match="Another gateway"):
        await bring_up_to_date(dsn, lambda _: None, seconds=15)  # its process takes seconds to begin

    async def alone():
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'openclaw-gateway-schema'"
        return await guard.fetchval(query) == 0

    await eventually(alone)
    await guard.close()


async def test_a_migration_ends_with_its_gateway(tmp_path, dsn):
    guard = await asyncpg.connect(dsn)
    await guard.execute("SELECT pg_advisory_lock(hashtext('openclaw-migrate'))")

    async def migrating():
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'openclaw-gateway-schema'"
        return await guard.fetchval(query)

    async with surroundings(tmp_path, dsn) as around:
        gateway = await around.start()

        async def told():
            return "Another gateway brings the schema up to date." in (await gateway.get("/readyz"))[1]

        await eventually(told, timeout=LONG)
        assert await migrating() == 1
        gateway.send(signal.SIGKILL)
        await gateway.ended()

        async def gone():
            return await migrating() == 0

        await eventually(gone)
    await guard.close()
