"""Letting people in: codes, `/approve` and `/revoke`; what is for the bot in groups. On a real Postgres."""

from __future__ import annotations

import logging

import pytest

from agent_contract import wire
from agent_gateway.store.rows import Address
from agent_gateway.wording.pairing import CODE_LENGTH, CODE_LETTERS
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, PERSON, STRANGER, message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


async def ask(desk, *, user=STRANGER):
    """Write as somebody unknown, in another minute than before; return the code that was told."""
    await desk.store.pool.execute("UPDATE outbox SET dedupe_key = 'said:' || id WHERE dedupe_key LIKE 'refused:%'")
    await desk.say("hi", chat=user, user=user)
    text = (await desk.said("notice"))[-1]
    return text.rsplit(" ", 1)[-1]


async def last(desk):
    return (await desk.said())[-1]


async def approve(desk, code, *, chat=ADMIN, user=ADMIN):
    await desk.say(f"/approve{'@demo_bot' if chat == GROUP and user == ADMIN else ''} {code}", chat=chat, user=user)


async def test_an_unknown_person_is_let_in_by_a_code_and_shut_out_again(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        code = await ask(desk)
        assert len(code) == CODE_LENGTH
        assert set(code) <= set(CODE_LETTERS)
        await approve(desk, code.lower())
        said = await store.pool.fetch("SELECT chat_id, text FROM outbox ORDER BY id DESC LIMIT 2")
        assert {(row["chat_id"], row["text"].split(".")[0]) for row in said} == {
            (ADMIN, f"{STRANGER} can use me now"), (STRANGER, "You're in! Tell me what to do, or send /help"),
        }  # fmt: skip
        await desk.say("do it", chat=STRANGER, user=STRANGER)
        thread = await store.threads.by_name(f"tg-{STRANGER}")
        assert [t.text for t in await store.turns.queued(thread.id)] == ["do it"]
        await desk.say(f"/revoke {STRANGER}", chat=ADMIN, user=ADMIN)
        said = await store.pool.fetch("SELECT chat_id, text FROM outbox ORDER BY id DESC LIMIT 2")
        assert {(row["chat_id"], row["text"]) for row in said} == {
            (ADMIN, f"{STRANGER} can't use me any more."), (STRANGER, "You can't use me any more."),
        }  # fmt: skip
        await desk.say("and again", chat=STRANGER, user=STRANGER)
        assert await store.turns.count_queued(thread.id) == 0


async def test_what_a_person_asked_ends_when_they_are_shut_out(store):
    async with running_desk(store, pairing=True) as desk:
        await approve(desk, await ask(desk))
        for words in ("run", "wait"):
            await desk.say(words, chat=STRANGER, user=STRANGER)
        await desk.say("/steer@demo_bot in the group", chat=GROUP, user=STRANGER)  # where everybody may ask
        thread = await desk.run_wanted(f"tg-{STRANGER}", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        await desk.say(f"/revoke {STRANGER}", chat=ADMIN, user=ADMIN)
        await eventually(lambda: wire.Abort(turn=runner.turns[0].id) in runner.sent)
        assert await store.turns.count_queued(thread.id) == 0
        group = await store.threads.by_name("tg-n100200300")
        assert [t.text for t in await store.turns.queued(group.id)] == ["[From P]\n\nin the group"]


async def test_who_was_let_in_is_known_to_the_next_gateway(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        await approve(desk, await ask(desk))
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello", chat=STRANGER, user=STRANGER)
        assert await store.threads.by_name(f"tg-{STRANGER}") is not None


async def test_no_code_is_told_unless_it_is_switched_on_and_none_in_a_group(store):
    async with running_desk(store, reconcile=False) as desk:
        await ask(desk)
        assert "code" not in await last(desk)
        await approve(desk, "ABCDEFGH")
        assert "TELEGRAM_PAIRING" in await last(desk)
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        await desk.say("/status@demo_bot", chat=-999, user=STRANGER)
        assert "don't know this group" in await last(desk)
        assert "code" not in await last(desk)
        assert await store.pool.fetchval("SELECT count(*) FROM pairings") == 0


async def test_a_person_has_at_most_three_codes_and_one_for_a_while(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        codes = []
        for _ in range(5):
            codes.append(await ask(desk))
            assert await ask(desk) == codes[-1]  # asked again at once
            await store.pool.execute("UPDATE pairings SET created_at = created_at - interval '11 minutes'")
        assert len(set(codes)) == 3
        assert codes[2:] == [codes[2]] * 3


async def test_wrong_old_and_used_codes_are_told_apart_from_good_ones(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        code = await ask(desk)
        await approve(desk, "")
        assert await last(desk) == "Whom? /approve <code or id>"
        await approve(desk, "ZZZZZZZZ")
        assert "I don't know this code" in await last(desk)
        await store.pool.execute("UPDATE pairings SET created_at = now() - interval '61 minutes'")
        await approve(desk, code)
        assert "too old" in await last(desk)
        code = await ask(desk)
        await approve(desk, f"{code[:4]}-{code[4:]}", chat=GROUP)
        assert "can use me now" in await last(desk) + (await desk.said())[-2]
        await approve(desk, code)
        assert "I don't know this code" in await last(desk)


async def test_codes_cannot_be_guessed_and_are_for_administrators(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        code = await ask(desk)
        await approve(desk, code, chat=PERSON, user=PERSON)
        assert "Only an administrator" in await last(desk)
        before = len(await desk.said())
        await approve(desk, code, chat=GROUP, user=PERSON)  # it may be meant for another bot
        assert len(await desk.said()) == before
        for _ in range(5):
            await approve(desk, "ZZZZZZZZ")
        await approve(desk, code)
        assert "Wait a minute" in await last(desk)
        await store.pool.execute("UPDATE audit SET at = at - interval '61 seconds'")
        await approve(desk, code)
        assert "can use me now" in "".join((await desk.said())[-2:])


async def test_the_settings_are_not_changed_by_a_command(store):
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        await desk.say(f"/revoke {PERSON}", chat=ADMIN, user=ADMIN)
        assert "TELEGRAM_ALLOWED_IDS" in await last(desk)
        await desk.say("/revoke somebody", chat=ADMIN, user=ADMIN)
        assert await last(desk) == "Whose id? /revoke <id>"
        await desk.say("/revoke 12345", chat=ADMIN, user=ADMIN)
        assert await last(desk) == "12345 was not let in by /approve."


async def test_codes_are_not_logged(store, caplog):
    caplog.set_level(logging.DEBUG)
    async with running_desk(store, reconcile=False, pairing=True) as desk:
        code = await ask(desk)
        await approve(desk, code)
    assert code not in caplog.text + "".join(str(record.__dict__) for record in caplog.records)


async def test_a_group_is_heard_as_a_whole_where_the_settings_say_so(store):
    async with running_desk(store, reconcile=False, unaddressed=True) as desk:
        await desk.say("among people", chat=GROUP, user=STRANGER)
        thread = await store.threads.by_address(Address(BOT_ID, GROUP))
        assert [t.text for t in await store.turns.queued(thread.id)] == ["[From P]\n\namong people"]
        bot = {"id": 9, "is_bot": True, "first_name": "b"}
        anonymous = message("as the group", chat=GROUP)
        anonymous["message"]["sender_chat"] = {"id": GROUP, "type": "supergroup"}
        other = message("I am a bot", chat=GROUP)
        other["message"]["from"] = bot
        await desk.take(anonymous, other)
        await desk.settled()
        assert await store.turns.count_queued(thread.id) == 1
        await desk.say("among strangers", chat=-999, user=STRANGER)  # a group that is not on the list
        assert await desk.said() == []
        await desk.say("/status@demo_bot", chat=-999, user=STRANGER)
        assert "don't know this group" in await last(desk)
