"""Topics that close, open again and are renamed, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.effects import WakeVenues
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, TurnState, VenueState
from agent_gateway.wording import keys
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, running_desk
from tests.support.eventually import eventually
from tests.support.venues import (
    CLOSED,
    FORUM,
    NAME,
    REOPENED,
    TOPIC,
    TOPIC_CLOSED,
    begin,
    in_group,
    in_topic,
    place_of,
    send,
)

pytestmark = pytest.mark.postgres


async def test_a_closed_topic_stops_the_answer_and_keeps_what_waits_until_it_is_reopened(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk, in_topic("first"))
        await send(desk, in_topic("second"), in_topic(**CLOSED))
        await eventually(lambda: wire.Abort(turn=turn.id) in runner.sent)
        assert await place_of(store) is VenueState.CLOSED
        (waiting,) = await store.turns.queued(thread.id)
        await eventually(lambda: waiting.id in desk.views.finished)  # nothing can be shown there
        await send(desk, in_topic("third"))
        assert (await store.turns.queued(thread.id))[1].id not in desk.views.opened
        assert (await desk.said())[-1] == keys.venue_closed("en")
        await store.turns.end(turn.id, 1, 2, TurnState.FAILED, "aborted", Final("Stopped."))
        desk.registry.changed(thread.id)
        await desk.say("/threads", chat=GROUP, user=ADMIN)
        assert "topic is closed" in (await desk.said())[-1]
        assert await store.turns.deliver_next(thread.id, 1) is None  # not even to a runner that asks to leave
        assert [t.text for t in await store.turns.queued(thread.id)] == ["[From P]\n\nsecond", "[From P]\n\nthird"]
        assert len(runner.turns) == 1
        await send(desk, in_topic(**REOPENED))
        await eventually(lambda: [t.text for t in runner.turns] == ["[From P]\n\nfirst", "[From P]\n\nsecond"])
        assert await place_of(store) is VenueState.OPEN


async def test_no_run_begins_for_a_closed_topic(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("hello"))
        await send(desk, in_topic(**CLOSED))
    async with running_desk(store) as desk:
        thread = await store.threads.by_name(NAME)
        desk.wake.thread(thread.id)
        await eventually(lambda: not desk.conversations.queue.length)  # it was looked at
        assert await store.runs.open(thread.id) is None
        assert await store.turns.count_queued(thread.id) == 1
        await send(desk, in_topic(**REOPENED))
        await desk.run_wanted(NAME, 1)


async def test_what_a_closed_topic_refuses_is_said_when_it_is_reopened(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("hello"))
        await store.outbox.put(TOPIC, "the answer", "turn:1", kind="final")
        await store.outbox.put(Address(BOT_ID, GROUP, 43), "elsewhere", "turn:2", kind="final")
        row, other = await store.outbox.claim(())
        assert other.text == "elsewhere"  # a topic holds up no other
        desk.venues.note(TOPIC, TOPIC_CLOSED)
        await store.outbox.hold(row.id)

        async def closed():
            return await place_of(store) is VenueState.CLOSED

        await eventually(closed)
        await store.outbox.sent(other.id)
        assert await store.outbox.claim(()) == []
        await send(desk, in_topic(**REOPENED))
        (again,) = await store.outbox.claim(())
        assert (again.id, again.address, again.text) == (row.id, TOPIC, "the answer")


async def test_a_topic_whose_reopening_nobody_told_is_found_open(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("hello"), in_topic(**CLOSED))
        for n in range(2):
            await store.outbox.put(TOPIC, f"answer {n}", f"turn:{n}", kind="final")
            (row,) = await store.outbox.claim(())
            await store.outbox.hold(row.id)
        assert not await store.outbox.probe_held()  # not before its pause is over
        await store.pool.execute("UPDATE outbox SET next_at = now() - interval '1 second' WHERE state = 'held'")
        desk.events.publish([WakeVenues()])
        (probe,) = await eventually(lambda: store.outbox.claim(()))
        assert probe.text == "answer 0"
        await store.outbox.sent(probe.id)
        desk.events.publish([WakeVenues()])

        async def opened():
            return await place_of(store) is VenueState.OPEN

        await eventually(opened)
        assert [r.text for r in await eventually(lambda: store.outbox.claim(()))] == ["answer 1"]


async def test_a_renamed_topic_gives_thread_and_resource_its_title_and_keeps_it(store):
    async with running_desk(store) as desk:
        created = {"reply_to_message": {"message_id": 42, "forum_topic_created": {"name": "deploy"}}}
        await begin(desk, in_topic("hello", **created))
        assert desk.resources.cached(NAME).spec.title == "deploy"
        await send(desk, in_topic(forum_topic_edited={"name": "deploy\nto prod"}))
        await eventually(lambda: desk.resources.cached(NAME).spec.title == "deploy to prod")
        await send(desk, in_topic("more", **created))  # a topic's messages tell the name that it was made with
        assert (await store.threads.by_name(NAME)).title == "deploy to prod"
        await send(desk, in_topic(forum_topic_edited={"icon_custom_emoji_id": "1"}))  # no name: only the icon
        assert (await store.threads.by_name(NAME)).title == "deploy to prod"


async def test_a_renamed_group_gives_its_thread_another_title(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_group("hello", chat=GROUP), in_topic("hi"))
        await send(
            desk, {"message": {"message_id": 8, "chat": {**FORUM, "is_forum": False}, "new_chat_title": "Makers"}}
        )
        assert (await store.threads.by_name("tg-n100200300")).title == "Makers"
        assert (await store.threads.by_name(NAME)).title != "Makers"
