"""What counts as old is said by the database's clock and by answers; a rule that is taken back deletes nothing more."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from agent_gateway.retention import keeper as keeping
from agent_gateway.retention.keeper import RetentionKeeper
from tests.integration.test_retention import NOW, Classes, end_run, look, settle
from tests.support.confirms import idle, idle_group
from tests.support.desk import running_desk
from tests.support.stored import count_lines

pytestmark = pytest.mark.postgres


async def test_an_answer_that_came_late_is_as_old_as_itself(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        await store.sessions.add_entries(thread, 1, 3, ['{"id":"kept"}'])
        await end_run(store, thread)
        await store.pool.execute("UPDATE turns SET created_at = created_at - interval '40 days'")
        await look(store, 0, messageDays=30)
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2
        assert (await store.threads.by_id(thread.id)).session_id == thread.session_id
        assert await count_lines(store, thread.session_id) == 1
        await look(store, 31, messageDays=30)
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 0


async def test_a_gateway_whose_clock_is_wrong_deletes_nothing(store, monkeypatch):
    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=365)

    monkeypatch.setattr(keeping, "datetime", Ahead)
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        await end_run(store, thread)
        keeper = RetentionKeeper(store, Classes(messageDays=30), lambda: None)
        await keeper.note_rules()
        await settle(store)
        await keeper.look()
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2
        await store.pool.execute("UPDATE turns SET created_at = created_at - interval '40 days', ended_at = NULL")
        await keeper.look()
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 0


async def test_a_rule_that_is_taken_back_ends_a_look_that_is_under_way(store, monkeypatch):
    monkeypatch.setattr(keeping, "PAGE", 1)
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        group, _ = await idle_group(desk)
        for one in (thread, group):
            await end_run(store, one)
        classes = Classes(messageDays=30)
        keeper = RetentionKeeper(
            store, classes, lambda: classes.days.update(messageDays=None), lambda: NOW + timedelta(days=31)
        )
        await keeper.note_rules()
        await settle(store)
        await keeper.look()
        rows = await store.pool.fetch("SELECT DISTINCT thread_id FROM messages")
        assert [row["thread_id"] for row in rows] == [max(thread.id, group.id)]
