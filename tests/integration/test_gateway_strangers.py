"""People and groups that may not use the bot: how much they are told, and when a group is left. On a real Postgres."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.commands.pairing import PERIOD, PRESSES_A_MINUTE
from agent_gateway.store.guests import MOST_GROUPS
from agent_gateway.store.outbox import MOST_STRANGERS
from agent_gateway.telegram.errors import Ambiguous, RefusalKind, Refused
from agent_gateway.venues.leaving import Leaving
from agent_gateway.wording import keys
from tests.integration.test_gateway_requests import OTHER_GROUP, joined, rows
from tests.support.desk import ADMIN, PERSON, STRANGER, message, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
DAY = PERIOD.total_seconds()


async def watched(store):
    return await store.pool.fetchval("SELECT count(*) FROM unknown_groups")


async def look(desk, *, enabled=True, later=DAY):
    """Let so much time pass, and look once for groups that are to be left; return those that were."""
    await desk.store.pool.execute("UPDATE unknown_groups SET leave_at = leave_at - make_interval(secs => $1)", later)
    leaving = Leaving(
        desk.store, desk.members, desk.access, lambda: None, enabled=enabled, poll=3600, pause=0
    )  # fmt: skip
    task = asyncio.create_task(leaving.run())

    async def looked():
        return not await desk.store.guests.due()

    await eventually(looked)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return desk.members.left


async def test_an_unknown_person_is_told_once_a_day(store):
    async with running_desk(store, reconcile=False) as desk:
        for n in range(5):
            await desk.say("hi", chat=STRANGER, user=STRANGER, message_id=n + 1)
        await desk.say("hi", chat=667, user=667)
        assert len(await rows(store, STRANGER)) == 1
        assert len(await rows(store, 667)) == 1
        told = await store.pool.fetch("SELECT urgency, reply_to FROM outbox")
        assert [tuple(row) for row in told] == [(2, 1), (2, 5)]


async def test_a_group_is_told_once_a_day_whoever_writes_there(store):
    async with running_desk(store, reconcile=False) as desk:
        for person in range(9000, 9005):
            await desk.say("/status@demo_bot", chat=OTHER_GROUP, user=person)
        assert len(await rows(store, OTHER_GROUP)) == 1


async def test_no_more_is_said_to_unknown_people_than_can_be_and_nothing_is_kept_of_the_others(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        for person in range(9000, 9000 + MOST_STRANGERS + 5):
            await desk.say("hi", chat=person, user=person)
        await desk.say("hello all", chat=OTHER_GROUP, user=STRANGER)
        for table in ("outbox", "pairings"):
            assert await store.pool.fetchval(f"SELECT count(*) FROM {table}") == MOST_STRANGERS
        for table in ("threads", "inbox", "overheard", "people"):
            assert await store.pool.fetchval(f"SELECT count(*) FROM {table}") == 0
        await desk.say("hello")
        assert await store.threads.by_name(f"tg-{PERSON}") is not None


async def test_only_so_many_presses_of_unknown_people_are_answered(store):
    async with running_desk(store, reconcile=False) as desk:
        for _ in range(PRESSES_A_MINUTE):
            await press(desk, "ac:ask", chat=OTHER_GROUP, user=STRANGER)
        shown = message("x", chat=OTHER_GROUP)["message"]
        query = {"id": "late", "from": {"id": STRANGER, "first_name": "P"}, "message": shown, "chat_instance": "1"}
        await desk.take({"callback_query": {**query, "data": "ac:ask"}})
        await desk.settled()
        assert len(desk.callbacks.answers) == PRESSES_A_MINUTE
        await press(desk, "th:1:0", chat=PERSON, user=PERSON)  # people who are known are answered


async def test_a_group_that_nobody_lets_in_is_left_after_a_day(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(joined(language="en"))
        await desk.settled()
        assert keys.group_leaves("en") in (await rows(store, OTHER_GROUP))[0][0]
        assert await look(desk, later=DAY - 60) == []
        assert await look(desk, later=120) == [OTHER_GROUP]
        assert await watched(store) == 0


async def test_a_group_that_never_greeted_is_left_too(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/status@demo_bot", chat=OTHER_GROUP, user=STRANGER)
        assert await look(desk) == [OTHER_GROUP]


async def test_a_group_that_was_let_in_meanwhile_stays(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(joined())
        await desk.settled()
        await desk.say(f"/approve {OTHER_GROUP}", chat=ADMIN, user=ADMIN)
        assert await look(desk) == []
        assert await watched(store) == 0


@pytest.mark.parametrize("person", [PERSON, ADMIN])
async def test_a_group_stays_whose_person_may_use_the_bot(store, person):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(joined(user=person))
        await desk.settled()
        assert await watched(store) == 0


async def test_a_group_stays_in_which_somebody_known_has_written(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(joined())
        await desk.settled()
        await desk.say("/steer@demo_bot hello", chat=OTHER_GROUP, user=PERSON)
        assert await look(desk) == []


async def test_a_group_that_is_kept_out_for_good_is_left_at_once(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        await desk.take(joined())
        await desk.settled()
        _, buttons, _ = (await rows(store, ADMIN))[-1]
        await press(desk, buttons["Never"], chat=ADMIN, user=ADMIN)
        assert await look(desk, later=0) == [OTHER_GROUP]


async def test_no_group_is_left_where_that_is_switched_off(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(joined())
        await desk.settled()
        assert await look(desk, enabled=False) == []


async def test_a_group_that_cannot_be_left_now_is_left_later_and_one_that_is_gone_is_forgotten(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(joined())
        await desk.settled()
        desk.members.faults = [Ambiguous("silence")]
        assert await look(desk) == []
        assert await watched(store) == 1
        desk.members.faults = [Refused(RefusalKind.OTHER, "Bad Request: no")]
        await look(desk)
        assert await watched(store) == 0


async def test_only_so_many_groups_are_watched(store):
    for n in range(MOST_GROUPS + 10):
        await store.guests.watch(-1000 - n)
    due = await store.pool.fetchval("SELECT count(*) FROM unknown_groups WHERE leave_at <= now()")
    assert due >= 10


async def test_a_group_of_strangers_that_moves_leaves_no_trace(store):
    async with running_desk(store, reconcile=False) as desk:
        raw = joined()["my_chat_member"]["chat"]
        moved = {"message_id": 5, "date": 1, "chat": {**raw, "type": "group"}, "migrate_to_chat_id": -100888,
                 "from": {"id": STRANGER, "is_bot": False, "first_name": "E"}}  # fmt: skip
        await desk.take({"message": moved})
        await desk.settled()
        assert await store.pool.fetchval("SELECT count(*) FROM chat_aliases") == 0
