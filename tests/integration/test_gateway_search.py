"""`/search` on a real Postgres: what it finds, what it never does, and its buttons."""

from __future__ import annotations

import pytest

from agent_gateway.commands.search import A_MINUTE
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, PERSON, running_desk
from tests.support.pressing import last_said, press
from tests.support.spoken import hold, say

pytestmark = pytest.mark.postgres
GONE = "That's no longer known. Search again with /search."


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def test_what_was_said_is_found_with_who_and_when_and_a_way_to_it(store):
    async with running_desk(store, reconcile=False) as desk:
        mine = await hold(store, PERSON)
        await say(store, mine, "the uploader hangs", "The retries never ended. Fixed.", message_id=77, days=3)
        text, buttons = await ask(desk, "/search RETRY")
        assert text.startswith("“RETRY”: 1 message\n\n1. Agent · 20")
        assert text.endswith("\nThe retries never ended. Fixed.")
        assert await press(desk, buttons["1"]) == ""
        row = await store.pool.fetchrow("SELECT text, reply_to FROM outbox ORDER BY id DESC LIMIT 1")
        assert (row["text"], row["reply_to"]) == ("Here it was said:\nAgent: The retries never ended. Fixed.", 77)
        text, _ = await ask(desk, "/search by:people uploader")
        assert "1. P · " in text
        assert (await ask(desk, "/search by:agent uploader"))[0] == "I found nothing for “uploader”."
        assert (await ask(desk, "/search until:2020-01-01 uploader"))[0] == "I found nothing for “uploader”."


async def test_words_are_asked_for_and_a_filter_that_is_none_is_named(store):
    async with running_desk(store, reconcile=False) as desk:
        assert (await ask(desk, "/search"))[0].startswith("Search what was said: /search retry bug")
        assert (await ask(desk, "/search by:root x"))[0].startswith("I don't understand “by:root”.")
        assert (await ask(desk, "/search hello"))[0] == "Nothing was said here yet."


async def test_pages_and_filters_take_the_place_of_what_stands(store):
    async with running_desk(store, reconcile=False) as desk:
        mine = await hold(store, PERSON)
        for number in range(12):
            await say(store, mine, f"deploy number{number}", days=40 if number < 6 else 0)
        text, buttons = await ask(desk, "/search deploy")
        assert text.startswith("“deploy”: 12 messages")
        await press(desk, buttons["▶"])
        text, buttons, under = await last_said(desk)
        assert ("\n6. " in text, "\n10. " in text, "\n11. " in text, under) == (True, True, False, [500])
        await press(desk, buttons["🗓 Ever"])
        text, buttons, _ = await last_said(desk)
        assert text.startswith("“deploy”: 6 messages")
        await press(desk, buttons["👥 Everybody"])
        _, buttons, _ = await last_said(desk)
        await press(desk, buttons["👤 People only"])
        assert (await last_said(desk))[0] == "I found nothing for “deploy”."


async def test_other_topics_of_a_chat_are_a_tap_away_and_link_to_the_message(store):
    async with running_desk(store, reconcile=False) as desk:
        here, other = await hold(store, GROUP), await hold(store, GROUP, 7, "deploys")
        await say(store, here, "hello")
        await say(store, other, "the certificate expired", message_id=99)
        text, buttons = await ask(desk, "/search@demo_bot certificate", chat=GROUP)
        assert text == "I found nothing for “certificate”."
        await press(desk, buttons["📄 This topic"], chat=GROUP)
        text, buttons, _ = await last_said(desk)
        assert " · deploys\nthe certificate expired" in text
        assert buttons["1 ↗"] == "https://t.me/c/200300/7/99"
        await store.pool.execute("UPDATE threads SET place = 'orphaned', place_why = 'topic' WHERE id = $1", other.id)
        await press(desk, buttons["👥 Everybody"], chat=GROUP)
        assert (await last_said(desk))[0] == "I found nothing for “certificate”."


async def test_nothing_of_another_chat_is_found_by_words_or_by_buttons(store):
    async with running_desk(store, reconcile=False) as desk:
        mine, other = await hold(store, PERSON), await hold(store, 43)
        await say(store, mine, "hello")
        await say(store, other, "the salary is 5000", message_id=9)
        message = await store.pool.fetchval("SELECT id FROM messages WHERE thread_id = $1", other.id)
        for user in (PERSON, ADMIN):
            text, _ = await ask(desk, "/search salary", chat=PERSON, user=user)
            assert text == "I found nothing for “salary”."
        async with store.transaction() as tx:
            foreign = await tx.search.add(other.id, "salary", 10)
        for data in (f"so:{message}:t", f"so:{message}:c", f"sr:{foreign}:0:b:0:c"):
            assert await press(desk, data) == GONE
        assert "5000" not in " ".join(await desk.said())


async def test_what_was_taken_back_or_is_being_forgotten_is_not_found(store):
    async with running_desk(store, reconcile=False) as desk:
        mine = await hold(store, PERSON)
        await say(store, mine, "the unicorn was undone", undone=1)
        await say(store, mine, "the unicorn lives")
        text, buttons = await ask(desk, "/search unicorn")
        assert text.startswith("“unicorn”: 1 message\n")
        await store.pool.execute(
            "INSERT INTO jobs (bot_id, kind, dedupe_key, thread_id, chat_id, progress) SELECT $1, 'forget', 'f', $2, 42, jsonb_build_object('limits', jsonb_build_object('message', max(id), 'turn', 0)) FROM messages",
            BOT_ID, mine.id,
        )  # fmt: skip
        assert await press(desk, buttons["1"]) == GONE
        assert (await ask(desk, "/search unicorn"))[0] == "I found nothing for “unicorn”."


async def test_forgetting_takes_the_searches_too_and_a_minute_has_a_bound(store):
    async with running_desk(store, reconcile=False) as desk:
        mine = await hold(store, PERSON)
        await say(store, mine, "the unicorn lives")
        async with store.transaction() as tx:
            for _ in range(A_MINUTE - 1):
                await tx.search.add(mine.id, "x", A_MINUTE)
        _, buttons = await ask(desk, "/search unicorn")
        assert (await ask(desk, "/search unicorn"))[0] == (
            f"That's {A_MINUTE} searches in a minute. Try again in a moment."
        )
        await desk.say("/forget")
        await press(desk, (await last_said(desk))[1]["Delete it"])
        await desk.worked()
        assert await store.pool.fetchval("SELECT count(*) FROM searches") == 0
        assert await press(desk, buttons["👥 Everybody"]) == GONE
