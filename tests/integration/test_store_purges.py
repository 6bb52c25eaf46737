"""What is kept for a while goes in slices, history stays, and no purge hinders another."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_gateway.store.purges import PURGES, Purge, Purger, purge_slice
from agent_gateway.store.sql import QUERIES
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
BY_NAME = {purge.query: purge for purge in PURGES}

OLD = """
INSERT INTO threads (bot_id, chat_id, name) VALUES ($BOT, 1, 'tg-1'), ($BOT, 2, 'tg-2');
INSERT INTO threads (bot_id, chat_id, name, kind) SELECT $BOT, 1, 'sub-' || g, 'subagent' FROM generate_series(1, 5) g;
INSERT INTO turns (thread_id, text, state, created_at, ended_at) SELECT 1, 'old', 'done', now() - interval '20 days',
    now() - interval '19 days' FROM generate_series(1, 5);
INSERT INTO turns (thread_id, text, state, created_at) VALUES (2, 'long', 'started', now() - interval '20 days');
INSERT INTO turns (thread_id, text, state, created_at, ended_at) VALUES (1, 'new', 'done', now() - interval '1 day', now());
INSERT INTO reactions (turn_id) SELECT id FROM turns;
INSERT INTO turn_tools (turn_id, state) SELECT id, '{}' FROM turns;
INSERT INTO turn_views (turn_id) SELECT id FROM turns;
INSERT INTO steers (turn_id, kind, update_id, text, state) SELECT id, 'steer', 1, 'x', 'read' FROM turns;
INSERT INTO steers (turn_id, kind, update_id, text) SELECT id, 'edit', 2, 'x' FROM turns WHERE id = 1;
INSERT INTO inbox (bot_id, update_id, lane, payload, state, received_at) SELECT $BOT, g, 'x', '{}',
    CASE WHEN g = 6 THEN 'new' ELSE 'done' END, CASE WHEN g = 7 THEN now() ELSE now() - interval '3 days' END
    FROM generate_series(1, 7) g;
INSERT INTO files (thread_id, name, media_type, bytes, created_at) SELECT 1, 'f', 't', CASE WHEN g > 3 THEN 1 END,
    CASE WHEN g = 7 THEN now() ELSE now() - interval '2 hours' END FROM generate_series(1, 7) g;
INSERT INTO outbox (bot_id, dedupe_key, chat_id, kind, text, state, created_at, file_id) SELECT $BOT, 'k' || g, 1, 'reply', 'x',
    CASE WHEN g = 6 THEN 'held' ELSE 'sent' END, CASE WHEN g = 7 THEN now() ELSE now() - interval '15 days' END,
    CASE WHEN g = 6 THEN 6 END FROM generate_series(1, 7) g;
INSERT INTO subagents (thread_id, parent_id, parent_run, call_id, number, task, class_name, timeout, workspace, depth, state,
    finished_at) SELECT 2 + g, 1, 1, 'c' || g, g, 't', 'default', 1, 'Copy', 1, CASE WHEN g = 5 THEN 'created' ELSE 'finished' END,
    CASE g WHEN 5 THEN NULL WHEN 4 THEN now() ELSE now() - interval '31 days' END FROM generate_series(1, 5) g;
INSERT INTO session_entries (session_id, ordinal, entry_id, line) SELECT session_id, n, 'e' || n, '{}' FROM threads,
    generate_series(1, 10) n;
INSERT INTO workspaces (thread_id, run, bytes, created_at) SELECT t, g, 1, now() - interval '15 days' FROM generate_series(1, 2) g,
    unnest(ARRAY[1, 2, 3]) t;
INSERT INTO workspaces (thread_id, run, call_id, bytes, created_at) VALUES (1, 1, 'c1', 1, now() - interval '2 hours'),
    (1, 1, 'refused', 1, now() - interval '2 hours'), (1, 1, 'fresh', 1, now()), (1, 1, NULL, NULL, now() - interval '2 hours');
INSERT INTO confirms (action, bot_id, chat_id, person_id, subject, created_at) SELECT 'forget', $BOT, 1, 1, '[]',
    now() - g * interval '6 days' FROM generate_series(1, 4) g;
INSERT INTO pairings (bot_id, code, person_id, created_at) SELECT $BOT, 'c' || g, 1, now() - g * interval '20 hours'
    FROM generate_series(1, 3) g;
