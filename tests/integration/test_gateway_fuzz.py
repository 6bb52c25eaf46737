"""Five hundred odd updates through the inbox and the dispatcher, on a real Postgres."""

from __future__ import annotations

import pytest

from tests.support.desk import message, running_desk
from tests.support.eventually import eventually
from tests.support.oddupdates import build_odd

pytestmark = pytest.mark.postgres
ODD, EVERY = 500, 25


async def test_odd_updates_hold_up_nothing(store):
    async with running_desk(store, reconcile=False) as desk:
        updates = []
        for seed in range(ODD):
            updates.append(build_odd(seed))
            if seed % EVERY == 0:
                updates.append(message(f"whole {seed}", number=10_000 + seed, chat=7, user=7))
        await desk.take(*updates)

        async def all_done():
            return not await store.pool.fetchval("SELECT count(*) FROM inbox WHERE state = 'new'")

        await eventually(all_done, timeout=240)
        asked = await store.pool.fetch("SELECT text FROM turns WHERE text LIKE 'whole %' ORDER BY id")
        lines = [line for row in asked for line in row["text"].split("\n")]  # what is written in a row is one question
        assert lines == [f"whole {seed}" for seed in range(0, ODD, EVERY)]
        dead = await store.pool.fetch("SELECT error, payload FROM inbox WHERE state = 'dead'")
        assert 0 < len(dead) < ODD
        assert all(row["error"] and "hello" not in row["error"] for row in dead)
        assert await store.pool.fetchval("SELECT count(*) FROM inbox WHERE error LIKE 'it cannot be handled%'") == 0
