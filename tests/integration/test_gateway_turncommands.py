"""`/stop`, `/retry`, `/new` and `/whoami`, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.support.desk import GROUP, PERSON, running_desk
from tests.support.eventually import eventually
from tests.support.stored import count_lines

pytestmark = pytest.mark.postgres


async def begin(desk, text="hello", *, started=True):
    """Bring a conversation to a running turn."""
    await desk.say(text)
    thread = await desk.run_wanted("tg-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    if started:
        await desk.store.turns.started(runner.turns[0].id, 1, 1)
    return thread, runner.turns[0], runner


async def end(desk, turn, text="answer"):
    await desk.store.turns.end(turn.id, 1, 2, TurnState.DONE, None, Final(text))


async def test_a_stop_aborts_the_running_turn_and_leaves_what_waits(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await desk.say("and then")
        await desk.say("/stop")
        await eventually(lambda: wire.Abort(turn=turn.id) in runner.sent)
        assert await store.turns.count_queued(thread.id) == 1
        assert (await store.turns.by_id(turn.id)).stop_asked


async def test_a_stop_before_any_agent_answers_takes_back_what_waits(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        thread = await desk.run_wanted("tg-42", 1)
        await desk.say("/stop")
        assert (await desk.said())[-1] == "Stopped. I dropped your waiting message."
        assert await store.turns.count_queued(thread.id) == 0
        await desk.say("/stop")
        assert (await desk.said())[-1] == "Nothing is running."


async def test_a_stop_outlives_the_run_that_had_the_turn(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk, started=False)
        runner.gone = True
        await desk.say("/stop")
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="Evicted")
        desk.registry.detach(thread.id, runner)

        async def over():
            return (await store.turns.by_id(turn.id)).state is TurnState.FAILED

        await eventually(over)  # no other run takes it
        assert "stopped" in (await desk.said("final"))[-1]


async def test_a_retry_asks_the_last_message_again(store):
    async with running_desk(store) as desk:
        await desk.say("/retry")
        assert "nothing to ask again yet" in (await desk.said())[-1]
        _, turn, runner = await begin(desk, "count the stars")
        await desk.say("/retry")
        assert "/stop" in (await desk.said())[-1]
        await end(desk, turn)
        await desk.say("/retry")
        await eventually(lambda: len(runner.turns) == 2)
        assert runner.turns[1].text == "count the stars"


async def test_new_gives_the_thread_a_fresh_session_and_ends_the_run_that_holds_the_old(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        await desk.say("/new")
        assert "/stop" in (await desk.said())[-1]
        await store.sessions.add_entries(thread, 1, 2, ['{"id":"e1"}'])
        await end(desk, turn)
        await desk.say("/new")
        assert "Fresh start" in (await desk.said())[-1]
        now = await store.threads.by_id(thread.id)
        assert now.session_id != thread.session_id
        assert await count_lines(store, now.session_id) == 0
        assert await count_lines(store, thread.session_id) == 1
        assert await store.pool.fetchval("SELECT session_id FROM past_sessions") == thread.session_id
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)


async def test_whoami_tells_ids(store):
    async with running_desk(store) as desk:
        await desk.say("/whoami")
        assert (await desk.said())[-1] == f"Your id is `{PERSON}`.\nYou may use this bot."
        await desk.say("/whoami@demo_bot", chat=GROUP)
        assert f"This chat's id is `{GROUP}`." in (await desk.said())[-1]


async def test_an_unknown_command_names_the_nearest(store):
    async with running_desk(store) as desk:
        await desk.say("/thread")
        assert (await desk.said())[-1] == "Unknown command: /thread\nDid you mean /threads?"
        await desk.say("/nonsense")
        assert (await desk.said())[-1] == "Unknown command: /nonsense"
