"""`/forget` where a group became a supergroup: what the move left behind goes too, and once it is old by itself."""

from __future__ import annotations

import pytest

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.conftest import BOT_ID
from tests.integration.test_gateway_forget import places_with
from tests.integration.test_retention import end_run, look
from tests.support.desk import message, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press
from tests.support.stored import count_lines
from tests.support.venues import MIGRATE_FROM, MIGRATE_TO, NEW, NEW_NAME, OLD, OLD_NAME, in_group, send

pytestmark = pytest.mark.postgres


async def answer_in(desk, words, chat, name):
    """Have something asked and answered in a group, and remembered; return the conversation."""
    await send(desk, in_group(words, chat=chat))
    thread = await desk.run_wanted(name, 1)
    runner = await desk.connect(thread, 1, pod=f"pod-{name}")
    await eventually(lambda: runner.turns)
    await desk.store.turns.started(runner.turns[0].id, 1, 1)
    await desk.store.sessions.add_entries(thread, 1, 2, [f'{{"id":"{words}-line"}}'])
    await desk.store.turns.end(runner.turns[0].id, 1, 3, TurnState.DONE, None, Final(f"{words}-answer"))
    return thread


async def leave_behind(desk, *told):
    """Let a group move after people wrote in its new chat; return the old conversation and that of the new chat."""
    desk.access._allowed |= {OLD, NEW}
    old = await answer_in(desk, "secret", OLD, OLD_NAME)
    new = await answer_in(desk, "young", NEW, NEW_NAME)
    await desk.store.outbox.put(old.address, "secret notice", "old-notice")
    await desk.store.pool.execute("UPDATE outbox SET state = 'sent'")
    await send(desk, *(told or (MIGRATE_TO,)))
    assert (await desk.store.threads.by_name(OLD_NAME)).id == old.id
    return old, new


async def forget_in_new(desk):
    await send(desk, message("/forget@demo_bot", chat=NEW))
    _, buttons, _ = await last_said(desk)
    assert await press(desk, buttons["Delete it"], chat=NEW) == "Done."
    await desk.worked()


async def test_forget_in_the_new_chat_leaves_no_word_of_the_old_one(store):
    async with running_desk(store) as desk:
        old, _ = await leave_behind(desk)
        assert {"turns", "messages", "session_entries", "outbox"} <= await places_with(store, "secret")
        await forget_in_new(desk)
        assert await places_with(store, "secret") == set()
        assert await places_with(store, "young") == set()
        assert (await store.threads.by_id(old.id)).session_id != old.session_id
        rows = await store.pool.fetch("SELECT chat_id, text FROM outbox WHERE dedupe_key LIKE 'forgotten:%'")
        assert [(row["chat_id"], "4 messages" in row["text"]) for row in rows] == [(NEW, True)]


async def test_forget_in_general_reaches_what_was_left_behind_before_there_were_topics(store):
    async with running_desk(store) as desk:
        await leave_behind(desk)
        chat = {"id": NEW, "type": "supergroup", "title": "g", "is_forum": True}
        await send(desk, {"message": {"message_id": 1, "chat": chat, "migrate_from_chat_id": OLD}})
        assert (await store.threads.by_name(f"{NEW_NAME}-1")).address.topic_id == 1
        forget = message("/forget@demo_bot", chat=NEW)
        forget["message"]["chat"] = chat
        await send(desk, forget)
        _, buttons, _ = await last_said(desk)
        await press(desk, buttons["Delete it"], chat=NEW)
        await desk.worked()
        assert await places_with(store, "secret") == set()


async def test_a_topic_of_the_new_chat_is_forgotten_without_what_was_left_behind(store):
    async with running_desk(store) as desk:
        old, _ = await leave_behind(desk)
        topic = await store.pool.fetchval(
            "INSERT INTO threads (bot_id, chat_id, topic_id, name, title, kind) VALUES ($1, $2, 9, 'tg-topic', 't', 'conversation')"
            " RETURNING id",
            BOT_ID, NEW,
        )  # fmt: skip
        thread = await store.threads.by_id(topic)
        assert [one.id for one in await store.venues.left_behind(thread.address)] == []
        new = await store.threads.by_name(NEW_NAME)
        assert [one.id for one in await store.venues.left_behind(new.address)] == [old.id]


async def test_what_was_under_way_in_the_old_chat_keeps_nobody_from_forgetting(store):
    async with running_desk(store) as desk:
        desk.access._allowed |= {OLD, NEW}
        await answer_in(desk, "young", NEW, NEW_NAME)
        await send(desk, in_group("secret"))
        old = await desk.run_wanted(OLD_NAME, 1)
        runner = await desk.connect(old, 1, pod="pod-old")
        await eventually(lambda: runner.turns)
        await store.turns.started(runner.turns[0].id, 1, 1)
        await send(desk, MIGRATE_FROM)

        async def ended():
            return await store.pool.fetchval("SELECT state = 'failed' FROM turns WHERE id = $1", runner.turns[0].id)

        await eventually(ended)
        await forget_in_new(desk)
        assert await places_with(store, "secret") == set()


async def test_retention_reaches_what_was_left_behind(store):
    async with running_desk(store) as desk:
        old, new = await leave_behind(desk)
        await end_run(store, new)
        await look(store, 31, messageDays=30)
        left = await places_with(store, "secret")
        assert not left & {"messages", "turns", "session_entries"}
        assert await count_lines(store, old.session_id) == 0
