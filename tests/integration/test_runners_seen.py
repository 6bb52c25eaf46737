"""That connections live is one write for all of them, on a real Postgres."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from agent_gateway.runners.registry import Registry
from agent_gateway.runners.seen import SeenKeeper
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.played import PlayedRunner

pytestmark = pytest.mark.postgres


async def test_connected_runners_are_seen_and_no_others(store):
    await store.pool.execute(
        "INSERT INTO threads (bot_id, chat_id, name) SELECT $1, g, 'tg-' || g FROM generate_series(1, 4) g", BOT_ID
    )
    await store.pool.execute(
        "INSERT INTO runs (thread_id, number, state, seen_at) SELECT id, 2, 'live', 'epoch' FROM threads"
    )
    registry = Registry()
    for thread_id, run in ((1, 2), (2, 2), (3, 1), (4, 2)):
        registry.attach(thread_id, run, "pod", runner := PlayedRunner(), ready=True)
    registry.detach(4, runner)
    async with store.pool.acquire() as writer, writer.transaction():
        await writer.execute("UPDATE runs SET acked_seq = 1 WHERE thread_id = 2")  # being written: it holds up nobody
        task = asyncio.create_task(SeenKeeper(store, registry, every=0.05).run())
        seen = "SELECT array_agg(thread_id ORDER BY thread_id) FROM runs WHERE seen_at > 'epoch'"
        await eventually(lambda: store.pool.fetchval(seen))
        assert await store.pool.fetchval(seen) == [1]

    async def both():
        return await store.pool.fetchval(seen) == [1, 2]

    await eventually(both)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
