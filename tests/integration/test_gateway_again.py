"""Answers that were cut: by themselves, and by their buttons, they go on once; on a real Postgres."""

from __future__ import annotations

import json
import logging

import pytest

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from agent_gateway.wording import keys
from agent_gateway.wording.again import build_buttons, build_error_id
from tests.support.desk import GROUP, PERSON, message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


async def begin(desk, number=1, text="port it"):
    if number == 1:
        await desk.say(text)
    thread = await desk.run_wanted("tg-42", number)
    runner = await desk.connect(thread, number, f"pod-{number}")
    await eventually(lambda: runner.turns)
    turn = runner.turns[0]
    await desk.store.turns.started(turn.id, number, 1)
    await desk.store.views.save_progress(turn.id, thread.id, number, ["half of it"], 2)
    return thread, turn, runner


async def lose(desk, thread, runner, number, reason, **more):
    desk.resources.report("tg-42", number=number, finishedAt="2026-01-01T00:00:00Z", reason=reason, **more)
    desk.registry.detach(thread.id, runner)


async def final_of(store, turn):
    return await eventually(
        lambda: store.pool.fetchrow("SELECT * FROM outbox WHERE dedupe_key = $1", f"turn:{turn.id}")
    )


async def press(desk, data, *, chat=PERSON, user=PERSON):
    message = {"message_id": 9, "date": 1, "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"}}
    query = {"id": f"{len(desk.callbacks.answers)}", "from": {"id": user, "first_name": "P"}, "data": data}
    told = len(desk.callbacks.answers)
    await desk.take({"callback_query": {**query, "message": message}})
    await eventually(lambda: len(desk.callbacks.answers) > told)
    return desk.callbacks.answers[-1][1]


@pytest.mark.parametrize("reason", ["Evicted", "NodeLost", "GatewayLost", "Preempted"])
async def test_what_nobody_wanted_goes_on_by_itself_once(store, reason):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await lose(desk, thread, runner, 1, reason)
        final = await final_of(store, turn)
        assert final["text"].startswith("half of it\n\n")
        assert final["text"].endswith(keys.carries_on("en"))
        assert final["buttons"] == "[]"
        _, second, runner = await begin(desk, 2)
        assert second.again_of == turn.id
        assert "\n\nport it" in second.text
        assert "half of it" in second.text
        await lose(desk, thread, runner, 2, reason)
        final = await final_of(store, second)
        assert f'"co:{second.id}"' in final["buttons"]
        assert "by itself" not in final["text"]
        assert await store.turns.count_queued(thread.id) == 0


