"""Topics and chats that are gone, and come back, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.rows import Address, VenueState
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, PERSON, message, running_desk
from tests.support.eventually import eventually
from tests.support.venues import (
    BLOCKED,
    CLOSED,
    NAME,
    NOT_FOUND,
    TOPIC,
    TOPIC_CLOSED,
    begin,
    in_group,
    in_topic,
    membership,
    outbox,
    place_of,
    send,
)

pytestmark = pytest.mark.postgres


async def test_a_topic_that_is_gone_ends_its_work_and_is_told_in_private(store):
    async with running_desk(store) as desk:
        await desk.say("I wrote in private once")
        thread, turn, runner = await begin(desk, in_topic("first"))
        await send(desk, in_topic("second"))
        desk.venues.note(TOPIC, NOT_FOUND)

        async def stopped():
            return (NAME, 1) in desk.resources.stops and any(isinstance(f, wire.Shutdown) for f in runner.sent)

        await eventually(stopped)
        assert await place_of(store) is VenueState.ORPHANED
        assert await store.turns.count_queued(thread.id) == 0
        assert (await store.turns.by_id(turn.id)).stop_asked
        ((state, chat, topic, told),) = [row for row in await outbox(store) if "is gone" in row[3]]
        assert (state, chat, topic) == ("pending", PERSON, None)
        assert "I dropped one waiting message" in told
        await eventually(lambda: [e[:2] for e in desk.resources.events] == [(NAME, "VenueGone")])
        await desk.say("/threads", chat=GROUP, user=ADMIN)
        assert "topic is gone" in (await desk.said())[-1]
        desk.venues.note(TOPIC, NOT_FOUND)  # again: nothing more follows
        await send(desk, in_topic("later", topic=43))
        desk.venues.note(Address(BOT_ID, GROUP, 43), TOPIC_CLOSED)  # it is taken after the other

        async def taken():
            return await place_of(store, "tg-n100200300-43") is VenueState.CLOSED

        await eventually(taken)
        assert len([row for row in await outbox(store) if "is gone, so" in row[3]]) == 1


async def test_a_topic_that_is_gone_is_not_told_in_the_group(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("first"))
        desk.venues.note(TOPIC, NOT_FOUND)

        async def orphaned():
            return await place_of(store) is VenueState.ORPHANED

        await eventually(orphaned)
        assert await outbox(store) == []


async def test_who_writes_in_a_topic_that_was_taken_for_gone_is_answered(store):
    async with running_desk(store) as desk:
        await send(desk, in_topic("first"))
        await desk.run_wanted(NAME, 1)
        desk.venues.note(TOPIC, NOT_FOUND)
        await eventually(lambda: (NAME, 1) in desk.resources.stops)
        desk.resources.report(NAME, number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        await send(desk, in_topic("here I am"))
        assert await place_of(store) is VenueState.OPEN
        thread = await desk.run_wanted(NAME, 2)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["[From P]\n\nhere I am"]


async def test_a_command_in_a_topic_that_was_taken_for_gone_works_too(store):
    async with running_desk(store) as desk:
        await send(desk, in_topic("first"))
        await desk.run_wanted(NAME, 1)
        desk.venues.note(TOPIC, NOT_FOUND)
        await eventually(lambda: (NAME, 1) in desk.resources.stops)
        desk.resources.report(NAME, number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        await send(desk, {"message": in_topic()["message"] | {"text": "/retry@demo_bot"}})
        thread = await desk.run_wanted(NAME, 2)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["[From P]\n\nfirst"]


async def test_general_and_a_chat_without_topics_are_never_gone_for_a_topic(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        desk.venues.note(Address(BOT_ID, PERSON), NOT_FOUND)
        desk.venues.note(Address(BOT_ID, GROUP, 1), NOT_FOUND)
        assert desk.venues.noted == 0


# --- chats -----------------------------------------------------------------------------------------


async def test_a_bot_that_was_removed_ends_all_topics_and_goes_on_when_it_is_back(store):
    async with running_desk(store) as desk:
        thread, _, runner = await begin(desk, in_topic("first"))
        await send(desk, in_topic("other", topic=43), in_topic(topic=43, **CLOSED))
        await send(desk, membership("kicked"))
        await eventually(lambda: any(isinstance(f, wire.Shutdown) for f in runner.sent))
        assert {t.venue for t in await store.threads.newest()} == {VenueState.ORPHANED}
        await send(desk, membership("administrator"))
        assert {t.venue for t in await store.threads.newest()} == {VenueState.OPEN}
        desk.resources.report(NAME, number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        await send(desk, in_topic("again"))
        await desk.run_wanted(NAME, 2)
        assert await store.turns.count_queued(thread.id) == 1


async def test_a_refusal_tells_the_same_as_the_update(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("first"), in_topic("other", topic=43))
        desk.venues.note(TOPIC, BLOCKED)

        async def orphaned():
            return {t.venue for t in await store.threads.newest()} == {VenueState.ORPHANED}

        await eventually(orphaned)


async def test_what_was_written_after_the_bot_came_back_is_not_cancelled(store):
    """Topics have lanes of their own: their messages may be taken before the chat's earlier updates."""
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("before"))
        late = membership("left")
        late["update_id"] = next(desk.numbers)
        await send(desk, in_topic("after"))
        await desk.take(late)
        await desk.settled()
        thread = await store.threads.by_name(NAME)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["[From P]\n\nafter"]


async def test_a_topic_that_was_deleted_stays_gone_when_the_bot_is_back(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("first"))
        desk.venues.note(TOPIC, NOT_FOUND)

        async def orphaned():
            return await place_of(store) is VenueState.ORPHANED

        await eventually(orphaned)
        await send(desk, membership("left"), membership("member"))
        assert await place_of(store) is VenueState.ORPHANED


async def test_a_chat_that_is_gone_is_told_to_who_was_cut_off_and_shown_as_such(store):
    async with running_desk(store) as desk:
        await desk.say("I wrote in private once")
        await begin(desk, in_group("first", chat=GROUP), "tg-n100200300")
        await send(desk, in_topic("idle"))
        await store.pool.execute("UPDATE turns SET state = 'cancelled' WHERE text LIKE '%idle'")
        await send(desk, membership("left"))
        told = [row for row in await outbox(store) if "can't write in" in row[3]]
        assert [row[1] for row in told] == [PERSON]
        await desk.say("/threads", user=ADMIN, chat=ADMIN)
        lines = [line for line in (await desk.said())[-1].splitlines() if "n100" in line]
        assert [line.split(" · ")[1] for line in lines] == ["The topic is gone", "The chat is gone"]


async def test_a_person_who_blocks_the_bot_is_not_written_to(store):
    async with running_desk(store) as desk:
        await begin(desk, message("first"), "tg-42")
        await desk.say("second")
        await send(desk, membership("kicked", chat=PERSON))
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        assert await outbox(store) == []
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        await send(desk, membership("member", chat=PERSON))
        await desk.say("I am back")
        await desk.run_wanted("tg-42", 2)
