"""What is older than the rule of its class goes from everywhere; what is younger, or of another class, stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.resources.reading import read_class
from agent_gateway.retention import keeper as keeping
from agent_gateway.retention.keeper import RetentionKeeper
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Final
from agent_gateway.store.leadership import take_over
from agent_gateway.store.retention import SETTLING_SECONDS, Rule
from agent_gateway.store.rows import TurnState
from tests.conftest import BOT_ID
from tests.integration.test_gateway_forget import fill, places_with
from tests.support.confirms import idle, idle_group
from tests.support.desk import running_desk
from tests.support.eventually import eventually
from tests.support.stored import count_lines

pytestmark = pytest.mark.postgres
NOW = datetime.now(UTC)


class Classes:
    """AgentClasses as last read."""

    def __init__(self, **days):
        self.synced = True
        self.days = days

    def all(self):
        return [read_class({"metadata": {"name": "default"}, "spec": {"retention": self.days}})] if self.days else []


def build_keeper(store, days=0, **rule):
    """Build a keeper so many days from now."""
    return RetentionKeeper(store, Classes(**rule), lambda: None, lambda: NOW + timedelta(days=days))


async def settle(store):
    """Let the rules be as old as rules have to be."""
    await store.pool.execute(
        "UPDATE retention SET changed_at = changed_at - $1 * interval '1 second'", float(SETTLING_SECONDS + 1)
    )


async def look(store, days, **rule):
    """Look with a rule, so many days from now."""
    keeper = build_keeper(store, days, **rule)
    await keeper.note_rules()
    await settle(store)
    await keeper.look()


async def end_run(store, thread, number=1):
    await store.runs.end(thread.id, number, "IdleTimeout", None)


async def test_old_words_are_gone_from_everywhere_and_the_session_begins_anew(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk, words="secret")
        thread = await fill(desk, thread)
        await end_run(store, thread)
        before = await places_with(store, "secret")
        await look(store, 29, messageDays=30)
        assert await places_with(store, "secret") == before
        await look(store, 31, messageDays=30)
        left = await places_with(store, "secret")
        # raw updates go after two days, sent files when nothing speaks of them, kept files by their own rule
        assert left <= {"inbox", "files", "file_chunks", "workspace_chunks", "outbox", "approvals"}
        assert not left & {"messages", "turns", "session_entries", "pictures", "subagents", "turn_tools", "steers"}
        now = await store.threads.by_id(thread.id)
        assert (now.session_id != thread.session_id, now.name) == (True, "tg-42")
        assert await store.pool.fetchval("SELECT count(*) FROM past_sessions") == 0
        assert await store.pool.fetchval("SELECT count(*) FROM turns WHERE text = ''") == 2


async def test_a_conversation_that_goes_on_keeps_its_session_and_what_is_young(store):
    async with running_desk(store) as desk:
        thread, runner = await idle(desk, words="secret")
        await store.sessions.add_entries(thread, 1, 3, ['{"id":"kept"}'])
        await store.pool.execute(
            "UPDATE turns SET created_at = created_at - interval '40 days', ended_at = ended_at - interval '40 days'"
        )
        await store.pool.execute("UPDATE messages SET created_at = created_at - interval '40 days'")
        await desk.say("young")
        await eventually(lambda: len(runner.turns) == 2)
        await store.turns.end(runner.turns[1].id, 1, 4, TurnState.DONE, None, Final("answer"))
        await look(store, 0, messageDays=30)
        assert [row["text"] for row in await store.pool.fetch("SELECT text FROM turns ORDER BY id")] == ["", "young"]
        assert [row["text"] for row in await store.pool.fetch("SELECT text FROM messages ORDER BY id")] == [
            "young",
            "answer",
        ]
        assert (await store.threads.by_id(thread.id)).session_id == thread.session_id
        assert await count_lines(store, thread.session_id) == 1


async def test_a_session_is_not_ended_while_a_run_has_it_or_a_message_waits(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk, words="secret")
        await store.sessions.add_entries(thread, 1, 3, ['{"id":"kept"}'])
        await look(store, 31, messageDays=30)
        assert (await store.threads.by_id(thread.id)).session_id == thread.session_id
        assert await count_lines(store, thread.session_id) == 1
        await end_run(store, thread)
        await look(store, 31, messageDays=30)
        assert (await store.threads.by_id(thread.id)).session_id != thread.session_id
        assert await count_lines(store, thread.session_id) == 0


async def test_earlier_sessions_go_by_the_day_they_ended_with_their_names(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        await store.sessions.add_entries(thread, 1, 3, ['{"id":"old"}'])
        async with store.transaction() as tx:
            await tx.past.name(thread.id, "secret name")
            await tx.threads.begin_session(thread.id)
        fresh = await store.threads.by_id(thread.id)
        await store.pool.execute("UPDATE past_sessions SET ended_at = ended_at - interval '31 days'")
        await look(store, 0, messageDays=30)
        assert await places_with(store, "secret name") == set()
        assert await count_lines(store, thread.session_id) == 0
        assert (await store.threads.by_id(thread.id)).session_id == fresh.session_id
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2


async def test_files_go_by_their_own_rule_and_the_next_run_is_told(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)

        async def chunks():
            yield b"secret"

        await store.workspaces.save(thread.id, 1, None, chunks())
        await store.pool.execute("UPDATE runs SET files = 'kept'")
        await look(store, 31, fileDays=30)
        assert await store.pool.fetchval("SELECT count(*) FROM workspaces") == 1, "a run may still ask for them"
        await end_run(store, thread)
        assert not await store.retention.is_let_go(thread.id, 1)
        await look(store, 29, fileDays=30)
        assert await store.pool.fetchval("SELECT count(*) FROM workspaces") == 1
        await look(store, 31, fileDays=30)
        assert await store.pool.fetchval("SELECT count(*) FROM workspaces") == 0
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2
        assert await store.retention.is_let_go(thread.id, 1)


async def test_of_a_conversation_that_goes_on_the_newest_files_stay(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        await store.pool.execute(
            """
            INSERT INTO kept_states (thread_id, run, packs, body, files, bytes, over, created_at)
            SELECT $1, 1, '{}', '', 1, 1, 0, now() - g * interval '10 days' FROM generate_series(5, 3, -1) g
            """,
            thread.id,
        )
        await end_run(store, thread)
        await look(store, 0, fileDays=25)
        assert await store.pool.fetchval("SELECT array_agg(id) FROM kept_states") == [3]
        await look(store, 26, fileDays=25)
        assert await store.pool.fetchval("SELECT count(*) FROM kept_states") == 0


async def test_single_calls_go_and_nothing_else(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        await store.pool.execute(
            """
            INSERT INTO usage (thread_id, run, provider, model, input, output, status, milliseconds, created_at)
            SELECT $1, 1, 'zai', 'glm', 1, 1, 200, 1, now() - g * interval '1 day' - interval '12 hours' FROM generate_series(0, 9) g
            """,
            thread.id,
        )
        await look(store, 0, usageDays=7)
        assert await store.pool.fetchval("SELECT count(*) FROM usage") == 7
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2


async def test_a_conversation_of_another_class_keeps_everything(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        group, _ = await idle_group(desk)
        await store.pool.execute("UPDATE runs SET class_name = 'other' WHERE thread_id = $1", group.id)
        for one in (thread, group):
            await end_run(store, one)
        await look(store, 31, messageDays=30)
        rows = await store.pool.fetch("SELECT DISTINCT thread_id FROM messages")
        assert [row["thread_id"] for row in rows] == [group.id]


async def test_a_sub_agent_goes_by_the_class_of_its_conversation(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        await fill(desk, thread)
        child = await store.pool.fetchval("SELECT thread_id FROM subagents")
        await store.runs.want(child, 1, "uid-child")
        await store.pool.execute("UPDATE runs SET class_name = 'reviewers', state = 'over' WHERE thread_id = $1", child)
        await look(store, 29, messageDays=30)
        assert "subagents" in await places_with(store, "secret")
        await look(store, 31, messageDays=30)
        assert "subagents" not in await places_with(store, "secret")


async def test_a_rule_that_was_changed_deletes_nothing_for_an_hour(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        await end_run(store, thread)
        keeper = build_keeper(store, 31, messageDays=30)
        await keeper.note_rules()
        await keeper.look()
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2
        await settle(store)
        await build_keeper(store, 31, messageDays=3).note_rules()
        await keeper.look()
        assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2
        await build_keeper(store, 31, usageDays=90).note_rules()
        assert await store.retention.rules() == [Rule("default", None, None, 90)]


async def test_nothing_is_noted_of_classes_that_were_not_read(store):
    keeper = build_keeper(store, 31, messageDays=30)
    keeper._classes.synced = False
    await keeper.note_rules()
    assert await store.retention.rules() == []


async def test_a_long_history_goes_in_slices_and_a_turn_that_waits_stays(store, monkeypatch):
    monkeypatch.setattr("agent_gateway.store.retention.TURNS", 3)
    monkeypatch.setattr(keeping, "TURNS", 3)
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread_id = await store.pool.fetchval("SELECT id FROM threads")
        await store.pool.execute(
            "DELETE FROM messages; DELETE FROM reactions; DELETE FROM turn_parts; DELETE FROM turns"
        )
        await store.pool.execute(
            """
            INSERT INTO turns (thread_id, text, state, ended_at) SELECT $1, 'old', CASE WHEN g = 8 THEN 'queued' ELSE 'done' END, now()
            FROM generate_series(1, 9) g
            """,
            thread_id,
        )
        await store.runs.want(thread_id, 1, "uid-1", class_name="default")
        await look(store, 31, messageDays=30)
        texts = [row["text"] for row in await store.pool.fetch("SELECT text FROM turns ORDER BY id")]
        assert texts == [""] * 7 + ["old"] * 2


async def test_a_former_leader_deletes_nothing(store, dsn):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        await end_run(store, thread)
        keeper = build_keeper(store, 31, messageDays=30)
        await keeper.note_rules()
        await settle(store)
    other = await Store.open(dsn, BOT_ID)
    try:
        await take_over(other, "tg")
        with pytest.raises(LeadershipLost):
            await keeper.look()
    finally:
        await other.close()
    assert await store.pool.fetchval("SELECT count(*) FROM messages") == 2
