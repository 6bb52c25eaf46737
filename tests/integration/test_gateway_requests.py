"""Who asks to be let in, and how administrators decide; links that let in; new groups. On a real Postgres."""

from __future__ import annotations

import json

import pytest

from agent_gateway.store.requests import MOST_OPEN
from agent_gateway.store.rows import Address
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, STRANGER, message, running_desk
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
OTHER_GROUP = -100777


async def rows(store, chat):
    """Return what is to stand in a chat: text, buttons and the messages that are edited, in order."""
    found = await store.pool.fetch("SELECT text, buttons, message_ids FROM outbox WHERE chat_id = $1 ORDER BY id", chat)
    return [(r["text"], {b[0]: b[1] for b in json.loads(r["buttons"])}, list(r["message_ids"])) for r in found]


async def knock(desk, person=STRANGER):
    """Write as an unknown person, and press the button that asks."""
    await desk.say("hi", chat=person, user=person)
    text, buttons, _ = (await rows(desk.store, person))[-1]
    assert f"Your id is `{person}`" in text
    await press(desk, buttons["Ask to be let in"], chat=person, user=person)


async def test_a_person_asks_and_is_let_in_by_a_button_once(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        await knock(desk)
        assert (await rows(store, STRANGER))[-1][0].startswith("I've asked.")
        text, buttons, _ = (await rows(store, ADMIN))[-1]
        assert (text, list(buttons)) == (f"P (id {STRANGER}) would like to use me.", ["Let in", "Not now", "Never"])
        assert "Only an administrator" in await press(desk, buttons["Let in"])
        assert not await store.access.is_allowed(STRANGER)
        assert await press(desk, buttons["Let in"], chat=ADMIN, user=ADMIN) == ""
        text, none, under = (await rows(store, ADMIN))[-1]
        assert (text.startswith("✅ P"), none, under) == (True, {}, [500])
        assert (await rows(store, STRANGER))[-1][0].startswith("You're in!")
        assert await press(desk, buttons["Never"], chat=ADMIN, user=ADMIN) == "This was decided already."
        await desk.say("do it", chat=STRANGER, user=STRANGER)
        assert await store.threads.by_name(f"tg-{STRANGER}") is not None
        assert await store.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'access_allowed'") == 1


async def test_who_is_never_to_be_let_in_is_heard_no_more_until_an_administrator_names_them(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        await knock(desk)
        _, buttons, _ = (await rows(store, ADMIN))[-1]
        await press(desk, buttons["Never"], chat=ADMIN, user=ADMIN)
        before = await rows(store, STRANGER)
        await store.pool.execute("UPDATE outbox SET dedupe_key = 'said:' || id WHERE dedupe_key LIKE 'refused:%'")
        await desk.say("please", chat=STRANGER, user=STRANGER)
        assert await press(desk, "ac:ask", chat=STRANGER, user=STRANGER) == ""
        assert await rows(store, STRANGER) == before
        await desk.say(f"/approve {STRANGER}", chat=ADMIN, user=ADMIN)
        assert await store.access.is_allowed(STRANGER)
        assert await store.requests.standing(STRANGER) == "allowed"


async def test_administrators_cannot_be_flooded(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        told = len(await rows(store, ADMIN))
        for _ in range(3):
            assert await press(desk, "ac:ask", chat=STRANGER, user=STRANGER) == ""
        assert (await rows(store, STRANGER))[-1][0].startswith("I've asked already.")
        assert len(await rows(store, ADMIN)) == told + 1
        for person in range(9000, 9000 + MOST_OPEN + 5):
            await press(desk, "ac:ask", chat=person, user=person)
        assert len(await rows(store, ADMIN)) == told + MOST_OPEN
        assert (await rows(store, 9000 + MOST_OPEN + 4))[-1][0].startswith("I can't ask for you right now.")
        assert await store.pool.fetchval("SELECT count(*) FROM access_requests") == MOST_OPEN


async def test_a_day_lies_between_two_requests_of_a_person(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        await knock(desk)
        _, buttons, _ = (await rows(store, ADMIN))[-1]
        await press(desk, buttons["Not now"], chat=ADMIN, user=ADMIN)
        await press(desk, "ac:ask", chat=STRANGER, user=STRANGER)
        assert (await rows(store, STRANGER))[-1][0].startswith("I can't ask")
        await store.pool.execute("UPDATE access_requests SET created_at = created_at - interval '25 hours'")
        await press(desk, "ac:ask", chat=STRANGER, user=STRANGER)
        assert (await rows(store, STRANGER))[-1][0].startswith("I've asked.")


async def test_without_an_administrator_who_can_be_written_to_nobody_is_promised_anything(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hi", chat=STRANGER, user=STRANGER)
        text, buttons, _ = (await rows(store, STRANGER))[-1]
        assert (str(STRANGER) in text, buttons) == (True, {})
        assert await rows(store, ADMIN) == []


async def test_a_group_asks_for_nobody_and_who_does_not_call_the_bot_is_not_answered(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        await desk.say("hello all", chat=OTHER_GROUP, user=STRANGER)
        assert await rows(store, OTHER_GROUP) == []
        await desk.say("/status@demo_bot", chat=OTHER_GROUP, user=STRANGER)
        ((text, buttons, _),) = await rows(store, OTHER_GROUP)
        assert (str(OTHER_GROUP) in text, buttons) == (True, {})
        assert "don't know you" in await press(desk, "ac:ask", chat=OTHER_GROUP, user=STRANGER)
        assert len(await rows(store, ADMIN)) == 1


async def test_a_link_lets_in_whoever_opens_it_first(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/invite")
        assert (await desk.said())[-1] == "Only an administrator of this bot can do that."
        await desk.say("/invite@demo_bot", chat=GROUP, user=ADMIN)
        assert "private chat" in (await desk.said())[-1]
        await desk.say("/invite", chat=ADMIN, user=ADMIN)
        link = (await desk.said())[-1].rsplit(" ", 1)[-1]
        assert link.startswith("https://t.me/demo_bot?start=")
        code = link.rsplit("=", 1)[-1]
        await desk.say(f"/start {code}", chat=STRANGER, user=STRANGER)
        assert (await rows(store, STRANGER))[-1][0].startswith("You're in!")
        assert await store.access.is_allowed(STRANGER)
        await desk.say(f"/start {code}", chat=667, user=667)
        assert not await store.access.is_allowed(667)
        await desk.say("/invite", chat=ADMIN, user=ADMIN)
        code = (await desk.said())[-1].rsplit("=", 1)[-1]
        await store.pool.execute("UPDATE invitations SET created_at = now() - interval '25 hours'")
        await desk.say(f"/start {code}", chat=668, user=668)
        assert not await store.access.is_allowed(668)


async def test_a_code_is_approved_by_opening_its_link(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        await desk.say("hi", chat=STRANGER, user=STRANGER)
        text = (await rows(store, STRANGER))[-1][0]
        assert "https://t.me/demo_bot?start=" in text
        await desk.say(f"/start {text.rsplit(' ', 1)[-1]}", chat=ADMIN, user=ADMIN)
        assert not await store.access.is_allowed(STRANGER)  # a link may come from anybody
        asked, buttons, _ = (await rows(store, ADMIN))[-1]
        assert str(STRANGER) in asked
        await press(desk, buttons["Let in"], chat=ADMIN, user=ADMIN)
        assert await store.access.is_allowed(STRANGER)


def joined(before="left", now="member", *, chat=OTHER_GROUP, user=STRANGER, language="de"):
    person = {"id": user, "first_name": "Eve", "language_code": language}
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "b"}
    return {
        "my_chat_member": {
            "chat": {"id": chat, "type": "supergroup", "title": "Builders"}, "from": person, "date": 1,
            "old_chat_member": {"status": before, "user": bot}, "new_chat_member": {"status": now, "user": bot},
        }
    }  # fmt: skip


async def test_a_new_group_is_greeted_once_and_allowed_by_a_button(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        await desk.take(joined())
        await desk.settled()
        ((text, buttons, _),) = await rows(store, OTHER_GROUP)
        assert "@demo_bot" in text
        assert str(OTHER_GROUP) in text
        assert "Ich sehe nur Nachrichten" in text
        assert list(buttons) == ["Diese Gruppe zulassen"]
        asked, decisions, _ = (await rows(store, ADMIN))[-1]
        assert ("Builders" in asked, list(decisions)) == (True, ["Let in", "Not now", "Never"])
        assert "verwaltet" in await press_german(desk, buttons["Diese Gruppe zulassen"])
        await press(desk, buttons["Diese Gruppe zulassen"], chat=OTHER_GROUP, user=ADMIN)
        texts = [text for text, _, _ in await rows(store, OTHER_GROUP)]
        assert any(text.startswith("Hier dürfen mich jetzt alle benutzen") for text in texts)
        assert (await rows(store, ADMIN))[-1][0].startswith("✅ Builders")
        await desk.say("/steer@demo_bot hello", chat=OTHER_GROUP, user=STRANGER)
        thread = await store.threads.by_address(Address(BOT_ID, OTHER_GROUP))
        assert await store.turns.count_queued(thread.id) == 1
        await desk.say(f"/revoke {OTHER_GROUP}", chat=ADMIN, user=ADMIN)
        assert await store.turns.count_queued(thread.id) == 0


async def test_the_button_in_the_group_goes_where_it_was_decided_elsewhere(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        await desk.take(joined())
        await desk.settled()
        ((_, [here, *_], _),) = [
            (text, list(buttons.values()), ids) for text, buttons, ids in await rows(store, OTHER_GROUP)
        ]
        _, decisions, _ = (await rows(store, ADMIN))[-1]
        await press(desk, decisions["Not now"], chat=ADMIN, user=ADMIN)
        assert await press(desk, here, chat=OTHER_GROUP, user=ADMIN, under=77) == "This was decided already."
        assert (await rows(store, OTHER_GROUP))[-1] == ("", {}, [77])


async def press_german(desk, data):
    """Press a button as an unknown person in the group who is let in beside it."""
    async with desk.store.transaction() as tx:
        await tx.access.allow(STRANGER, ADMIN)
        await tx.people.see(STRANGER, "de", None)
    said = await press(desk, data, chat=OTHER_GROUP, user=STRANGER)
    async with desk.store.transaction() as tx:
        await tx.access.disallow(STRANGER)
    return said


async def test_an_allowed_group_is_told_so_and_one_that_only_moved_nothing(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(joined(chat=GROUP, language="en"))
        await desk.settled()
        assert "Everybody here can use me." in (await rows(store, GROUP))[-1][0]
        await store.pool.execute("INSERT INTO chat_aliases (bot_id, chat_id, moved_to) VALUES ($1, -5, -6)", BOT_ID)
        await desk.take(joined(chat=-6))
        await desk.settled()
        assert await rows(store, -6) == []
        async with store.transaction() as tx:
            await tx.access.allow(-5, ADMIN)
        assert (await desk.access.read(store, None, -6)).allowed


async def test_what_a_new_administrator_sees_is_told_once(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(joined("member", "administrator", chat=GROUP, language="en"))
        await desk.take(joined("administrator", "administrator", chat=GROUP, language="en"))
        await desk.take(joined("member", "left", chat=GROUP, language="en"))
        await desk.settled()
        assert [text for text, _, _ in await rows(store, GROUP)] == [
            "Thanks! As an administrator here I can also see what was said before you call me."
        ]


async def test_hello_is_short_and_its_buttons_help(store):
    async with running_desk(store, reconcile=False) as desk:
        raw = message("/start")
        raw["message"]["from"]["first_name"] = "Ada"
        await desk.take(raw)
        await desk.settled()
        text, buttons, _ = (await rows(store, 42))[-1]
        assert text.startswith("Hi Ada! ")
        assert (len(text.splitlines()), list(buttons)) == (1, ["✨ New conversation", "What can you do?"])
        await press(desk, buttons["What can you do?"])
        text = (await rows(store, 42))[-1][0]
        assert len(text.splitlines()) <= 8
        assert "/invite" not in text
        await press(desk, buttons["✨ New conversation"])
        assert "fresh" in (await rows(store, 42))[-1][0].lower()
        await desk.say("/help stop")
        assert (await rows(store, 42))[-1][0].startswith("/stop: ")
