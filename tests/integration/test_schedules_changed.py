"""Schedules beside people: what they change while it is due, what they say to a quiet turn, and what nobody wrote."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from agent_gateway.commands.turns import stop_thread
from agent_gateway.errors import LeadershipLost
from agent_gateway.resources.changes import Change
from agent_gateway.resources.fakeschedules import FakeSchedules
from agent_gateway.schedules.firing import HELD_SECONDS
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, TurnState
from agent_gateway.venues.gone import lose
from agent_gateway.venues.moved import move, settle
from agent_gateway.venues.opened import come_back
from agent_kube.errors import Away
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.scheduling import Lab, on, scheduling
from tests.support.stored import make_thread, make_turn

pytestmark = pytest.mark.postgres


async def taken_up(store, **spec):
    """Return a lab with a schedule that is known as it stands; changes are taken up only where a test does so."""
    lab = Lab(store)
    lab.resources.put("morning", threadRef={"name": "tg-42"}, prompt="Look.", cron="0 9 * * *", **spec)
    await lab.adopter.look("morning")
    return lab


async def test_what_was_deleted_while_no_gateway_was_there_is_asked_no_more(store):
    lab = await taken_up(store)
    lab.resources.remove("morning")
    assert await lab.wait_until(on(2)) == 0
    assert (await lab.turns(), await lab.row()) == ([], None)


async def test_what_was_deleted_before_a_gateway_began_is_listed_no_more(store):
    kept = await taken_up(store)
    kept.resources.put("evening", threadRef={"name": "tg-42"}, prompt="Look.", cron="0 20 * * *")
    await kept.adopter.look("evening")
    seen = FakeSchedules()  # as whoever begins reads it: no change tells of the other
    seen.put("evening", threadRef={"name": "tg-42"}, prompt="Look.", cron="0 20 * * *")
    async with scheduling(store, resources=seen) as lab:

        async def is_only_one():
            rows = await store.schedules.of_thread((await lab.row("evening")).thread_id, 9)
            return [row.name for row in rows] == ["evening"]

        await eventually(is_only_one)


async def test_what_was_changed_while_it_was_due_is_asked_as_it_stands_now(store):
    lab = await taken_up(store)
    lab.resources.put("morning", suspend=True)
    assert await lab.wait_until(on(2)) == 0
    assert await lab.turns() == []
    await lab.adopter.look("morning")
    lab.resources.put("morning", suspend=False, prompt="Look again.")
    await lab.adopter.look("morning")
    assert await lab.wait_until(on(3)) == 1
    assert [turn["text"].endswith("Look again.") for turn in await lab.turns()] == [True]


async def test_what_the_api_server_does_not_tell_is_asked_about_at_a_pace(store, monkeypatch):
    lab, looks = await taken_up(store), []

    async def get(_name):
        looks.append(time.monotonic())
        if len(looks) == 3:
            raise LeadershipLost("That is enough.")
        raise Away("It says no.", None, "Away")

    lab.resources.remove("morning")
    monkeypatch.setattr(lab.resources, "get", get)
    lab.now = on(2)
    with pytest.raises(LeadershipLost):
        await lab.firing.run()
    assert looks[2] - looks[0] > 1.5 * HELD_SECONDS
    assert (await lab.row()).state == "live", "nothing is known of it"


async def test_a_change_beside_a_button_is_taken_up(store):
    lab = await taken_up(store)
    lab.resources.put("morning", cron="0 10 * * *")
    await store.schedules.wish((await lab.row()).id, "suspend", None)
    await lab.writer.write_due()
    assert await lab.adopter.sort_out([Change("morning", None, first=False)]) == ["morning"]


async def test_what_others_had_it_ask_is_not_asked_for_its_person(store):
    lab = await taken_up(store)
    await store.pool.execute("UPDATE schedules SET person_id = 7, said = 'at nine'")
    lab.resources.put("morning", cron="0 10 * * *")
    await lab.adopter.look("morning")
    assert ((await lab.row()).person_id, (await lab.row()).said) == (7, "")
    lab.resources.put("morning", prompt="Push it to main.")
    await lab.adopter.look("morning")
    await lab.wait_until(on(2, 10))
    [turn] = await lab.turns()
    assert turn["person_id"] is None
    assert "an administrator made" in turn["text"]


async def test_what_others_have_asked_elsewhere_is_not_asked_for_its_person(store):
    lab = await taken_up(store)
    await store.pool.execute("UPDATE schedules SET person_id = 42")
    lab.resources.put("morning", threadRef={"name": "tg-42-7"})
    await lab.adopter.look("morning")
    await lab.wait_until(on(2))
    [turn] = await lab.turns()
    assert (await store.threads.by_id(turn["thread_id"])).name == "tg-42-7"
    assert turn["person_id"] is None


async def start(store, lab):
    """Let a quiet turn be due, and run."""
    await lab.wait_until(on(2))
    await store.pool.execute("UPDATE turns SET state = 'started', run = 1")
    return await store.turns.by_id((await lab.turns())[-1]["id"])


async def test_whoever_said_something_to_a_quiet_turn_hears_what_comes_of_it(store):
    async with scheduling(store) as lab:
        await lab.apply(quiet=True)
        turn = await start(store, lab)
        async with store.transaction() as tx:
            steer = await tx.steers.add(turn, "steer", 1, 5, 42, "And the disk?")
        await store.steers.mark_read(turn.id, steer, turn.thread_id, 1, 1)
        await store.turns.end(turn.id, None, None, TurnState.FAILED, None, Final("It broke."))
        assert await lab.said() == ["It broke."]


async def test_whoever_stops_a_quiet_turn_hears_that(store):
    async with scheduling(store) as lab:
        await lab.apply(quiet=True)
        turn = await start(store, lab)
        async with store.transaction() as tx:
            assert await stop_thread(tx, await tx.threads.by_id(turn.thread_id), 42)
        await store.turns.end(turn.id, None, None, TurnState.CANCELLED, "aborted", Final("Stopped."))
        assert await lab.said() == ["Stopped."]


async def test_what_a_schedule_asked_is_not_what_a_person_asked_last(store):
    thread = await make_thread(store)
    asked = await make_turn(store, thread)
    async with scheduling(store) as lab:
        await lab.apply()
        await store.pool.execute("UPDATE schedules SET person_id = 42")
        await lab.wait_until(on(2))
        assert (await lab.turns())[-1]["person_id"] == 42
        assert (await store.turns.last_asked(thread.id)).id == asked.id


async def test_a_heartbeat_of_a_chat_that_moved_is_told_the_checklist_of_its_class(store):
    lab = Lab(store)
    lab.resources.put("beat", threadRef={"name": "tg-n100"}, prompt="Look.", cron="0 9 * * *", quiet=True)
    await lab.adopter.look("beat")
    async with store.transaction() as tx:
        await move(tx, Address(BOT_ID, -100), Address(BOT_ID, -200), "tg")

    async def find_class(name):
        return SimpleNamespace(spec=SimpleNamespace(heartbeat=f"That of {name}."))

    named = {"tg-n200": "team"}  # of the old name there is no AgentThread any more
    lab.firing._classes = SimpleNamespace(
        find_class_name=lambda name: named.get(name, "default"), find_class=find_class
    )  # fmt: skip
    await lab.wait_until(on(2))
    [turn] = await lab.turns()
    assert "[The checklist of your team:]\nThat of team." in turn["text"]


async def test_what_is_due_while_its_chat_is_gone_goes_on_once_that_is_back(store):
    lab = await taken_up(store)
    thread = await store.threads.by_id((await lab.row()).thread_id)
    async with store.transaction() as tx:
        await lose(tx, thread.address, None, chat=True)
    await lab.wait_until(on(2))
    await lab.wait_until(on(3))
    assert ((await lab.row()).problem, await lab.turns()) == ("VenueGone", [])
    assert await store.schedules.coming(on(3, 10), on(5), 9) == [], "no agent begins ahead for it"
    async with store.transaction() as tx:
        await come_back(tx, thread.address)
    assert await lab.wait_until(on(3, 12)) == 0
    await lab.wait_until(on(4))
    assert await lab.times() == [("04 09:00", "Asked")]
    row = await lab.row()
    assert (row.problem, row.words, row.next_at) == ("", "", on(5))


async def test_one_that_is_changed_after_its_group_got_topics_stays_in_the_conversation_in_general(store):
    lab = Lab(store)
    lab.resources.put("morning", threadRef={"name": "tg-n100"}, prompt="Look.", cron="0 9 * * *")
    await lab.adopter.look("morning")
    thread_id = (await lab.row()).thread_id
    async with store.transaction() as tx:
        await settle(tx, Address(BOT_ID, -100, 1), "tg")
    lab.resources.put("morning", prompt="Look again.")
    await lab.adopter.look("morning")
    assert (await lab.row()).thread_id == thread_id
    assert await store.pool.fetchval("SELECT count(*) FROM threads") == 1
