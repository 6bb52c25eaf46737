"""What is written in a row is one question, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.inbox import bursts
from tests.support.desk import ADMIN, GROUP, PERSON, apart, message, running_desk
from tests.support.eventually import eventually
from tests.support.steering import edit, end
from tests.support.updates import complete, mention

pytestmark = pytest.mark.postgres
OPS = {"type": "hidden_user", "sender_user_name": "Ops", "date": 1790000000}
FORWARDED = "[Forwarded from Ops, 2026-09-21 14:13 UTC]\n\n> "


def forward(text, *, number, **fields):
    raw = message(text, number=number, **fields)
    raw["message"]["forward_origin"] = OPS
    return raw


async def queued(store, name="tg-42"):
    thread = await store.threads.by_name(name)
    return await store.turns.queued(thread.id)


async def begin(desk, text="hello"):
    await desk.take(message(text, number=50))
    await desk.settled()
    thread = await desk.run_wanted("tg-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    await desk.store.turns.started(runner.turns[0].id, 1, 1)
    return thread, runner


async def test_a_lone_short_message_waits_for_nothing(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        [turn] = await queued(store)
        assert turn.ready_at is None


async def test_three_messages_in_a_row_are_one_turn_in_their_order(store):
    async with running_desk(store) as desk:
        await desk.take(
            message("hey", number=50), message("it fails since friday", number=52), message("look at the build", number=51)
        )  # fmt: skip
        await desk.settled()
        [turn] = await queued(store)
        assert turn.text == "hey\nlook at the build\nit fails since friday"
        assert await store.pool.fetchval("SELECT text FROM messages") == turn.text
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: [t.text for t in runner.turns] == [turn.text])


async def test_a_comment_and_what_is_forwarded_with_it_are_one_turn(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(
            message("what do you make of this?", number=50),
            forward("Deploy failed at step 7", number=51), forward("It worked then.", number=52),
        )  # fmt: skip
        await desk.settled()
        [turn] = await queued(store)
        assert turn.text == (
            f"what do you make of this?\n\n{FORWARDED}Deploy failed at step 7\n\n{FORWARDED}It worked then."
        )


async def test_what_is_forwarded_right_behind_a_question_that_began_is_read_with_it(store, monkeypatch):
    monkeypatch.setattr(bursts, "FOLLOW_SECONDS", 600.0)  # however long it takes to begin
    async with running_desk(store) as desk:
        _, runner = await begin(desk, "what is this?")
        await desk.take(forward("Deploy failed", number=51))
        await eventually(
            lambda: [f.text for f in runner.sent if isinstance(f, wire.Steer)] == [f"{FORWARDED}Deploy failed"]
        )
        assert await desk.said() == []
        await store.pool.execute("UPDATE turns SET created_at = now() - interval '1 hour'")
        await desk.take(forward("Much later", number=52))
        await desk.settled()
        assert [t.text for t in await queued(store)] == [f"{FORWARDED}Much later"]


async def test_what_is_written_while_an_answer_is_written_becomes_one_question(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        for number, text in enumerate(("and", "then", "stop there"), 51):
            await desk.say(text, message_id=number)
        [turn] = await queued(store)
        assert (turn.text, turn.message_id) == ("and\nthen\nstop there", 51)
        assert await store.pool.fetchval(
            "SELECT ready_at - created_at <= interval '5 s' FROM turns WHERE id = $1", turn.id
        )
        await end(desk, runner.turns[0])
        await eventually(lambda: [t.text for t in runner.turns] == ["hello", "and\nthen\nstop there"])
        await desk.say("late", message_id=54)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["late"]


async def test_a_picture_and_the_words_behind_it_are_one_turn(store):
    async with running_desk(store, reconcile=False) as desk:
        photo = message("", number=50)
        del photo["message"]["text"]
        photo["message"]["photo"] = [{"file_id": "f", "width": 9, "height": 9}]
        await desk.take(photo)
        await desk.settled()
        [turn] = await queued(store)
        assert turn.ready_at is not None
        await desk.say("what is this?", message_id=51)
        [turn] = await queued(store)
        assert (turn.text, [f.id for f in turn.files]) == ("what is this?", ["f"])


async def test_a_reply_to_something_else_another_person_and_a_command_are_turns_of_their_own(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(
            message("one", number=50), apart("two", number=51), message("/steer three", number=52),
            message("four", number=53, user=ADMIN), message("five", number=54),
        )  # fmt: skip
        await desk.settled()
        assert [t.text for t in await queued(store)] == ["one", "two", "three", "four", "five"]


async def test_a_reply_to_a_part_of_the_same_question_belongs_to_it(store):
    async with running_desk(store, reconcile=False) as desk:
        second = message("I mean the last line", number=51)
        second["message"]["reply_to_message"] = complete({"message_id": 50, "from": {"id": PERSON}, "text": "look"})
        await desk.take(message("look", number=50), second)
        await desk.settled()
        [turn] = await queued(store)
        assert turn.text == "look\n\n[In reply to their own message]\n> look\n\nI mean the last line"


async def test_an_edit_of_each_part_replaces_it_and_is_told_once_it_runs(store):
    async with running_desk(store) as desk:
        await desk.take(message("one", number=50), message("two", number=51), edit("zwei", number=51))
        await desk.settled()
        [turn] = await queued(store)
        assert turn.text == "one\nzwei"
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        await store.turns.started(turn.id, 1, 1)
        await desk.take(edit("zwei", number=51), edit("deux", number=51))
        await eventually(lambda: [f.text for f in runner.sent if isinstance(f, wire.Steer)])
        [told] = [f.text for f in runner.sent if isinstance(f, wire.Steer)]
        assert told.endswith("\ndeux")


async def test_in_a_group_what_is_forwarded_with_a_comment_needs_no_name(store):
    async with running_desk(store, reconcile=False) as desk:
        said = "@demo_bot what now?"
        asked = message(said, chat=GROUP, number=50)
        asked["message"]["entities"] = mention(said, "@demo_bot")
        await desk.take(
            forward("before", chat=GROUP, number=49), asked, forward("Deploy failed", chat=GROUP, number=51)
        )
        await desk.settled()
        [turn] = await queued(store, "tg-n100200300")
        assert turn.text == f"[From P]\n\nwhat now?\n\n{FORWARDED}Deploy failed"


async def test_a_mention_that_an_edit_adds_is_asked(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(message("why does it fail?", chat=GROUP, number=50))
        said = "@demo_bot why does it fail?"
        changed = message(said, chat=GROUP, number=50)["message"]
        changed |= {"edit_date": 5, "entities": mention(said, "@demo_bot")}
        await desk.take({"edited_message": changed})
        await desk.take({"edited_message": changed})
        await desk.settled()
        assert [t.text for t in await queued(store, "tg-n100200300")] == ["[From P]\n\nwhy does it fail?"]


async def test_a_command_that_an_edit_spells_right_is_carried_out_once(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(message("/whoamy", number=50), edit("/whoami", number=50), edit("/whoami ", number=50))
        await desk.settled()
        assert len([text for text in await desk.said() if str(PERSON) in text]) == 1
        await desk.take(message("/whoami", number=60), edit("/whoami now", number=60))
        await desk.settled()
        assert len([text for text in await desk.said() if str(PERSON) in text]) == 2


async def test_a_reply_without_its_topic_goes_on_in_the_topic_of_what_it_replies_to(store):
    async with running_desk(store, reconcile=False) as desk:
        first = message("hello", number=50)
        first["message"] |= {"message_thread_id": 7, "is_topic_message": True}
        reply = message("and now?", number=51)
        reply["message"] |= {
            "reply_to_message": complete({"message_id": 50, "from": {"id": PERSON}}),
            "message_thread_id": 50,
        }
        await desk.take(first)
        await desk.settled()
        await desk.take(reply)
        await desk.settled()
        assert [t.text for t in await queued(store, "tg-42-7")] == ["hello\nand now?"]


async def test_a_question_in_a_thread_of_comments_is_marked(store):
    async with running_desk(store, reconcile=False) as desk:
        said = "@demo_bot what now?"
        asked = message(said, chat=GROUP, number=50)
        asked["message"] |= {"entities": mention(said, "@demo_bot"), "message_thread_id": 9}
        await desk.take(asked)
        await desk.settled()
        [turn] = await queued(store, "tg-n100200300")
        assert turn.threaded


async def test_the_stop_below_a_draft_and_a_button_without_its_message_stop_their_turn(store):
    async with running_desk(store) as desk:
        _, runner = await begin(desk)
        turn = runner.turns[0]
        chat = {"id": PERSON, "type": "private"}
        await desk.take({"stopped_message_generation": {"chat": {**chat, "id": ADMIN}, "draft_id": turn.id}})
        await desk.settled()
        assert not (await store.turns.by_id(turn.id)).stop_asked
        await desk.take({"stopped_message_generation": {"chat": chat, "draft_id": turn.id}})
        await eventually(lambda: wire.Abort(turn=turn.id) in runner.sent)
        assert desk.callbacks.answers == []
        await end(desk, turn)
        await desk.say("again", message_id=60)
        await eventually(lambda: len(runner.turns) == 2)
        press = {"id": "1", "chat_instance": "x", "data": f"st:{runner.turns[1].id}", "inline_message_id": "i"}
        for user in (ADMIN, PERSON):
            await desk.take({"callback_query": {**press, "from": {"id": user, "first_name": "P", "is_bot": False}}})
            await desk.settled()
            assert (wire.Abort(turn=runner.turns[1].id) in runner.sent) == (user == PERSON)