async def test_what_goes_on_comes_before_what_was_written_meanwhile(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await desk.say("and then test it")
        await lose(desk, thread, runner, 1, "Evicted")
        _, second, _ = await begin(desk, 2)
        assert second.again_of == turn.id
        assert [t.text for t in await store.turns.queued(thread.id)] == ["and then test it"]


async def test_a_gateway_that_dies_behind_the_end_continues_once(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("port it")
        [thread] = await store.threads.newest()
        await store.runs.want(thread.id, 1, "uid")
        await store.runs.accept_hello(thread.id, 1, "pod", "uid", "job")
        turn = await store.turns.deliver_next(thread.id, 1)
        for _ in range(2):  # the second is what a gateway does that finds it unfinished
            await store.turns.end(turn.id, None, None, TurnState.FAILED, "run_lost", Final("cut", goes_on="go on"))
        assert [t.text for t in await store.turns.queued(thread.id)] == ["go on"]


@pytest.mark.parametrize("reason", ["OOMKilled", "Deleted", "DeadlineExceeded"])
async def test_what_may_happen_again_waits_for_a_press(store, reason):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await lose(desk, thread, runner, 1, reason)
        final = await final_of(store, turn)
        assert build_error_id(turn.id) in final["text"]
        assert await press(desk, f"co:{turn.id}", chat=GROUP) == keys.again_whole("en")
        assert await press(desk, f"co:{turn.id}") == keys.again_continued("en")
        assert await press(desk, f"co:{turn.id}") == keys.again_already("en")
        _, second, _ = await begin(desk, 2)
        assert "\n\nport it" in second.text
        assert second.message_id == turn.message_id
        assert await press(desk, f"co:{second.id}") == keys.again_whole("en")


async def test_a_full_disk_is_told_with_its_limit_and_waits_for_a_press(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        kubelet = 'Usage of EmptyDir volume "work" exceeds the limit "2Gi". '
        await lose(desk, thread, runner, 1, "DiskFull", message=kubelet)
        final = await final_of(store, turn)
        assert "The agent filled its disk: “work” may hold 2.1 GB." in final["text"]
        assert f'"co:{turn.id}"' in final["buttons"]
        assert await store.turns.count_queued(thread.id) == 0


async def test_what_failed_is_asked_again_as_it_was(store, caplog):
    caplog.set_level(logging.WARNING)
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        final = Final("It failed.", buttons=build_buttons("en", turn.id, "provider"))
        await store.turns.end(turn.id, 1, 3, TurnState.FAILED, "provider", final)
        assert f'"re:{turn.id}"' in (await final_of(store, turn))["buttons"]
        assert await press(desk, f"re:{turn.id}") == keys.again_asked("en")
        await eventually(lambda: [t.text for t in runner.turns] == ["port it", "port it"])
        assert await press(desk, "re:99999") == keys.again_whole("en")


async def test_asked_again_by_command_is_what_the_person_said(store):
    async with running_desk(store) as desk:
        thread, _, runner = await begin(desk)
        await lose(desk, thread, runner, 1, "Evicted")
        _, second, runner = await begin(desk, 2)
        await store.turns.end(second.id, 2, 3, TurnState.DONE, None, Final("done"))
        await desk.say("/retry")
        await eventually(lambda: [t.text for t in runner.turns[1:]] == ["port it"])


async def test_what_is_asked_again_is_answered_in_the_language_of_who_asks_again(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        await store.turns.end(turn.id, 1, None, TurnState.FAILED, "timeout", Final("Timed out."))
        again = await store.turns.ask_again(turn, 8, turn.text, "de")
        assert (again.person_id, again.language) == (8, "de")
        await store.turns.cancel(again.id)
        german = message("/retry")
        german["message"]["from"]["language_code"] = "de"
        await desk.take(german)
        await eventually(lambda: len(runner.turns) == 2)
        assert (await store.turns.by_id(runner.turns[1].id)).language == "de"


async def test_a_pressed_button_goes_with_its_press(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        await store.turns.end(turn.id, turn.run, 3, TurnState.FAILED, "provider", Final("no"))
        assert await press(desk, f"re:{turn.id}") == keys.again_asked("en")
        row = await store.pool.fetchrow("SELECT text, buttons, message_ids FROM outbox ORDER BY id DESC LIMIT 1")
        assert tuple(row) == ("", "[]", [9])
        await eventually(lambda: [t.text for t in runner.turns[1:]] == ["port it"])


async def test_three_messages_for_which_nothing_starts_are_one_message_with_one_button(store):
    async with running_desk(store) as desk:
        await desk.say("one")
        thread = await store.threads.by_name("tg-42")
        await store.pool.execute("UPDATE turns SET attempts = 2")
        await desk.run_wanted("tg-42", 1)
        async with store.transaction() as tx:
            for number, words in enumerate(("two", "three"), start=6):  # later than one burst
                await tx.turns.add(thread.id, None, number, PERSON, words, ())
        waited = await store.turns.queued(thread.id)
        assert len(waited) == 3
        await store.views.save_messages(waited[1].id, [77])
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="OOMKilled")
        row = await final_of(store, waited[0])
        assert "2 more messages wait" in row["text"]
        assert len(await desk.said("final")) == 1
        assert row["preview_ids"] == [77]
        assert await store.turns.count_queued(thread.id) == 0
        ((_, data),) = json.loads(row["buttons"])
        await press(desk, data, chat=GROUP)
        assert await store.turns.count_queued(thread.id) == 0  # another chat's button
        await press(desk, data)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["one", "two", "three"]
        assert await press(desk, data) == "Already asked again."
