"""What an agent is told besides the question: when it is asked, and what a group said before. On a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.store.overheard import MOST_HELD
from tests.support.desk import ADMIN, GROUP, PERSON, STRANGER, message, running_desk
from tests.support.updates import mention

pytestmark = pytest.mark.postgres
NOON = 1795953600  # Sunday 2026-11-29 12:00 UTC


def dated(text, at, *, number):
    raw = message(text, number=number)
    raw["message"]["date"] = at
    return raw


def call(text, *, number, chat=GROUP, user=PERSON):
    said = f"@demo_bot {text}"
    raw = message(said, chat=chat, user=user, number=number)
    raw["message"]["entities"] = mention(said, "@demo_bot")
    return raw


async def asked(store, name="tg-42"):
    """Return what waits, and end it."""
    thread = await store.threads.by_name(name)
    texts = [turn.text for turn in await store.turns.queued(thread.id)]
    async with store.transaction() as tx:
        await tx.turns.cancel_queued(thread.id)
    return texts


async def test_the_agent_is_told_the_time_once_a_session_and_again_after_hours(store):
    async with running_desk(store, reconcile=False) as desk:
        for number, at, text in (
            (50, NOON, "[Sunday 2026-11-29 12:00 UTC]\n\none"), (51, NOON + 600, "two"),
            (52, NOON + 5 * 3600, "[Sunday 2026-11-29 17:00 UTC]\n\nthree"),
        ):  # fmt: skip
            await desk.take(dated(text.rpartition("\n")[2], at, number=number))
            await desk.settled()
            assert await asked(store) == [text]
        await desk.say("/new")
        await desk.take(dated("four", NOON + 5 * 3600 + 60, number=53))
        await desk.settled()
        assert await asked(store) == ["[Sunday 2026-11-29 17:01 UTC]\n\nfour"]


async def test_a_persons_own_zone_counts(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/timezone Europe/Berlin")
        assert "Europe/Berlin" in (await desk.said())[-1]
        await desk.say("/timezone Berlin/Europe")
        assert "Europe/Berlin" in (await desk.said())[-1]  # as an example
        await desk.take(dated("one", NOON, number=50))
        await desk.settled()
        assert await asked(store) == ["[Sunday 2026-11-29 13:00 Europe/Berlin]\n\none"]


async def test_what_a_group_said_before_comes_along_once(store):
    async with running_desk(store, reconcile=False, group_context=2) as desk:
        for number, text in enumerate(("zero", "the build fails", "since friday"), 50):
            await desk.take(message(text, chat=GROUP, user=STRANGER, number=number))
        await desk.take(call("what do you think?", number=60))
        await desk.settled()
        assert await asked(store, "tg-n100200300") == [
            "[Said here before, not to you]\n> P: the build fails\n> P: since friday\n\n[From P]\n\nwhat do you think?"
        ]
        await desk.take(call("and now?", number=61))
        await desk.settled()
        assert await asked(store, "tg-n100200300") == ["[From P]\n\nand now?"]


async def test_nothing_is_kept_of_other_groups_or_where_the_settings_say_so_and_only_the_newest(store):
    async with running_desk(store, reconcile=False, group_context=2) as desk:
        await desk.take(message("hello", chat=-100999, user=STRANGER))
        await desk.take(*(message(f"{n}", chat=GROUP, user=STRANGER, number=n) for n in range(1, MOST_HELD + 20)))
        await desk.settled()
        rows = await store.pool.fetch("SELECT chat_id, message_id FROM overheard ORDER BY message_id")
        assert {row["chat_id"] for row in rows} == {GROUP}
        assert (len(rows), rows[-1]["message_id"]) == (MOST_HELD, MOST_HELD + 19)
        await store.pool.execute("DELETE FROM overheard")
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(message("hello", chat=GROUP, user=STRANGER))
        await desk.settled()
        assert await store.pool.fetchval("SELECT count(*) FROM overheard") == 0


async def test_what_is_old_is_not_told_and_forget_forgets_it(store):
    async with running_desk(store, reconcile=False, group_context=5) as desk:
        await desk.take(message("old", chat=GROUP, number=50))
        await desk.settled()
        await store.pool.execute("UPDATE overheard SET said_at = now() - interval '2 days'")
        await desk.take(message("secret", chat=GROUP, number=51), call("so?", number=52, user=ADMIN))
        await desk.settled()
        assert await asked(store, "tg-n100200300") == ["[Said here before, not to you]\n> P: secret\n\n[From P]\n\nso?"]
        await desk.take(message("more", chat=GROUP, number=53))
        await desk.settled()
        thread = await store.threads.by_name("tg-n100200300")
        async with store.transaction() as tx:
            await tx.history.begin_forgetting(thread)
        assert await store.pool.fetchval("SELECT count(*) FROM overheard") == 0
