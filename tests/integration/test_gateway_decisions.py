"""Questions of agents in the chat, on a real Postgres: asked once, decided once, told to the agent, and closed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from agent_contract import wire
from agent_contract.names import SUBAGENT_RUN, build_thread_name
from agent_gateway.resources.reading import read_class
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, TurnState
from tests.conftest import BOT_ID
from tests.support.children import ask as ask_child
from tests.support.children import begin, connect_child
from tests.support.deciding import ask, begin_in, begin_without_loop, decisions, deliver, row_of, shown
from tests.support.desk import GROUP, PERSON, STRANGER, message, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
OTHER = 77
NAME = build_thread_name("tg", GROUP, None)


async def test_a_pressed_button_is_the_answer_and_the_buttons_go(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn)
        [(text, buttons, _)] = await shown(desk, asked["id"])
        assert (text, buttons) == ("Which colour?", ["Blue", "Red"])
        assert await press(desk, f"d:{asked['id']}:1", under=900) == "Noted."
        [told] = await eventually(lambda: decisions(runner))
        assert (told.id, told.outcome, told.choice, told.text, told.person) == ("q1", "answered", 1, "Red", "P")
        (_, _, _), (text, buttons, ids) = await shown(desk, asked["id"])
        assert (text, buttons, ids) == ("Which colour?\n\n*▸ ✓ Red — P*", [], [900])
        row = await desk.store.pool.fetchrow("SELECT kind, reply_to, format FROM outbox WHERE dedupe_key LIKE 'ask:%'")
        assert tuple(row) == ("reply", 5, "markdown")  # it rings, and stands below the message that it is about


async def test_of_one_that_stands_twice_both_messages_say_what_was_decided(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        asked = await ask(desk, thread, turn)
        await press(desk, f"d:{asked['id']}:1", under=900)  # its sender died before it could note this one
        await deliver(desk, asked["id"], 901)
        for _ in range(2):
            await desk.decisions.look()
        rows = await desk.store.pool.fetch(
            "SELECT message_ids FROM outbox WHERE dedupe_key LIKE 'decided:%' ORDER BY id"
        )
        assert [list(row["message_ids"]) for row in rows] == [[900], [901]]


async def test_the_same_call_asks_once(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        first = await ask(desk, thread, turn)
        again = await ask(desk, thread, turn, seq=3)
        assert first["id"] == again["id"]
        assert len(await shown(desk, first["id"])) == 1


async def test_two_taps_count_once_and_the_second_is_told_who_was_faster(store):
    async with running_desk(store, unaddressed=True) as desk:
        thread, turn, runner = await begin_in(desk, GROUP, NAME, "begin")
        asked = await ask(desk, thread, turn)
        first, second = f"d:{asked['id']}:0", f"d:{asked['id']}:1"
        assert await press(desk, first, chat=GROUP) == "Noted."
        assert await press(desk, second, chat=GROUP, user=OTHER) == "P was faster: Blue"
        assert [frame.text for frame in await eventually(lambda: decisions(runner))] == ["Blue"]
        gone = await desk.store.pool.fetchrow("SELECT message_ids FROM outbox WHERE dedupe_key = 'pressed:q1'")
        assert list(gone["message_ids"]) == [500]  # should the question stand twice, both lose their buttons


async def test_two_people_at_the_same_moment_count_once(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn)
        said = await asyncio.gather(*(press(desk, f"d:{asked['id']}:{n % 2}") for n in range(6)))
        assert len(said) == 6
        row = await row_of(desk)
        assert row["state"] == "answered"
        await eventually(lambda: decisions(runner))
        assert {frame.choice for frame in decisions(runner)} == {row["choice"]}
        assert len(await shown(desk, asked["id"])) == 2


async def test_who_may_not_use_the_bot_decides_nothing(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn)
        await press(desk, f"d:{asked['id']}:0", chat=STRANGER, user=STRANGER)
        assert (await row_of(desk))["state"] == "asked"
        assert not decisions(runner)


async def test_a_button_of_another_chat_decides_nothing(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        asked = await ask(desk, thread, turn)
        assert await press(desk, f"d:{asked['id']}:0", chat=GROUP) == "This question is no longer open."
        assert await press(desk, f"d:{asked['id']}:7") == "This question is no longer open."
        assert (await row_of(desk))["state"] == "asked"


async def test_the_next_message_of_the_person_is_the_answer_and_no_turn(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn)
        await deliver(desk, asked["id"])
        await desk.say("green, please", message_id=906)
        [told] = await eventually(lambda: decisions(runner))
        assert (told.choice, told.text) == (None, "green, please")
        assert await desk.store.turns.count_queued(thread.id) == 0
        assert (await shown(desk, asked["id"]))[1][:2] == ("Which colour?\n\n*▸ ✓ green, please — P*", [])
        said = await desk.store.pool.fetchval("SELECT text FROM messages WHERE turn_id = $1 ORDER BY id DESC", turn.id)
        assert "green, please" in said  # the history has it


async def test_in_a_group_another_person_answers_by_a_reply_alone(store):
    async with running_desk(store, unaddressed=True) as desk:
        thread, turn, runner = await begin_in(desk, GROUP, NAME, "begin")
        asked = await ask(desk, thread, turn)
        await deliver(desk, asked["id"])
        await desk.say("something else", chat=GROUP, user=OTHER, message_id=6)
        assert (await row_of(desk))["state"] == "asked"
        assert await desk.store.turns.count_queued(thread.id) == 1
        await desk.take(reply("green", to=900, user=OTHER))
        [told] = await eventually(lambda: decisions(runner))
        assert told.text == "green"


async def test_a_reply_to_a_copy_of_a_question_that_was_not_noted_answers_it_and_the_copy_says_so(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn)
        await deliver(desk, asked["id"])
        answer = reply("green", to=899, chat=PERSON)
        button = {"text": "Blue", "callback_data": f"d:{asked['id']}:0"}
        answer["message"]["reply_to_message"]["reply_markup"] = {"inline_keyboard": [[button]]}
        await desk.take(answer)
        [told] = await eventually(lambda: decisions(runner))
        assert told.text == "green"
        assert await desk.store.turns.count_queued(thread.id) == 0
        told_in = await desk.store.pool.fetchval("SELECT message_ids FROM outbox WHERE dedupe_key LIKE 'decided:%'")
        assert told_in == [899]


def reply(text, *, to, user=PERSON, chat=GROUP, number=8):
    said = message(text, chat=chat, user=user, number=number)
    said["message"]["reply_to_message"] = {
        "message_id": to, "chat": said["message"]["chat"], "date": 1,
        "from": {"id": BOT_ID, "is_bot": True, "first_name": "b", "username": "demo_bot"},
    }  # fmt: skip
    return said


async def test_what_a_reply_says_of_an_approval_denies_it(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn, kind="approval", text="git push", tool="bash", rule="bash: git push*")
        await deliver(desk, asked["id"])
        await desk.say("what are you doing?", message_id=6)  # no reply: a message like any other
        assert (await row_of(desk))["state"] == "asked"
        await desk.take(reply("not on a Friday", to=900, chat=PERSON))
        [told] = await eventually(lambda: decisions(runner))
        assert (told.allowed, told.text) == (False, "not on a Friday")


async def test_several_questions_stand_side_by_side(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        rows = [await ask(desk, thread, turn, call=f"q{n}", seq=n + 2, text=f"Number {n}?") for n in range(3)]
        for row in reversed(rows):
            await press(desk, f"d:{row['id']}:0")
        await eventually(lambda: len(decisions(runner)) == 3)
        assert [frame.id for frame in decisions(runner)] == ["q2", "q1", "q0"]


@pytest.mark.parametrize("way", ["end", "run", "closed"])
async def test_one_that_nobody_waits_for_is_withdrawn_and_its_message_says_so(store, way):
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, _ = await begin_without_loop(desk)
        asked = await ask(desk, thread, turn)
        await deliver(desk, asked["id"])
        if way == "end":
            await desk.store.turns.end(turn.id, 1, 3, TurnState.DONE, None, Final("done"))
        elif way == "run":
            await desk.store.runs.end(thread.id, 1, "Evicted", None)
        else:
            await desk.people.close_call(thread, 1, wire.AskClosed(seq=3, id="q1"))
        assert (await row_of(desk))["state"] == "withdrawn"
        await desk.decisions.look()
        assert (await shown(desk, asked["id"]))[1] == (
            "Which colour?\n\n*▸ This question is no longer open.*", [], [900],
        )  # fmt: skip
        assert await press(desk, f"d:{asked['id']}:0") == "This question is no longer open."


async def test_a_question_of_a_turn_that_is_over_is_refused(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        await desk.store.turns.ask_stop(turn.id)
        refused = await ask(desk, thread, turn)
        assert isinstance(refused, wire.Decision)
        assert refused.outcome == "refused"


async def test_a_sub_agents_question_stands_in_its_parents_chat_with_its_name(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask_child(desk, thread, turn)
        own, runner = await connect_child(desk, child.name)
        await desk.store.turns.started(runner.turns[0].id, SUBAGENT_RUN, 1)
        asked = await ask(desk, own, runner.turns[0], run=SUBAGENT_RUN)
        assert (asked["chat_id"], asked["asker_id"]) == (PERSON, PERSON)
        assert (await shown(desk, asked["id"]))[0][0].startswith("🧩 Sub-agent *k1* asks:")
        await press(desk, f"d:{asked['id']}:0")
        assert [frame.text for frame in await eventually(lambda: decisions(runner))] == ["Blue"]


async def test_what_a_sub_agent_asks_is_withdrawn_with_it(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask_child(desk, thread, turn)
        own, runner = await connect_child(desk, child.name)
        await desk.store.turns.started(runner.turns[0].id, SUBAGENT_RUN, 1)
        await ask(desk, own, runner.turns[0], run=SUBAGENT_RUN)
        await desk.service.settle(own, 3, TurnState.DONE, None, "seven")
        assert (await row_of(desk))["state"] == "withdrawn"


async def test_one_that_has_no_chat_is_refused_in_words(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        lone = replace(thread, address=Address(BOT_ID, 0))
        refused = await ask(desk, lone, turn)
        assert "no chat" in refused.text


@pytest.mark.parametrize(("chat", "refused"), [(PERSON, True), (GROUP, False)])
async def test_only_an_administrator_may_where_the_class_says_so(store, chat, refused):
    async with running_desk(store, unaddressed=True) as desk:
        desk.resources.found_class = read_class({"spec": {"approvals": {"approvers": "Administrators"}}})
        thread, turn, _ = await begin_in(desk, chat, build_thread_name("tg", chat, None))
        asked = await ask(desk, thread, turn, kind="approval", text="ls", tool="bash", rule="bash")
        assert isinstance(asked, wire.Decision) is refused
