"""`/undo` and `/redo` in the chat, on a real Postgres."""

from __future__ import annotations

import json

import pytest

from agent_gateway.store.rows import NewSubAgent, TurnState
from tests.support.confirms import ask
from tests.support.desk import GROUP, PERSON, message, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press
from tests.support.undoing import Talk

pytestmark = pytest.mark.postgres


async def reply(desk, text, to, **who):
    """Send a command as a reply to a message."""
    raw = message(text, number=900, **who)
    told = {
        "message_id": to,
        "chat": raw["message"]["chat"],
        "from": {"id": PERSON, "is_bot": False, "first_name": "P"},
    }
    raw["message"]["reply_to_message"] = told | {"date": 1}
    await desk.take(raw)
    await desk.settled()
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def find_button(store, label):
    """Return what a button below one of the bot's messages does."""
    rows = await store.pool.fetch("SELECT buttons FROM outbox ORDER BY id DESC")
    return next(data for row in rows for text, data, *_ in json.loads(row["buttons"]) if text == label)


async def read_undone(store):
    return [row["id"] for row in await store.pool.fetch("SELECT id FROM turns WHERE undone IS NOT NULL ORDER BY id")]


async def test_the_last_message_is_taken_back_with_its_files_and_put_back_again(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        first, second = await talk.ask("count the stars"), await talk.ask("paint them red")
        text, buttons = await ask(desk, "/undo")
        assert text.startswith("Take back your last message, and what I did for it?\n• ")
        assert "paint them red" in text
        assert "count the stars" not in text
        assert "go back to how they were before" in text
        assert await press(desk, buttons["Take back"]) == "Done."
        assert await read_undone(store) == [second.id]
        assert await talk.read_files() == first.id
        assert await talk.read_line_ids() == [talk.lines.id_of(n) for n in range(4)]
        await talk.run_over()
        said, [back, *_], stands = await last_said(desk)
        assert said.startswith("Taken back: the last message")
        assert (back, stands) == ("Put it back", [500])
        await press(desk, (await last_said(desk))[1]["Put it back"])
        assert (await desk.said())[-1] == "Put back: the message, what I did for it, and the files."
        assert await read_undone(store) == []
        assert await talk.read_files() == second.id
        assert await talk.read_line_ids() == [talk.lines.id_of(n) for n in range(8)]


async def test_files_that_are_not_stored_yet_are_not_said_to_stay(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        first, second = await talk.ask("one"), await talk.ask("two", files=False)
        assert "The files go back" in (await ask(desk, "/undo"))[0]
        await store.kept.note_same(talk.thread.id, talk.run, second.id)
        assert "The files stay" in (await ask(desk, "/undo"))[0]
        assert await talk.read_files() == first.id


async def test_what_comes_after_goes_on_from_there_and_nothing_is_put_back_then(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        first, _ = await talk.ask("one"), await talk.ask("two")
        await press(desk, (await ask(desk, "/undo"))[1]["Take back"])
        await talk.run_over()
        third = await talk.begin("three")
        talk.lines.add("message", parent=3, message={"role": "user", "content": "three"})
        await talk.add_lines(talk.lines.lines[-1:])
        await talk.keep(third)
        await talk.end(third)
        assert await talk.read_line_ids() == [talk.lines.id_of(n) for n in (0, 1, 2, 3, 8)]
        assert await talk.read_files() == third.id
        await desk.say("/redo")
        assert "can't be put back any more" in (await desk.said())[-1]
        await press(desk, (await ask(desk, "/undo"))[1]["Take back"])
        assert await talk.read_files() == first.id
        assert await talk.read_line_ids() == [talk.lines.id_of(n) for n in range(4)]


async def test_several_by_number_by_reply_and_from_the_list(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        turns = [await talk.ask(f"words {n}") for n in range(10)]
        text, _ = await ask(desk, "/undo 7")
        assert text.startswith("Take back the last 7 messages")
        assert "… and 2 more" in text
        assert (await ask(desk, "/undo 11"))[0] == "I can go back 10 messages here at most."
        assert "As a reply" in (await ask(desk, "/undo all"))[0]
        text, _ = await reply(desk, "/undo", turns[7].message_id)
        assert text.startswith("Take back the last 3 messages")
        await store.pool.execute("UPDATE outbox SET message_ids = '{777}' WHERE turn_id = $1", turns[6].id)
        assert (await reply(desk, "/undo", 777))[0].startswith("Take back the last 4 messages")
        assert "can't go back to before that message" in (await reply(desk, "/undo", 778))[0]
        await press(desk, (await ask(desk, "/undo"))[1]["Others…"])
        _, listed, _ = await last_said(desk)
        assert len(listed) == 9
        await press(desk, listed["Earlier"])
        _, listed, _ = await last_said(desk)
        assert [name.split(" ", 1)[1] for name in listed if ":" in name] == ["words 1", "words 0"]
        assert "Later" in listed
        await press(desk, next(data for name, data in listed.items() if name.endswith("words 1")))
        text, buttons, _ = await last_said(desk)
        assert text.startswith("Take back the last 9 messages")
        await press(desk, buttons["Take back"])
        assert await read_undone(store) == [turn.id for turn in turns[1:]]
        assert await talk.read_files() == turns[0].id


async def test_the_first_message_leaves_nothing_at_all(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        await talk.ask("hello")
        text, buttons = await ask(desk, "/undo")
        assert "the workspace will be empty" in text
        assert "Others…" not in buttons
        await press(desk, buttons["Take back"])
        assert await talk.read_files() is None
        assert await talk.read_line_ids() == []
        assert not await store.starts.exists(talk.thread.session_id)
        assert (await ask(desk, "/undo"))[0] == "There's nothing here that I could undo."


async def test_what_is_under_way_is_stopped_first_and_what_waits_is_dropped(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        first = await talk.ask("one")
        turn = await talk.begin("two")
        await talk.work(turn)
        await desk.say("three", alone=True)
        text, buttons = await ask(desk, "/undo")
        assert "I stop first" in text
        assert "The message that waits is dropped." in text
        await press(desk, buttons["Take back"])
        assert (await store.turns.by_id(turn.id)).stop_asked
        assert await store.turns.count_queued(talk.thread.id) == 0
        before = len(talk.lines.lines)
        talk.lines.add_turn()
        await talk.add_lines(talk.lines.lines[before:])  # the run does not know yet
        await talk.keep(turn)
        assert await talk.read_files() == first.id
        assert await talk.read_line_ids() == [talk.lines.id_of(n) for n in range(4)]
        await talk.run_over()
        await eventually(lambda: _is(store, turn.id, TurnState.FAILED))
        await desk.say("/redo")  # what came late is there again with the rest
        assert (await desk.said())[-1].startswith("Put back")
        assert await talk.read_files() == turn.id


async def _is(store, turn_id, state):
    return (await store.turns.by_id(turn_id)).state is state


async def test_nothing_is_undone_where_something_came_in_between(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        await talk.ask("one")
        _, buttons = await ask(desk, "/undo")
        await talk.ask("two")
        await press(desk, buttons["Take back"])
        assert "took nothing back" in (await desk.said())[-1]
        assert await read_undone(store) == []
        _, buttons = await ask(desk, "/undo")
        await press(desk, buttons["Take back"])
        await press(desk, buttons["Take back"])  # once
        assert len(await read_undone(store)) == 1


async def test_several_undos_are_put_back_one_by_one(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        turns = [await talk.ask(f"words {n}") for n in range(3)]
        for left in (1, 0):
            await press(desk, (await ask(desk, "/undo"))[1]["Take back"])
            if left:
                first_button = (await last_said(desk))[1]["Put it back"]
            assert await talk.read_files() == turns[left].id
        await talk.run_over()
        assert "Put that back first" in await press(desk, first_button)
        for there in (1, 2):
            await desk.say("/redo")
            assert await talk.read_files() == turns[there].id
            assert await talk.read_line_ids() == [talk.lines.id_of(n) for n in range(4 * (there + 1))]
        await desk.say("/redo")
        assert (await desk.said())[-1] == "There's nothing to put back."


async def test_in_a_group_only_who_asked_it_all_or_an_administrator_goes_back(store):
    async with running_desk(store) as desk:
        desk.members.admins = {9}
        talk = Talk(desk, chat=GROUP, name="tg-n100200300")
        await talk.ask("one")
        await talk.ask("two", user=44)
        text, _ = await ask(desk, "/undo@demo_bot", chat=GROUP)
        assert "administrators" in text
        assert (await ask(desk, "/undo@demo_bot", chat=GROUP, user=44))[0].startswith("Take back your last")
        text, buttons = await ask(desk, "/undo@demo_bot 2", chat=GROUP, user=9)
        assert text.startswith("Take back the last 2")
        assert "Only whoever asked" in await press(desk, buttons["Take back"], chat=GROUP)
        await press(desk, buttons["Take back"], chat=GROUP, user=9)
        assert len(await read_undone(store)) == 2
        await talk.run_over()
        back = (await last_said(desk))[1]["Put it back"]
        assert "administrators" in await press(desk, back, chat=GROUP)
        await press(desk, back, chat=GROUP, user=9)
        assert await read_undone(store) == []


async def test_an_answer_that_was_cut_and_went_on_is_one(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        first = await talk.ask("one")
        cut = await talk.ask("two")
        await store.pool.execute("UPDATE turns SET state = 'failed', reason = 'run_lost' WHERE id = $1", cut.id)
        again = await store.turns.ask_again(cut, PERSON, "[go on] two")
        desk.wake.thread(talk.thread.id)
        await eventually(lambda: talk.runner.turns[-1].id == again.id)
        await store.turns.started(again.id, 1, 3)
        await talk.end(again)
        text, buttons = await ask(desk, "/undo")
        assert "two" in text
        assert "go on" not in text
        await press(desk, buttons["Take back"])
        assert await read_undone(store) == [cut.id, again.id]
        assert await talk.read_files() == first.id
        assert "taken back" in await press(desk, f"re:{cut.id}")


async def test_sub_agents_of_what_is_undone_are_told_nobody_and_those_of_people_again(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        await talk.ask("one")
        turn = await talk.ask("two")
        for call, of in (("call-1", turn.id), ("call-2", None), ("call-3", turn.id)):
            new = NewSubAgent(talk.thread, "uid", 1, call, of, None, f"task {call}", "default", 60, "Empty", 1)
            async with store.transaction() as tx:
                await tx.subagents.lock_thread(talk.thread.id)
                await tx.subagents.add(new)
        await store.pool.execute(
            "UPDATE subagents SET state = 'finished', result = 'x', finished_at = now() WHERE call_id <> 'call-3'"
        )
        await store.pool.execute(
            "UPDATE subagents SET handed_turn = $1, delivered_at = now() WHERE call_id = 'call-2'", turn.id
        )
        await desk.say("/undo")  # what is told of the sub-agents meanwhile may stand below its question
        await press(desk, await find_button(store, "Take back"))
        assert [child.call_id for child in await store.subagents.undelivered(talk.thread.id)] == ["call-2"]
        assert await store.pool.fetchval("SELECT cancel FROM subagents WHERE call_id = 'call-3'") == "parent"


async def test_the_history_says_what_was_taken_back(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        await talk.ask("one")
        await talk.ask("two")
        await press(desk, (await ask(desk, "/undo"))[1]["Take back"])
        said = [(item.text, item.undone) async for item in store.history.read(talk.thread.id)]
        assert said == [("one", False), ("answer", False), ("two", True), ("answer", True)]


async def test_a_fresh_session_is_not_left_and_forgetting_leaves_nothing(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        await talk.ask("one")
        await desk.say("/new")
        assert (await ask(desk, "/undo"))[0] == "There's nothing here that I could undo."
