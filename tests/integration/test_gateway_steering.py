"""Words for a running answer, and edits, on a real Postgres."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_contract import wire
from agent_gateway.conversations import waits
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from agent_gateway.store.transaction import Transaction
from agent_gateway.store.turns import TurnQueries
from agent_gateway.wording import keys
from agent_gateway.wording.texts import edited_text
from tests.support.desk import message, running_desk
from tests.support.eventually import eventually
from tests.support.steering import edit, end

pytestmark = pytest.mark.postgres


async def begin(desk, text="hello"):
    """Bring a conversation to a running turn whose answer stands as message 900."""
    await desk.take(message(text, number=50))
    await desk.settled()
    thread = await desk.run_wanted("tg-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    turn = runner.turns[0]
    await desk.store.turns.started(turn.id, 1, 1)
    await desk.store.views.save_messages(turn.id, (900,))
    return thread, turn, runner


def reply(text, to, number=60):
    raw = message(text, number=number)
    raw["message"]["reply_to_message"] = {"message_id": to, "from": {"id": 1, "is_bot": True}}
    return raw


def steers(runner):
    return [frame.text for frame in runner.sent if isinstance(frame, wire.Steer)]


async def test_a_reply_to_the_running_answer_steers_it_and_any_other_message_waits(store, monkeypatch):
    monkeypatch.setattr(waits, "QUIET_QUEUE", timedelta(seconds=0.2))
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await desk.take(reply("in French", 900))
        await eventually(lambda: steers(runner) == ["in French"])
        assert (await desk.said())[-1] == keys.steered("en")
        await desk.take(reply("and then", 50, number=61))
        await desk.settled()
        [waiting] = await store.turns.queued(thread.id)
        assert waiting.text == "and then"
        await eventually(lambda: desk.views.texts.get(waiting.id) == [keys.queued("en")])
        await end(desk, turn)
        await eventually(lambda: [t.text for t in runner.turns] == ["hello", "and then"])
        assert desk.views.begun == [turn.id, waiting.id]
        [unread] = await store.turns.queued(thread.id)
        assert (unread.text, unread.message_id) == ("in French", 60)


async def test_the_command_steers_and_without_an_answer_asks(store):
    async with running_desk(store) as desk:
        await desk.say("/steer")
        assert (await desk.said())[-1] == keys.steer_usage("en")
        await desk.say("/steer begin with this")
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: [t.text for t in runner.turns] == ["begin with this"])
        await desk.say("/steer shorter")
        await eventually(lambda: steers(runner) == ["shorter"])


async def test_words_that_were_read_are_not_asked_again(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await desk.say("/steer shorter")
        await eventually(lambda: steers(runner))
        [(number, _)] = await store.steers.unread(turn.id)
        await store.steers.mark_read(turn.id, number, thread.id, 1, 3)
        await end(desk, turn)
        assert await store.turns.count_queued(thread.id) == 0


async def test_a_stop_drops_the_words_with_the_answer(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await desk.say("/steer shorter")
        await desk.say("/stop")
        await eventually(lambda: wire.Abort(turn=turn.id) in runner.sent)
        await end(desk, turn, TurnState.FAILED, "aborted")
        assert await store.turns.count_queued(thread.id) == 0


async def test_words_for_an_answer_that_is_just_over_are_asked(store, monkeypatch):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        before, looks = TurnQueries.running, [await store.turns.running(turn.thread_id)]
        await end(desk, turn)

        async def look_early(turns, thread_id):
            """Find once what ran before its end."""
            in_transaction = isinstance(turns._session, Transaction)
            return looks.pop() if looks and in_transaction else await before(turns, thread_id)

        monkeypatch.setattr(TurnQueries, "running", look_early)
        await desk.take(reply("in French", 900))
        await eventually(lambda: [t.text for t in runner.turns] == ["hello", "in French"])
        assert keys.steered("en") not in await desk.said()
        assert looks == []


async def test_an_edit_before_the_start_replaces_what_is_asked(store):
    async with running_desk(store) as desk:
        await desk.take(message("helo", number=50), edit("hello"))
        await desk.settled()
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: [t.text for t in runner.turns] == ["hello"])
        assert await store.pool.fetchval("SELECT text FROM messages") == "hello"


async def test_an_edit_after_the_start_is_told_to_the_agent_once(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        await desk.take(edit("hello"), edit("hello!"), edit("hello!"), edit("I am another", user=7))
        await desk.settled()
        await eventually(lambda: steers(runner) == [edited_text("hello!")])
        await end(desk, turn)
        await desk.say("and now")
        await eventually(lambda: len(runner.turns) == 2)
        told = runner.turns[1].text
        assert told.startswith(edited_text("hello!"))
        assert told.endswith("and now")
        await store.turns.started(runner.turns[1].id, 1, 2)
        await end(desk, runner.turns[1])
        await desk.say("again")
        await eventually(lambda: [t.text for t in runner.turns][2:] == ["again"])


async def test_an_edit_that_takes_an_edit_back_is_told_too(store):
    async with running_desk(store) as desk:
        _, _, runner = await begin(desk)
        await desk.take(edit("hello!"))
        await eventually(lambda: steers(runner)[-1:] == [edited_text("hello!")])
        await desk.take(edit("hello"))
        await eventually(lambda: steers(runner)[-1:] == [edited_text("hello")])


async def test_an_edit_counts_whoever_asked_the_message_again(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(message("helo", number=50))
        await desk.settled()
        thread = await store.threads.by_name("tg-42")
        [turn] = await store.turns.queued(thread.id)
        await store.turns.end(turn.id, None, None, TurnState.FAILED, "provider", Final("no"))
        async with store.transaction() as tx:
            await tx.turns.ask_again(turn, 7, "helo")
        await desk.take(edit("hello"))
        await desk.settled()
        assert [t.text for t in await store.turns.queued(thread.id)] == ["hello"]


async def test_edited_words_for_a_running_answer_are_told_to_it_too(store):
    async with running_desk(store) as desk:
        _, _, runner = await begin(desk)
        await desk.take(reply("in French", 900))
        await eventually(lambda: steers(runner) == ["in French"])
        await desk.take(edit("in Dutch", number=60), edit("in Danish", number=60, user=7))
        await eventually(lambda: steers(runner)[-1:] == [edited_text("in Dutch")])
        await desk.take(message("/steer shorter", number=61), edit("/steer much shorter", number=61))
        await eventually(lambda: steers(runner)[-1:] == [edited_text("much shorter")])


async def test_an_edited_command_to_steer_replaces_what_it_asks_where_nothing_runs(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(message("/steer begin", number=61), edit("/steer begin here", number=61))
        await desk.settled()
        thread = await store.threads.by_name("tg-42")
        assert [t.text for t in await store.turns.queued(thread.id)] == ["begin here"]
