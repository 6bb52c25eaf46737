"""A database that is nearly full: what is refused in words, what goes on, and who is told, once."""

from __future__ import annotations

import pytest

from agent_gateway.fullness import Fullness
from agent_gateway.quotas import MIB, Level
from agent_gateway.store.rows import TurnState
from tests.support.desk import ADMIN, running_desk
from tests.support.eventually import eventually
from tests.support.stored import make_thread

pytestmark = pytest.mark.postgres


async def texts(store, chat):
    rows = await store.pool.fetch("SELECT text FROM outbox WHERE chat_id = $1 ORDER BY id", chat)
    return [row["text"] for row in rows]


async def test_administrators_are_told_of_each_change_once(store):
    await store.requests.note_private(ADMIN, "en")
    used = await store.quotas.used()

    def build(quota):
        return Fullness(store, quota, {ADMIN}, lambda: None)

    wide, near, full = build(10 * used), build(int(used / 0.95)), build(used - MIB)
    for fullness, level in ((wide, Level.ROOM), (near, Level.NEAR), (full, Level.FULL), (wide, Level.ROOM)):
        for _ in range(2):
            await fullness.measure()
        assert fullness.level is level
    told = await texts(store, ADMIN)
    assert [words.split(":")[0] for words in told] == [
        "The database is nearly full", "The database is full", "There's room in the database again",
    ]  # fmt: skip
    await build(int(used / 0.95)).measure()  # another gateway tells of what it finds
    assert len(await texts(store, ADMIN)) == 4


async def test_a_level_stays_until_there_is_some_room_again(store):
    used = await store.quotas.used()
    between = Fullness(store, int(used / 0.87), (), lambda: None)
    await between.measure()
    assert between.level is Level.ROOM
    await Fullness(store, int(used / 0.95), (), lambda: None).measure()
    await between.measure()
    assert between.level is Level.NEAR


async def test_without_a_quota_nothing_is_full(store):
    fullness = Fullness(store, 0, {ADMIN}, lambda: None)
    await fullness.measure()
    assert fullness.level is Level.ROOM


async def test_new_conversations_are_refused_and_those_that_stand_go_on(store):
    async with running_desk(store) as desk:
        desk.level = Level.NEAR
        await desk.say("hello")
        assert (await desk.said())[-1].startswith("I'm running out of room, so I can't begin a new conversation")
        assert await store.threads.newest() == []
        thread = await make_thread(store)
        await desk.say("hello again")
        assert await store.turns.count_queued(thread.id) == 1


async def test_a_full_database_takes_no_tasks_but_stops_and_words_for_what_runs(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        turn = runner.turns[0]
        await store.turns.started(turn.id, 1, 1)
        desk.level = Level.FULL
        await desk.say("one more", alone=True)
        assert (await desk.said())[-1].startswith("I've run out of room, so I can't take new tasks")
        assert await store.turns.count_queued(thread.id) == 0
        await desk.say("/steer shorter")
        assert await store.steers.unread(turn.id)
        await desk.say("/stop")
        assert (await store.turns.by_id(turn.id)).stop_asked
        assert (await store.turns.by_id(turn.id)).state is TurnState.STARTED
