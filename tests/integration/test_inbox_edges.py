"""The inbox beside an API server that hangs, locks that others hold, and commits whose answer is lost. On a real Postgres."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from agent_contract import wire
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from agent_gateway.wording import keys
from agent_gateway.wording.threads import PAGE
from tests.support.desk import ADMIN, GROUP, PERSON, STRANGER, message, running_desk
from tests.support.eventually import eventually
from tests.support.played import lost_answers

pytestmark = pytest.mark.postgres
READING = ("/status", "/threads", "/help", "/start", "/whoami", "/subagents", "/verbose", "/think", "/model")


def hang(desk):
    """Let the API server accept calls and answer none."""

    async def silent(_name):
        await asyncio.Event().wait()

    desk.resources.find_class = silent


async def begin(desk, text="hello"):
    await desk.say(text)
    thread = await desk.run_wanted("tg-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    await desk.store.turns.started(runner.turns[0].id, 1, 1)
    return thread, runner.turns[0], runner


async def test_while_the_api_server_hangs_status_is_answered_and_messages_are_taken(store):
    hanging, over = [], asyncio.Event()

    async def silent(name):
        hanging.append(name)
        await over.wait()
        raise TimeoutError  # as the bound of such a wait does, of which the next test tells

    async with running_desk(store, reconcile=False) as desk:
        await desk.say("first")
        desk.resources.find_class = silent
        desk.dispatcher._facts._seconds = 600.0
        await desk.take(*(message("/status") for _ in range(12)))
        await eventually(lambda: len(hanging) == 12)  # not four at a time, one behind another
        await desk.take(message("meanwhile", chat=ADMIN, user=ADMIN))

        async def taken():
            thread = await store.threads.by_name(f"tg-{ADMIN}")
            return thread is not None and await store.turns.count_queued(thread.id) == 1

        await eventually(taken)
        idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in tra%'"
        assert await store.pool.fetchval(idle) == 0
        over.set()
        await desk.settled()
        assert len([text for text in await desk.said() if text.startswith(keys.state_waiting("en"))]) == 12


async def test_a_sub_agent_is_not_begun_on_a_class_that_nobody_has_read(store):
    async with running_desk(store, reconcile=False) as desk:
        hang(desk)
        await desk.say("/spawn count the stars")
        assert await desk.said() == [keys.subagents_limits_unknown("en")]
        assert await store.pool.fetchval("SELECT count(*) FROM subagents") == 0


@pytest.mark.parametrize("command", READING)
async def test_a_command_that_only_reads_waits_for_no_lock(store, dsn, command):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name("tg-42")
        await store.runs.want(thread.id, 1, "uid-1")
        other = await asyncpg.connect(dsn)
        async with other.transaction():
            await other.execute("SELECT 1 FROM threads FOR UPDATE")
            await other.execute("SELECT 1 FROM runs FOR UPDATE")
            await desk.say(command)
        await other.close()
        assert len(await desk.said()) == 1


async def test_a_revoke_whose_commit_was_not_answered_shuts_out_all_the_same(store):
    async with running_desk(store, reconcile=False) as desk:
        async with store.transaction() as tx:
            await tx.access.allow(STRANGER, ADMIN)
        await desk.say("hello", chat=STRANGER, user=STRANGER)
        thread = await store.threads.by_name(f"tg-{STRANGER}")
        with lost_answers(store) as lost:
            await desk.take_quietly(message(f"/revoke {STRANGER}", chat=ADMIN, user=ADMIN))
            await desk.settled()
            assert len(lost) >= 2  # what put it into the inbox, and what took it
        assert keys.revoked("en", id=str(STRANGER)) in await desk.said()
        await desk.say("do it", chat=STRANGER, user=STRANGER)
        asked = await store.pool.fetch("SELECT state, text FROM turns WHERE thread_id = $1", thread.id)
        assert [(row["state"], row["text"]) for row in asked] == [("cancelled", "hello")]


async def test_an_approval_whose_commit_was_not_answered_lets_in_all_the_same(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        await desk.say("hi", chat=STRANGER, user=STRANGER)
        code = (await desk.said("notice"))[-1].rsplit(" ", 1)[-1]
        with lost_answers(store) as lost:
            await desk.take_quietly(message(f"/approve {code}", chat=ADMIN, user=ADMIN))
            await desk.settled()
            assert len(lost) >= 2  # what put it into the inbox, and what took it
        await desk.say("do it", chat=STRANGER, user=STRANGER)
        thread = await store.threads.by_name(f"tg-{STRANGER}")
        assert [turn.text for turn in await store.turns.queued(thread.id)] == ["do it"]


async def test_a_group_that_moved_is_known_though_the_commit_was_not_answered(store):
    old, new = -555, -100777
    async with running_desk(store, reconcile=False) as desk:
        desk.access._allowed |= {old}
        moved = message("x", chat=old)
        del moved["message"]["text"]
        moved["message"]["migrate_to_chat_id"] = new
        with lost_answers(store) as lost:
            await desk.take_quietly(moved)
            await desk.settled()
            assert len(lost) >= 2  # what put it into the inbox, and what took it
        await desk.say("/status@demo_bot", chat=new)
        assert (await desk.said())[-1] == keys.status_unbegun("en")


@pytest.mark.parametrize("next_runs", [False, True])
async def test_a_stop_of_an_answer_that_just_ended_is_told_and_stops_no_other(store, dsn, next_runs):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("one")
        thread = await store.threads.by_name("tg-42")
        await store.runs.want(thread.id, 1, "uid-1")
        await desk.connect(thread, 1)
        turn = await store.turns.deliver_next(thread.id, 1)
        await desk.say("two")
        other = await asyncpg.connect(dsn)
        async with other.transaction():
            await other.execute("UPDATE turns SET state = 'done', ended_at = now() WHERE id = $1", turn.id)
            if next_runs:
                await other.execute("UPDATE turns SET state = 'delivered', run = 1 WHERE state = 'queued'")
            await desk.take(message("/stop"))

            async def waits():
                return await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

            await eventually(waits)
        await other.close()
        await desk.settled()
        assert await desk.said() == [keys.stop_too_late_next("en") if next_runs else keys.stop_too_late("en")]
        assert await store.pool.fetchval("SELECT count(*) FROM turns WHERE stop_asked") == 0
        assert await store.pool.fetchval("SELECT count(*) FROM turns WHERE state = 'cancelled'") == 0


async def test_a_stop_of_what_waits_stops_also_what_is_delivered_meanwhile(store, monkeypatch):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await store.turns.end(turn.id, 1, 2, TurnState.DONE, None, Final("answer"))
        queries = type(store.turns)
        whole = queries.cancel_queued

        async def delivered_before(self, thread_id):
            monkeypatch.undo()
            await store.pool.execute("UPDATE turns SET state = 'delivered', run = 1 WHERE state = 'queued'")
            return await whole(self, thread_id)

        monkeypatch.setattr(queries, "cancel_queued", delivered_before)
        async with store.transaction() as tx:
            await tx.turns.add(thread.id, None, 6, PERSON, "next")
        await desk.say("/stop")
        await eventually(lambda: any(isinstance(frame, wire.Abort) for frame in runner.sent))


async def test_the_threads_of_a_large_installation_are_told_in_one_message(store):
    async with running_desk(store, reconcile=False) as desk:
        await store.pool.execute(
            "INSERT INTO threads (bot_id, chat_id, topic_id, name) "
            "SELECT $1, $2, n, 'tg-t' || n FROM generate_series(2, 3000) n", store.bot_id, GROUP
        )  # fmt: skip
        await desk.say("hello")
        await desk.say("/threads", chat=ADMIN, user=ADMIN)
        lines = (await desk.said())[-1].split("\n")
        assert lines[0] == keys.threads_head("en")
        assert lines[1].startswith("1. ")
        assert "tg-42: " in lines[1]  # where somebody wrote last
        assert len(lines) == 1 + PAGE
        await desk.say("/threads")
        assert len((await desk.said())[-1].split("\n")) == 2
