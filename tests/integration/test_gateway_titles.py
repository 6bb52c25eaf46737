"""Topics that nobody named get a title once; a button opens one. On a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, TurnState
from agent_gateway.telegram.errors import RefusalKind, Refused, Throttled
from tests.conftest import BOT_ID
from tests.support.desk import PERSON, STRANGER, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
TOPIC = Address(BOT_ID, PERSON, 31)


def in_topic(user=PERSON, **fields):
    return {
        "message": {
            "message_id": 5, "date": 1, "chat": {"id": user, "type": "private", "first_name": "P"},
            "from": {"id": user, "is_bot": False, "first_name": "P"}, "message_thread_id": 31, "is_topic_message": True, **fields,
        }
    }  # fmt: skip


def created(user=PERSON, **fields):
    return in_topic(user, forum_topic_created={"name": "New Chat", "icon_color": 1, **fields})


async def answer(desk, text="Because."):
    """Ask in the topic, and let it be answered."""
    await desk.take(in_topic(text="why does the build fail?"))
    await desk.settled()
    thread = await desk.store.threads.by_address(TOPIC)
    (turn,) = await desk.store.turns.queued(thread.id)
    await desk.store.turns.end(turn.id, None, None, TurnState.DONE, None, Final(text))
    return thread


async def state(store):
    return await store.pool.fetchval("SELECT state FROM topics WHERE topic_id = 31")


async def test_a_topic_is_titled_once_after_its_first_answer(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(created(is_name_implicit=True))
        thread = await answer(desk)
        await eventually(lambda: desk.topics.names)
        assert desk.topics.names == {TOPIC: "Why does the build fail?"}

        async def titled():
            return (await store.threads.by_id(thread.id)).title == "Why does the build fail?"

        await eventually(titled)
        assert (await state(store), desk.topics.calls) == ("titled", 1)


async def test_what_a_person_named_stays(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(created(is_name_implicit=True))
        await desk.take(in_topic(forum_topic_edited={"name": "Mine"}))
        await desk.settled()
        await answer(desk)
        assert (await state(store), desk.topics.calls) == ("named", 0)


async def test_a_topic_with_a_name_of_its_own_is_none_of_them(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(created())
        await answer(desk)
        assert (await state(store), desk.topics.calls) == (None, 0)


async def test_a_refusal_is_not_repeated_and_a_wait_is_waited_for(store):
    async with running_desk(store, reconcile=False) as desk:
        desk.topics.faults = [Throttled(0.2), Refused(RefusalKind.OTHER, "not enough rights to manage topics")]
        await desk.take(created(is_name_implicit=True))
        await answer(desk)

        async def refused():
            return await state(store) == "refused"

        await eventually(refused)
        assert (desk.topics.calls, desk.topics.names) == (2, {})


async def test_a_strangers_topics_are_not_counted(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(created(STRANGER, is_name_implicit=True))
        await desk.settled()
        assert await state(store) is None


async def test_a_new_task_has_a_topic_of_its_own(store):
    async with running_desk(store, reconcile=False) as desk:
        assert await press(desk, "gr:task") == ""
        rows = await eventually(lambda: store.pool.fetch("SELECT topic_id, text FROM outbox"))
        assert [tuple(row) for row in rows] == [(701, "What should I do here?")]
        assert desk.topics.opened == ["New task"]
        assert await store.pool.fetchval("SELECT state FROM topics WHERE topic_id = 701") == "unnamed"
        desk.topics.faults = [Refused(RefusalKind.OTHER, "the chat is not a forum")]
        await press(desk, "gr:task")
        await eventually(lambda: store.pool.fetchval("SELECT 1 FROM outbox WHERE text LIKE 'I can''t open a topic%'"))
