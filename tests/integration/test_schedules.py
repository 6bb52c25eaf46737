"""Schedules on a real Postgres: each due time is asked once, and what was missed as the resource says."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.support.eventually import eventually
from tests.support.scheduling import on, scheduling
from tests.support.stored import make_turn

pytestmark = pytest.mark.postgres


async def test_a_due_time_is_asked_once_whoever_looks(store):
    async with scheduling(store) as lab:
        row = await lab.apply()
        assert row.next_at == on(2)
        assert await lab.wait_until(on(2, 8, 59)) == 0
        lab.now = on(2)
        await asyncio.gather(*(lab.build_firing().ask_due() for _ in range(5)))
        [turn] = await lab.turns()
        assert turn["text"].startswith(
            "[This is asked by a schedule that an administrator made, again and again (0 9 * * *)"
        )
        assert "it was due Monday 2026-03-02 09:00 (UTC)" in turn["text"]
        assert turn["text"].endswith("\n\nLook at the *tests*.")
        assert await lab.said() == ["⏰ Look at the *tests*."]
        assert await lab.times() == [("02 09:00", "Asked")]
        assert (await lab.row()).next_at == on(3)


async def test_a_row_that_was_put_back_asks_no_due_time_again(store):
    async with scheduling(store) as lab:
        await lab.apply(concurrencyPolicy="Allow")
        await lab.wait_until(on(2))
        await store.pool.execute("UPDATE schedules SET next_at = $1", on(2))
        await lab.firing.ask_due()
        assert len(await lab.turns()) == 1
        assert (await lab.row()).next_at == on(3)


async def test_of_times_that_were_missed_the_last_is_asked_and_none_beyond_its_deadline(store):
    async with scheduling(store) as lab:
        await lab.apply()
        await lab.apply("strict", cron="0 10 * * *", startingDeadlineSeconds=60)
        await lab.wait_until(on(6, 11))
        assert len(await lab.turns()) == 1
        assert await lab.times() == [
            ("02 09:00", "Missed"), ("02 10:00", "Missed"), ("06 09:00", "Asked"), ("06 10:00", "Missed"),
        ]  # fmt: skip
        status = await lab.tell("strict")
        assert [one.outcome for one in status.recent] == ["Missed"]
        assert status.next_at == on(7, 10)


@pytest.mark.parametrize(
    ("policy", "asked"),
    [("Forbid", ["Asked", "Skipped"]), ("Allow", ["Asked", "Asked"]), ("Replace", ["Cancelled", "Asked"])],
)
async def test_what_happens_while_the_turn_before_has_not_ended(store, policy, asked):
    async with scheduling(store) as lab:
        await lab.apply(concurrencyPolicy=policy)
        await lab.wait_until(on(2))
        await lab.wait_until(on(3))
        await lab.ending.note_ended()
        assert [outcome for _, outcome in await lab.times()] == asked
        states = [turn["state"] for turn in await lab.turns()]
        assert states.count("queued") == asked.count("Asked")


async def test_a_running_turn_is_replaced_by_being_stopped(store):
    async with scheduling(store) as lab:
        await lab.apply(concurrencyPolicy="Replace")
        await lab.wait_until(on(2))
        await store.pool.execute("UPDATE turns SET state = 'started', run = 1")
        await lab.wait_until(on(3))
        assert [turn["stop_asked"] for turn in await lab.turns()] == [True, False]


async def test_three_failures_in_a_row_pause_it_and_who_changes_it_lets_it_go_on(store):
    async with scheduling(store) as lab:
        await lab.apply()
        for day in (2, 3):
            await lab.wait_until(on(day))
            await lab.end(TurnState.FAILED, "run_lost")
        await lab.wait_until(on(4))
        await lab.end()
        assert (await lab.row()).failures == 0, "one that ends well begins anew"
        for day in (5, 6, 7):
            await lab.wait_until(on(day))
            await lab.end(TurnState.FAILED, "run_lost")
        assert (await lab.said())[-1] == "⏸ “Look at the *tests*.” failed 3 times in a row, so I paused it."
        status = await lab.tell()
        assert (status.next_at, status.failures) == (None, 3)
        assert {one.type: one.status for one in status.conditions} == {"Accepted": "True", "Paused": "True"}
        assert await lab.wait_until(on(20)) == 0
        row = await lab.apply(prompt="Look again.")
        assert (row.next_at, row.paused_at, row.failures) == (on(21), None, 0)


async def test_a_turn_that_a_person_stopped_counts_neither_way_and_one_that_is_asked_again_counts_as_that(store):
    async with scheduling(store) as lab:
        await lab.apply()
        await lab.wait_until(on(2))
        await store.pool.execute("UPDATE turns SET state = 'started', run = 1, stop_asked = true")
        await lab.end(TurnState.FAILED, "aborted")
        assert (await lab.times(), (await lab.row()).failures) == ([("02 09:00", "Cancelled")], 0)
        await lab.wait_until(on(3))
        cut = (await lab.turns())[-1]["id"]
        await store.pool.execute("UPDATE turns SET state = 'failed', ended_at = now() WHERE id = $1", cut)
        async with store.transaction() as tx:
            await tx.turns.ask_again(await tx.turns.by_id(cut), None, "Go on.")
        await lab.ending.note_ended()
        assert (await lab.times())[-1] == ("03 09:00", "Asked")
        await lab.end()
        assert (await lab.times())[-1] == ("03 09:00", "Succeeded")


async def test_what_is_suspended_asks_nothing_and_makes_up_for_nothing(store):
    async with scheduling(store) as lab:
        await lab.apply()
        await lab.apply(suspend=True)
        assert await lab.wait_until(on(5, 12)) == 0
        row = await lab.apply(suspend=False)
        assert row.next_at == on(6)


async def test_once_is_asked_once_also_when_it_is_late(store):
    async with scheduling(store) as lab:
        await lab.apply(at="2026-03-01T09:00:00Z")
        await lab.wait_until(on(2, 8))
        await lab.wait_until(on(9))
        assert await lab.times() == [("01 09:00", "Asked")]
        assert (await lab.row()).next_at is None


async def test_a_full_queue_skips_it_and_a_chat_that_may_not_use_the_bot_is_refused(store):
    async with scheduling(store) as lab:
        row = await lab.apply()
        thread = await store.threads.by_id(row.thread_id)
        for number in range(MOST_QUEUED):
            await make_turn(store, thread, update=number)
        await lab.wait_until(on(2))
        lab.firing = type(lab.firing)(store, type(lab.access)([7], []), lambda: None, clock=lambda: lab.now)
        await lab.wait_until(on(3))
        assert [outcome for _, outcome in await lab.times()] == ["Skipped", "Refused"]


async def test_it_is_gone_with_its_resource_and_one_made_anew_is_another(store):
    async with scheduling(store) as lab:
        old = await lab.apply()
        await lab.wait_until(on(2))
        lab.resources.remove("morning")

        async def gone():
            return await lab.row() is None

        await eventually(gone)
        assert await lab.wait_until(on(3)) == 0
        new = await lab.apply()
        assert new.id != old.id
        await lab.wait_until(on(4))
        assert await lab.times() == [("02 09:00", "Asked"), ("04 09:00", "Asked")]


async def test_a_database_that_was_put_back_asks_nothing_that_a_status_tells(store):
    async with scheduling(store) as lab:
        await lab.apply()
        await lab.wait_until(on(2))
        await lab.end()
        await lab.tell()
        await store.pool.execute("DELETE FROM schedule_turns")
        await store.pool.execute("UPDATE schedules SET next_at = $1, last_at = NULL", on(2))
        await lab.wait_until(on(2, 12))
        assert len(await lab.turns()) == 1
        assert (await lab.row()).next_at == on(3)


async def test_one_that_no_row_tells_of_any_more_goes_on_behind_what_its_status_tells(store):
    async with scheduling(store) as lab:
        await lab.apply()
        await lab.wait_until(on(2))
        await lab.tell()
        await store.pool.execute("TRUNCATE schedules, schedule_turns CASCADE")
        lab.changes.note("morning", None)
        row = await eventually(lab.row)
        assert (row.last_at, row.next_at) == (on(2), on(3))


async def test_one_that_is_behind_its_status_is_taken_up_anew_by_whoever_begins_to_lead(store):
    async with scheduling(store) as lab:
        await lab.apply()
        await lab.wait_until(on(2))
        await lab.tell()
        await store.pool.execute("UPDATE schedules SET next_at = $1, last_at = NULL", on(2))
        lab.changes.note("morning", lab.resources.cached("morning"), first=True)

        async def mended():
            return (await lab.row()).next_at == on(3)

        await eventually(mended)


async def test_what_was_removed_before_it_was_there_is_deleted_when_it_comes(store):
    async with scheduling(store) as lab:
        row = await lab.apply()
        await store.pool.execute("UPDATE schedules SET uid = NULL, state = 'gone', wish = NULL WHERE id = $1", row.id)
        lab.resources.remove("morning")
        lab.resources.put("morning", str(row.id), threadRef={"name": "tg-42"}, prompt="Look.", cron="0 9 * * *")

        async def deleted():
            await lab.writer.write_due()
            return lab.resources.names == []

        await eventually(deleted)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"cron": "0 25 * * *"}, "BadCron"),
        ({"cron": "* * * * *"}, "LimitReached"),
        ({"timeZone": "Mars/Olympus"}, "BadZone"),
        ({"threadRef": {"name": "tg-666"}}, "NotAllowed"),
    ],
)
async def test_what_cannot_be_used_says_why_and_is_taken_up_when_it_is_mended(store, spec, reason):
    async with scheduling(store) as lab:
        row = await lab.apply(**spec)
        assert (row.problem, row.next_at) == (reason, None)
        status = await lab.tell()
        assert [(one.status, one.reason) for one in status.conditions if one.type == "Accepted"] == [("False", reason)]
        row = await lab.apply(cron="0 9 * * *", timeZone="UTC", threadRef={"name": "tg-42"})
        assert (row.problem, row.next_at) == ("", on(2))


async def test_there_are_no_more_than_there_may_be_and_none_of_another_bot(store):
    async with scheduling(store, perConversation=1) as lab:
        await lab.apply("first")
        lab.resources.put("foreign", threadRef={"name": "other-42"}, prompt="x", cron="@daily")
        row = await lab.apply("second")
        assert "schedules-conversation: 1" in row.words
        assert (await lab.row("first")).problem == ""
        assert await lab.row("foreign") is None


async def test_a_quiet_one_comes_into_the_chat_only_with_something_to_say(store):
    async with scheduling(store) as lab:
        await lab.apply(quiet=True)
        for day, text, state in (
            (2, "NOTHING", TurnState.DONE), (3, "The disk is full.", TurnState.DONE), (4, "It broke.", TurnState.FAILED),
        ):  # fmt: skip
            await lab.wait_until(on(day))
            turn = (await lab.turns())[-1]
            assert turn["quiet"]
            await store.turns.end(turn["id"], None, None, state, None, Final(text))
            await lab.ending.note_ended()
        assert await lab.said() == ["The disk is full."]