INSERT INTO audit (at, person_id, action, subject) VALUES (now() - interval '3 years', 1, 'kill', 'x');
"""
HISTORY = ("turns", "messages", "threads", "runs", "usage", "audit", "subagents", "past_sessions")


@pytest.fixture
async def aged(store):
    """A store with rows that are old enough to go, and others that are not."""
    await store.pool.execute(OLD.replace("$BOT", str(BOT_ID)))
    return store


async def purge_all(store, purge):
    """Slice by slice until nothing is left; return how many each removed."""
    slices = []
    while True:
        slices.append(await purge_slice(store, purge))
        if slices[-1] < purge.rows:
            return slices


@pytest.mark.parametrize(
    ("query", "left", "expected"),
    [
        ("purge_inbox", "SELECT update_id FROM inbox", [6, 7]),
        ("purge_outbox", "SELECT id FROM outbox", [6, 7]),
        ("purge_files", "SELECT id FROM files", [6, 7]),
        ("purge_reactions", "SELECT turn_id FROM reactions", [6, 7]),
        ("purge_tools", "SELECT turn_id FROM turn_tools", [6, 7]),
        ("purge_views", "SELECT turn_id FROM turn_views", [6, 7]),
        ("purge_steers", "SELECT turn_id FROM steers ORDER BY turn_id", [1, 6, 7]),
        ("purge_loose_workspaces", "SELECT id FROM workspaces WHERE call_id IS NOT NULL OR bytes IS NULL ORDER BY id", [7, 9]),
        ("purge_old_workspaces", "SELECT DISTINCT thread_id FROM workspaces WHERE call_id IS NULL AND bytes = 1 ORDER BY 1", [1, 2]),
        ("purge_confirms", "SELECT id FROM confirms ORDER BY id", [1, 2]),
        ("purge_pairings", "SELECT count(*) FROM pairings", [1]),
        ("purge_entries", "SELECT DISTINCT t.id FROM session_entries e JOIN threads t USING (session_id) ORDER BY 1", [1, 2, 6, 7]),
    ],
)  # fmt: skip
async def test_what_is_old_goes_in_slices_and_nothing_else(aged, query, left, expected):
    before = {table: await aged.pool.fetchval(f"SELECT count(*) FROM {table}") for table in HISTORY}
    slices = await purge_all(aged, replace(BY_NAME[query], rows=1))
    assert [row[0] for row in await aged.pool.fetch(left)] == expected
    assert len(slices) > 1
    assert set(slices[:-1]) == {1}
    assert before == {table: await aged.pool.fetchval(f"SELECT count(*) FROM {table}") for table in HISTORY}


def test_every_purge_is_kept_going():
    assert sorted(BY_NAME) == sorted(name for name in QUERIES if name.startswith("purge_"))


async def test_the_newest_workspace_of_a_conversation_stays_however_old(aged):
    await purge_all(aged, BY_NAME["purge_old_workspaces"])
    rows = await aged.pool.fetch("SELECT thread_id, run FROM workspaces WHERE call_id IS NULL AND bytes = 1 ORDER BY 1")
    assert [(row["thread_id"], row["run"]) for row in rows] == [(1, 2), (2, 2)]


async def test_a_purge_that_waits_for_a_lock_for_ever_hinders_no_other(aged, monkeypatch):
    monkeypatch.setattr("agent_gateway.store.purges.SLICE_SECONDS", 3.0)
    broken = Purge("purge_broken", 3600.0)
    monkeypatch.setitem(QUERIES, "purge_broken", "DELETE FROM inbox WHERE update_id / ($1::bigint - $1) = 1")
    async with aged.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT 1 FROM inbox FOR UPDATE")
        purging = asyncio.create_task(Purger(aged, lambda: None, [BY_NAME["purge_inbox"], broken, *PURGES[1:]]).run())
        await until(aged, "SELECT count(*) = 1 FROM pairings")
        await until(aged, "SELECT count(*) = 2 FROM outbox")
        assert await aged.pool.fetchval("SELECT count(*) FROM inbox") == 7
        purging.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await purging


async def test_a_former_leader_purges_nothing(aged, dsn):
    other = await Store.open(dsn, BOT_ID)
    try:
        await take_over(other, "tg")
        with pytest.raises(LeadershipLost):
            await purge_slice(aged, BY_NAME["purge_inbox"])
    finally:
        await other.close()
    assert await aged.pool.fetchval("SELECT count(*) FROM inbox") == 7


async def until(store, query):
    await eventually(lambda: store.pool.fetchval(query))
