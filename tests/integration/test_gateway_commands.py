"""Which commands are obeyed: in groups those that act must name the bot. On a real Postgres."""

from __future__ import annotations

import pytest

from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, PERSON, message, running_desk

pytestmark = pytest.mark.postgres


async def begin(desk):
    """Ask something in the group, and return its thread."""
    await desk.say("/steer@demo_bot hello", chat=GROUP)
    return await desk.store.threads.by_name("tg-n100200300")


@pytest.mark.parametrize(
    "words", ["/stop", "/new", "/retry", "/kill tg-n100200300", "/steer so", "/forget", "/model kimi"]
)
async def test_a_groups_command_that_acts_is_left_to_the_bot_that_it_names(store, words):
    async with running_desk(store, reconcile=False, llm_models=["kimi"]) as desk:
        thread = await begin(desk)
        before = await desk.said()
        await desk.say(words, chat=GROUP)
        assert await desk.said() == before
        assert await store.turns.count_queued(thread.id) == 1
        assert await store.threads.by_id(thread.id) == thread
        name, _, rest = words.partition(" ")
        await desk.say(f"{name}@demo_bot {rest}", chat=GROUP)
        assert (await desk.said(), await store.turns.count_queued(thread.id)) != (before, 1)


async def test_a_groups_command_that_acts_may_reply_to_the_bot(store):
    async with running_desk(store, reconcile=False) as desk:
        thread = await begin(desk)
        stop = message("/stop", chat=GROUP)
        stop["message"]["reply_to_message"] = {
            "message_id": 77,
            "from": {"id": BOT_ID, "is_bot": True, "first_name": "b"},
        }
        await desk.take(stop)
        await desk.settled()
        assert await store.turns.count_queued(thread.id) == 0


async def test_where_all_is_for_the_bot_its_name_is_not_needed(store):
    async with running_desk(store, reconcile=False, unaddressed=True) as desk:
        thread = await begin(desk)
        await desk.say("/stop", chat=GROUP)
        assert await store.turns.count_queued(thread.id) == 0


async def test_what_changes_nothing_is_answered_in_a_group(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/whoami", chat=GROUP)
        assert str(GROUP) in (await desk.said())[-1]
        before = await desk.said()
        await desk.say("/nonsense", chat=GROUP)
        assert await desk.said() == before


async def test_in_private_a_command_that_names_another_bot_is_for_this_one(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/whoami@other_bot")
        assert str(PERSON) in (await desk.said())[-1]
        before = await desk.said()
        await desk.say("/whoami@other_bot", chat=GROUP)
        assert await desk.said() == before


async def test_help_names_what_a_person_has(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/help")
        assert "/export" in (await desk.said())[-1]
        assert "/approve" not in (await desk.said())[-1]
        await desk.say("/help", chat=ADMIN, user=ADMIN)
        assert "/approve" in (await desk.said())[-1]
        await desk.say("/help approve", chat=ADMIN, user=ADMIN)
        assert (await desk.said())[-1] == "/approve <code or id>: let somebody in"
        await desk.say("/aprove", chat=ADMIN, user=ADMIN)
        assert (await desk.said())[-1] == "Unknown command: /aprove\nDid you mean /approve?"
