"""The time of a turn in the chat: warned of, given more by a button, over; on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_contract.agentclass import AgentClass
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.integration.test_gateway_again import begin, lose, press
from tests.support.desk import GROUP, running_desk
from tests.support.eventually import eventually
from tests.support.turns import deliver, final_of, text

pytestmark = pytest.mark.postgres


def extends(runner):
    return [frame.seconds for frame in runner.sent if isinstance(frame, wire.Extend)]


async def test_more_time_is_given_once_for_each_offer_and_told_to_the_runner(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        assert await press(desk, f"more:{turn.id}:0") == "⏳ Got it: up to 15 min more."
        assert await press(desk, f"more:{turn.id}:0") == "I can't take longer over this."
        await eventually(lambda: extends(runner) == [900])
        await press(desk, f"more:{turn.id}:900")
        await eventually(lambda: extends(runner) == [900, 1800])
        assert (await store.turns.by_id(turn.id)).extended == 1800


async def test_more_time_is_bounded_by_the_class(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": {"timeouts": {"turnExtra": 1000}}})
        _, turn, runner = await begin(desk)
        await press(desk, f"more:{turn.id}:0")
        assert await press(desk, f"more:{turn.id}:900") == "⏳ Got it: up to 1 min 40 s more."
        assert await press(desk, f"more:{turn.id}:1000") == "I can't take longer over this."
        await eventually(lambda: extends(runner)[-1:] == [1000])


async def test_more_time_is_kept_for_a_runner_that_is_away(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        desk.registry.detach(thread.id, runner)
        await press(desk, f"more:{turn.id}:0")
        desk.registry.attach(thread.id, 1, "uid-pod-1", runner, ready=True)
        await eventually(lambda: extends(runner) == [900])


async def test_the_warning_itself_says_what_was_pressed_and_loses_its_button(store):
    async with running_desk(store) as desk:
        _, turn, _ = await begin(desk)
        await press(desk, f"more:{turn.id}:0")
        row = await store.pool.fetchrow("SELECT * FROM outbox WHERE dedupe_key LIKE 'pressed:%'")
        assert (row["message_ids"], row["buttons"]) == ([9], "[]")
        assert row["text"] == "⏳ Got it: up to 15 min more."


async def test_an_ended_turn_and_one_of_another_chat_are_given_none(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        assert await press(desk, f"more:{turn.id}:0", chat=GROUP) == "Already finished."
        await store.turns.end(turn.id, 1, None, TurnState.DONE, None, Final("Done."))
        assert await press(desk, f"more:{turn.id}:0") == "Already finished."
        assert extends(runner) == []


async def test_what_was_over_can_be_gone_on_with(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        await store.turns.end(turn.id, 1, None, TurnState.FAILED, "timeout", Final("half of it\n\nTimed out."))
        await press(desk, f"co:{turn.id}")
        _, second = await eventually(lambda: len(runner.turns) == 2 and runner.turns)
        second = await store.turns.by_id(second.id)
        assert second.again_of == turn.id
        assert "its time was over" in second.text
        assert second.text.endswith("\n\nport it")


async def warn(port, thread, **short):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, wire.TimeShort(**{"limit": "silence", "seconds": 60, "passed": 240} | short))
    await runner.acked(2)
    return runner, turn


async def said(port):
    return await port.store.pool.fetch("SELECT * FROM outbox WHERE dedupe_key LIKE 'time:%' ORDER BY id")


async def test_the_chat_is_warned_before_the_time_is_over_and_offered_more(port, thread):
    _, turn = await warn(port, thread)
    [notice] = await said(port)
    assert notice["text"] == "⏳ Nothing has happened for 4 min. In 1 min I give up."
    assert notice["buttons"] == f'[["+15 min", "more:{turn.id}:0"]]'


async def test_the_chat_is_warned_of_the_end_of_all_the_time(port, thread):
    await warn(port, thread, limit="wall", seconds=300, passed=3300)
    [notice] = await said(port)
    assert notice["text"] == "⏳ I have worked on this for 55 min. In 5 min my time for it is over."


@pytest.mark.parametrize(
    ("event", "words"), [(wire.TimeEased(), "▸ Back at work."), (wire.TurnSettled(), "▸ This is over.")]
)
async def test_a_warning_that_holds_no_more_is_taken_back_with_its_button(port, thread, event, words):
    runner, turn = await warn(port, thread)
    await _say(port)
    await runner.event(3, turn.id, event)
    await runner.acked(3)
    _, after = await eventually(lambda: _two(port))
    assert (after["message_ids"], after["text"], after["buttons"]) == ([77], words, "[]")


@pytest.mark.parametrize(
    ("event", "words"), [(wire.TimeEased(), "▸ Back at work."), (wire.TurnSettled(), "▸ This is over.")]
)
async def test_a_warning_that_the_gateway_before_said_is_taken_back(port, thread, event, words):
    _, turn = await warn(port, thread)
    await _say(port)
    again = await port.join()  # what the connection knew is gone, as after a restart
    await again.event(3, turn.id, event)
    await again.acked(3)
    _, after = await eventually(lambda: _two(port))
    assert (after["message_ids"], after["text"], after["buttons"]) == ([77], words, "[]")


async def test_a_warning_of_a_turn_whose_run_was_lost_is_taken_back(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await store.turns.warn(turn, thread.address, f"time:{turn.id}:2", "Soon over.", ())
        await store.pool.execute("UPDATE outbox SET message_ids = '{77}' WHERE dedupe_key LIKE 'time:%'")
        await lose(desk, thread, runner, 1, "Evicted")
        after = await eventually(lambda: store.pool.fetchrow("SELECT * FROM outbox WHERE dedupe_key LIKE '%:after'"))
        assert (after["message_ids"], after["text"]) == ([77], "▸ This is over.")


async def test_an_ended_turn_is_warned_of_no_more(port, thread):
    _, turn = await warn(port, thread)
    await port.store.turns.end(turn.id, 1, None, TurnState.DONE, None, Final("Done."))
    assert not await port.store.turns.warn(turn, thread.address, f"time:{turn.id}:9", "Soon over.", ())


async def _say(port):
    [row] = [row for row in await port.store.outbox.claim(()) if row.kind == "reply"]
    await port.store.outbox.progress(row.id, [77], ["x"])
    await port.store.outbox.sent(row.id)


async def _two(port):
    rows = await said(port)
    return rows if len(rows) == 2 else None


async def test_a_warning_that_was_not_said_yet_is_not_said_any_more(port, thread):
    runner, turn = await warn(port, thread)
    await runner.event(3, turn.id, wire.TimeEased())
    await runner.acked(3)
    [notice] = await said(port)
    assert notice["state"] == "dead"


async def test_the_end_says_after_how_long_and_what_was_done(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, text(0, 0, "Now the tests."))
    await runner.event(3, turn.id, wire.ToolStarted(call="a", tool="read", summary="a.py"))
    await runner.event(4, turn.id, wire.ToolEnded(call="a", tool="read"))
    await runner.event(5, turn.id, wire.ToolStarted(call="b", tool="bash", summary="make test"))
    await runner.event(6, turn.id, wire.Failed(reason="timeout", limit="silence", seconds=300))
    await runner.acked(6)
    final = await final_of(port, turn)
    assert final["text"] == (
        "Now the tests.\n\n▸ ⏱ Nothing had happened for 5 min. 2 steps were done before; their files are kept. "
        "The last one: make test\nRequest timed out. Process killed. Try again."
    )
    buttons = await port.store.pool.fetchval("SELECT buttons FROM outbox WHERE dedupe_key = $1", f"turn:{turn.id}")
    assert buttons == f'[["▶ Continue", "co:{turn.id}"], ["🔁 Try again", "re:{turn.id}"]]'
