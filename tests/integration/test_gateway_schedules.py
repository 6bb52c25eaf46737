"""/schedule and /schedules: made after a question, held, asked and deleted by buttons, by whom that is given to."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from agent_gateway.resources.fakeschedules import FakeSchedules
from agent_gateway.schedules.settings import ScheduleSettings
from agent_gateway.schedules.writing import ScheduleWriter
from agent_gateway.store.rows import TurnState
from agent_kube.errors import Away
from tests.support.confirms import ask
from tests.support.desk import ADMIN, GROUP, PERSON, running_desk
from tests.support.pressing import last_said, press
from tests.support.scheduling import Lab

pytestmark = pytest.mark.postgres
MORNING = "/schedule every weekday 9:00 check the *dependencies*"


@contextlib.asynccontextmanager
async def scheduling_desk(store, **settings):
    async with running_desk(store, schedules=ScheduleSettings(**settings)) as desk:
        resources = FakeSchedules()
        yield desk, ScheduleWriter(store, resources, lambda: None), resources


async def made(desk, words=MORNING, **who):
    """Write a command, confirm it, and return what is said."""
    _, buttons = await ask(desk, words, **who)
    await press(desk, buttons["✓ Schedule it"], **who)
    return (await last_said(desk))[0]


async def only(store):
    return await store.pool.fetchrow("SELECT * FROM schedules")


async def test_a_question_shows_the_next_three_times_in_the_zone_of_the_person(store):
    async with scheduling_desk(store) as (desk, writer, resources):
        await desk.say("/timezone Asia/Tokyo")
        text, buttons = await ask(desk, MORNING)
        first, when, _, following, *times = text.splitlines()
        assert (first, when) == ("⏰ check the *dependencies*", "every weekday 9:00 (Asia/Tokyo)")
        assert following == "The next times:"
        assert len(times) == 3
        assert all(line.startswith("• ") and line.endswith("09:00") for line in times)
        assert list(buttons) == ["✓ Schedule it", "Cancel"]
        await writer.write_due()
        assert resources.names == [], "nothing before it is confirmed"
        await press(desk, buttons["✓ Schedule it"])
        assert "✓ Scheduled. Next: " in (await last_said(desk))[0]
        await writer.write_due()
        [name] = resources.names
        spec = resources.cached(name).spec
        assert (spec.cron, spec.time_zone, spec.prompt) == ("0 9 * * 1-5", "Asia/Tokyo", "check the *dependencies*")
        assert spec.thread_ref.name == "tg-42"
        row = await only(store)
        assert (row["state"], row["uid"], row["person_id"]) == ("live", "uid-1", PERSON)
        assert row["next_at"].hour == 0, "nine in Tokyo"
        assert await press(desk, buttons["✓ Schedule it"]) == "Already answered."


async def test_an_answer_of_the_api_server_that_is_lost_makes_no_second_one(store):
    async with scheduling_desk(store) as (desk, writer, resources):
        await made(desk)
        resources.faults.append(Away("It is away.", None, "Away"))
        assert not await writer.write_due()
        row = await only(store)
        resources.put(row["name"], str(row["id"]), threadRef={"name": "tg-42"}, cron="0 9 * * 1-5", prompt="check")
        assert await writer.write_due()
        assert len(resources.names) == 1
        assert (await only(store))["uid"] == "uid-1"


async def test_a_name_that_one_made_by_hand_has_is_passed_over_at_once(store):
    async with scheduling_desk(store) as (desk, writer, resources):
        _, buttons = await ask(desk, MORNING)
        draft = await only(store)
        taken = f"tg-42-s{draft['id']}"
        await store.pool.execute(
            "INSERT INTO schedules (bot_id, name, uid, spec, state) SELECT bot_id, $1, 'other', spec, 'live' FROM schedules",
            taken,
        )
        await press(desk, buttons["✓ Schedule it"])
        assert "✓ Scheduled. Next: " in (await last_said(desk))[0]
        await writer.write_due()
        assert resources.names == [f"{taken}x"]


async def test_a_name_that_is_taken_is_passed_over(store):
    async with scheduling_desk(store) as (desk, writer, resources):
        await made(desk)
        taken = (await only(store))["name"]
        resources.put(taken, threadRef={"name": "tg-42"}, cron="@daily", prompt="another")
        await writer.write_due()
        await writer.write_due()
        assert resources.names == [taken, f"{taken}x"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/schedule", "Tell me when and what:"),
        ("/schedule the dependencies", "I don't understand when."),
        ("/schedule 0 25 * * * x", "I don't understand when."),
        ("/schedule every 1 minutes x", "That is too often: every 5 min at most."),
        ("/schedule 2020-01-01 9:00 x", "That time is over."),
    ],
)
async def test_what_cannot_be_is_told_in_plain_words(store, words, said):
    async with scheduling_desk(store) as (desk, _, _resources):
        text, buttons = await ask(desk, words)
        assert text.startswith(said)
        assert buttons == {}
        assert await only(store) is None


async def test_there_are_as_many_as_there_may_be(store):
    async with scheduling_desk(store, perConversation=1, perChat=5) as (desk, _, _resources):
        _, late = await ask(desk, "/schedule every day 8:00 first")
        await made(desk)
        said = "This conversation has 1 schedules, as many as there may be. See /schedules."
        assert (await ask(desk, MORNING))[0] == said
        await press(desk, late["✓ Schedule it"])
        assert (await last_said(desk))[0] == said


async def test_it_is_held_goes_on_and_is_deleted_by_buttons(store):
    async with scheduling_desk(store) as (desk, writer, resources):
        await made(desk)
        await writer.write_due()
        [name] = resources.names
        text, buttons = await ask(desk, "/schedules")
        assert text.startswith(
            "Schedules of this conversation\n\n1. check the *dependencies*\nevery weekday 9:00 · next: "
        )
        await press(desk, buttons["⏸ 1"])
        assert "every weekday 9:00 · paused" in (await last_said(desk))[0]
        assert (await only(store))["next_at"] is None
        await writer.write_due()
        assert resources.cached(name).spec.suspend
        _, buttons, _ = await last_said(desk)
        assert await press(desk, buttons["▶ 1"]) == "On its way: it runs again from the next time."
        await writer.write_due()
        assert not resources.cached(name).spec.suspend
        assert (await only(store))["next_at"] is not None
        await press(desk, buttons["🗑 1"])
        text, buttons, _ = await last_said(desk)
        assert text == "Delete “check the *dependencies*”?"
        await press(desk, buttons["🗑 Delete"])
        assert (await last_said(desk))[0] == "Deleted: check the *dependencies*"
        assert (await only(store))["next_at"] is None, "nothing is asked from now on"
        await writer.write_due()
        assert resources.names == []
        assert (await ask(desk, "/schedules"))[0].startswith("Nothing is scheduled here.")


async def test_it_is_asked_now_once_while_it_runs(store):
    async with scheduling_desk(store) as (desk, writer, _resources):
        await made(desk)
        _, buttons = await ask(desk, "/schedules")
        assert await press(desk, buttons["⚡ 1"]) == "It is being set up. Try again in a moment."
        await writer.write_due()
        assert await press(desk, buttons["⚡ 1"]) == "I'm on it."
        assert await press(desk, buttons["⚡ 1"]) == "It is running already."
        [turn] = await store.pool.fetch("SELECT * FROM turns")
        assert turn["text"].startswith("[This is asked by a schedule that the person you work for made")
        assert turn["person_id"] == PERSON
        assert "⏰ check the *dependencies*" in await desk.said("notice")


async def test_the_button_below_a_pause_lets_it_go_on(store):
    async with scheduling_desk(store) as (desk, writer, resources):
        await made(desk)
        await writer.write_due()
        lab = Lab(store, resources)
        for days in (7, 14, 21):
            await lab.wait_until(datetime.now(UTC) + timedelta(days=days))
            await lab.end(TurnState.FAILED, "run_lost")
        text, buttons, _ = await last_said(desk)
        assert "failed 3 times in a row, so I paused it." in text
        assert (await only(store))["next_at"] is None
        assert await press(desk, buttons["▶ Go on"]) == "On its way: it runs again from the next time."
        row = await only(store)
        assert (row["paused_at"], row["failures"]) == (None, 0)
        assert row["next_at"] > datetime.now(UTC)


async def test_in_a_group_only_who_made_it_and_administrators_act_on_it(store):
    async with scheduling_desk(store) as (desk, writer, _resources):
        desk.members.admins = {1234}
        await desk.say(MORNING.replace("/schedule", "/schedule@demo_bot"), chat=GROUP)
        _, buttons, _ = await last_said(desk)
        await press(desk, buttons["✓ Schedule it"], chat=GROUP)
        await writer.write_due()
        await desk.say("/schedules@demo_bot", chat=GROUP)
        _, buttons, _ = await last_said(desk)
        denied = "Only who made it or an administrator can do that."
        assert await press(desk, buttons["⏸ 1"], chat=GROUP, user=99) == denied
        assert (await only(store))["wish"] is None
        assert await press(desk, buttons["⏸ 1"], chat=GROUP, user=ADMIN) == ""
        assert (await only(store))["wish"] == "suspend"


async def test_a_button_in_another_chat_does_nothing(store):
    async with scheduling_desk(store) as (desk, writer, _resources):
        await made(desk)
        await writer.write_due()
        row = await only(store)
        assert await press(desk, f"sl:p:{row['id']}", chat=ADMIN, user=ADMIN) == "I don't know this schedule any more."
        assert (await only(store))["wish"] is None


async def test_once_leaves_nothing_behind(store):
    async with scheduling_desk(store) as (desk, writer, resources):
        await made(desk, "/schedule tomorrow 9:00 say hello")
        await writer.write_due()
        lab = Lab(store, resources)
        await lab.wait_until(datetime.now(UTC) + timedelta(days=2))
        await lab.end()
        await writer.write_due()
        assert resources.names == []
        assert (await only(store))["state"] == "gone"


async def test_once_that_is_asked_before_its_time_still_comes_at_its_time(store):
    async with scheduling_desk(store) as (desk, writer, resources):
        await made(desk, "/schedule tomorrow 9:00 say hello")
        await writer.write_due()
        _, buttons = await ask(desk, "/schedules")
        assert await press(desk, buttons["⚡ 1"]) == "I'm on it."
        lab = Lab(store, resources)
        await lab.end()
        await writer.write_due()
        assert len(resources.names) == 1, "its time is yet to come"
        await lab.wait_until(datetime.now(UTC) + timedelta(days=2))
        await lab.end()
        assert len(await lab.turns()) == 2
        await writer.write_due()
        assert resources.names == []
