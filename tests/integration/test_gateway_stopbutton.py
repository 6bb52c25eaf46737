"""The Stop button below a running answer, on a real Postgres, with runners that are played."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from agent_contract import wire
from agent_gateway.conversations import waits
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from agent_gateway.store.turns import TurnQueries
from agent_gateway.store.views import ViewQueries
from agent_gateway.wording import keys
from tests.support.desk import GROUP, PERSON, message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


async def begin(desk):
    await desk.say("begin")
    thread = await desk.run_wanted("tg-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    turn = runner.turns[0]
    await desk.store.turns.started(turn.id, 1, 1)
    return thread, turn, runner


async def press(desk, data, chat=PERSON):
    """Press a button and return what was said to it."""
    before = len(desk.callbacks.answers)
    under = message("x", chat=chat)["message"] | {"from": {"id": 1, "is_bot": True, "first_name": "b"}, "date": 1}
    query = {"id": "9", "from": {"id": PERSON, "first_name": "P"}, "message": under, "chat_instance": "1", "data": data}
    await desk.take({"callback_query": query})
    await eventually(lambda: len(desk.callbacks.answers) > before)
    return desk.callbacks.answers[-1][1]


def aborts(runner):
    """Return which turns it was told to end; a runner passes over a second word on one."""
    return list(dict.fromkeys(frame.turn for frame in runner.sent if isinstance(frame, wire.Abort)))


async def test_it_stops_its_turn(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        assert await press(desk, f"st:{turn.id}") == "Stopping…"
        await eventually(lambda: aborts(runner) == [turn.id])
        assert (await store.turns.by_id(turn.id)).stop_asked
        assert await store.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'stop'") == 1


async def test_a_stop_that_overtakes_the_turn_on_its_way_is_told_again_behind_it(store, monkeypatch):
    async with running_desk(store) as desk:
        await desk.say("begin")
        thread = await desk.run_wanted("tg-42", 1)
        before, given = ViewQueries.get, []

        async def stopped_meanwhile(views, turn_id):
            monkeypatch.undo()
            await press(desk, f"st:{turn_id}")
            given.extend(runner.turns)
            return await before(views, turn_id)

        monkeypatch.setattr(
            ViewQueries, "get", stopped_meanwhile
        )  # what a delivery looks at between its commit and the frame
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        assert given == []
        await eventually(lambda: len([frame for frame in runner.sent if isinstance(frame, wire.Abort)]) >= 2)
        assert aborts(runner) == [runner.turns[0].id]


async def test_a_turn_that_begins_while_its_stop_is_read_is_stopped(store, monkeypatch):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("begin")
        thread = await store.threads.by_name("tg-42")
        [turn] = await store.turns.queued(thread.id)
        await store.runs.want(thread.id, 1, "uid-1")
        runner = await desk.connect(thread, 1)
        before = TurnQueries.by_id

        async def begins_behind_it(queries, turn_id):
            monkeypatch.undo()
            found = await before(queries, turn_id)
            await store.turns.deliver_next(thread.id, 1)
            return found

        monkeypatch.setattr(TurnQueries, "by_id", begins_behind_it)
        assert await press(desk, f"st:{turn.id}") == "Stopping…"
        await eventually(lambda: aborts(runner) == [turn.id])
        assert (await store.turns.by_id(turn.id)).stop_asked


async def test_an_old_button_stops_no_other_turn(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await store.turns.end(turn.id, 1, None, TurnState.DONE, None, Final("Done."))
        await desk.say("next")
        await eventually(lambda: len(runner.turns) == 2)
        assert await press(desk, f"st:{turn.id}") == "Already finished."
        assert await press(desk, "st:999999") == "Already finished."
        assert aborts(runner) == []
        assert not (await store.turns.running(thread.id)).stop_asked


async def test_it_does_nothing_from_another_chat(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        assert await press(desk, f"st:{turn.id}", chat=GROUP) == "Already finished."
        assert not (await store.turns.by_id(turn.id)).stop_asked
        assert aborts(runner) == []


async def test_a_stop_is_kept_for_a_runner_that_is_away(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        desk.registry.detach(thread.id, runner)
        assert await press(desk, f"st:{turn.id}") == "Stopping…"
        assert (await store.turns.by_id(turn.id)).stop_asked


async def test_other_buttons_are_not_its_own(store):
    async with running_desk(store) as desk:
        await begin(desk)
        assert await press(desk, "sa:cancel:999") == "This button does nothing any more."


async def test_what_waits_is_taken_back_alone(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await desk.say("two")
        await desk.say("three", alone=True)
        waiting, last = await store.turns.queued(thread.id)
        assert await press(desk, f"st:{waiting.id}", chat=GROUP) == "Already finished."
        assert await press(desk, f"st:{waiting.id}") == "Stopped."
        assert await press(desk, f"st:{waiting.id}") == "Already finished."
        assert await store.turns.queued(thread.id) == [last]
        await eventually(lambda: waiting.id in desk.views.finished)
        await store.turns.end(turn.id, 1, None, TurnState.DONE, None, Final("Done."))
        desk.wake.thread(thread.id)
        await eventually(lambda: [t.text for t in runner.turns] == ["begin", "three"])


async def read_closed(store, turn_id):
    return await store.pool.fetch(
        "SELECT text, message_ids FROM outbox WHERE dedupe_key LIKE $1", f"cancelled:{turn_id}:%"
    )


async def test_what_an_earlier_process_showed_of_a_waiting_turn_is_closed_with_it(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        await desk.say("two")
        (waiting,) = await store.turns.queued(thread.id)
        await store.views.save_messages(waiting.id, (77,))
        assert await press(desk, f"st:{waiting.id}") == "Stopped."
        await eventually(lambda: read_closed(store, waiting.id))
        assert [tuple(row) for row in await read_closed(store, waiting.id)] == [("Stopped.", [77])]


async def test_what_a_gateway_left_that_ended_between_a_cancel_and_its_line_is_closed_by_the_next(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        await desk.say("two")
        (waiting,) = await store.turns.queued(thread.id)
        await store.views.save_messages(waiting.id, (77,))
    async with store.transaction() as tx:
        assert await tx.turns.cancel(waiting.id)
    await store.pool.execute("UPDATE turns SET ended_at = now() + interval '1 minute' WHERE id = $1", waiting.id)
    assert await store.views.unclosed() == []  # whoever cancels is given the time to close
    await store.pool.execute("UPDATE turns SET ended_at = now() - interval '6 seconds' WHERE id = $1", waiting.id)
    async with running_desk(store):
        await eventually(lambda: read_closed(store, waiting.id))
    assert [tuple(row) for row in await read_closed(store, waiting.id)] == [("Stopped.", [77])]
    assert await store.views.unclosed() == []


async def test_a_look_from_before_the_stop_shows_nothing_that_stays(store, monkeypatch):
    monkeypatch.setattr(waits, "QUIET_QUEUE", timedelta(seconds=0.2))
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        looked, go = asyncio.Event(), asyncio.Event()
        answer = store.views.get

        async def answer_late(turn_id):
            looked.set()
            await go.wait()
            return await answer(turn_id)

        await desk.take(message("two"))
        (waiting,) = await eventually(lambda: store.turns.queued(thread.id))
        await eventually(lambda: waiting.id in desk.views.texts)
        store.views.get = answer_late
        desk.wake.thread(thread.id)
        await looked.wait()  # the waiting turn has been read
        shown = desk.views.opened.count(waiting.id)
        assert await press(desk, f"st:{waiting.id}") == "Stopped."
        await eventually(lambda: desk.views.finished == [waiting.id])
        go.set()
        await eventually(lambda: desk.views.opened.count(waiting.id) > shown)
        await eventually(lambda: desk.views.finished == [waiting.id] * 2)


async def test_a_button_below_a_message_that_nobody_knew_of_takes_that_message_away(store):
    async with running_desk(store) as desk:
        _, turn, _ = await begin(desk)
        await store.turns.end(turn.id, 1, 2, TurnState.DONE, None, Final("done", message_ids=(77,)))
        assert await press(desk, f"st:{turn.id}") == keys.turn_over("en")
        await eventually(lambda: desk.callbacks.dropped == [5])
        await store.pool.execute("UPDATE outbox SET message_ids = '{5}' WHERE turn_id = $1", turn.id)
        assert await press(desk, f"st:{turn.id}") == keys.turn_over("en")
        assert desk.callbacks.dropped == [5]
