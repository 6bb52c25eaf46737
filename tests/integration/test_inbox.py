"""From the inbox to turns and answers, on a real Postgres."""

from __future__ import annotations

import asyncpg
import pytest

from agent_gateway.commands.outcome import Outcome
from agent_gateway.store.errors import Away, Raced
from agent_gateway.wording import keys
from tests.support.desk import ADMIN, GROUP, PERSON, STRANGER, address, apart, message, running_desk
from tests.support.eventually import LONG, eventually

pytestmark = pytest.mark.postgres


async def states(store):
    return dict(await store.pool.fetch("SELECT update_id, state FROM inbox ORDER BY update_id"))


async def test_messages_of_a_chat_become_turns_in_their_order(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(*(apart(str(n)) for n in range(30)))
        await desk.settled()
        thread = await store.threads.by_name("tg-42")
        assert [t.text for t in await store.turns.queued(thread.id)] == [str(n) for n in range(30)]
        assert thread.address == address()


@pytest.mark.parametrize(
    "update",
    [
        {"message": {"message_id": "no number", "chat": {"id": PERSON, "type": "private"}}},
        {"message": ["no", "object"]},
        {"message": {"message_id": 1}},
        {"message": {"message_id": 2**60, "chat": {"id": 2**60, "type": "private"}, "text": "x"}},
    ],
)
async def test_a_malformed_update_is_set_aside_and_the_next_goes_on(store, update):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(update, message("after"))
        await desk.settled()
        assert await states(store) == {1: "dead", 2: "done"}
        error = await store.pool.fetchval("SELECT error FROM inbox WHERE update_id = 1")
        assert error.startswith("message")
        assert "no number" not in error


async def test_what_cannot_be_stored_or_handled_is_set_aside_too(store):
    async with running_desk(store, reconcile=False) as desk:

        async def fail(_tx, _update_id, _command, _facts):
            raise KeyError("contents")

        async def unstorable(_tx, _update_id, _command, _facts):
            return Outcome("a\x00b")

        desk.commands.answer = fail
        await desk.take(message("/status"), message("after"))
        await desk.settled()
        desk.commands.answer = unstorable
        await desk.take(message("/status"), message("after that"))
        await desk.settled()
        assert await states(store) == {1: "dead", 2: "done", 3: "dead", 4: "done"}
        errors = [r[0] for r in await store.pool.fetch("SELECT error FROM inbox WHERE state = 'dead' ORDER BY 1")]
        assert errors[0] == "it cannot be handled: KeyError"
        assert errors[1].startswith("it cannot be stored: ")
        told = await desk.said()
        assert [words.startswith("Sorry, something in this message broke me") for words in told] == [True, True]
        assert "contents" not in "".join(told)


async def test_what_the_tables_refuse_is_set_aside_and_the_next_goes_on(store):
    await store.pool.execute("ALTER TABLE turns ADD CONSTRAINT no_poison CHECK (text <> 'poison')")
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(message("poison"), message("after"))
        await desk.settled()
        assert await states(store) == {1: "dead", 2: "done"}
        error = await store.pool.fetchval("SELECT error FROM inbox WHERE update_id = 1")
        assert error == "it cannot be stored: CheckViolationError"
        assert (await desk.said())[0].startswith("Sorry, something in this message broke me")


async def test_no_lane_waits_for_another(store, dsn):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        other = await asyncpg.connect(dsn)
        async with other.transaction():
            await other.execute("SELECT 1 FROM threads WHERE name = 'tg-42' FOR UPDATE")  # as a long /forget
            await desk.take(message("slow"), *(apart(str(n), chat=ADMIN, user=ADMIN) for n in range(3)))

            async def three():
                thread = await store.threads.by_name(f"tg-{ADMIN}")
                return thread is not None and await store.turns.count_queued(thread.id) == 3

            await eventually(three)
            assert (await states(store))[2] == "new"
        await desk.settled()
        await other.close()


async def test_a_fault_that_passes_loses_no_message(store):
    async with running_desk(store, reconcile=False) as desk:
        faults = [Away("ended"), KeyError("once"), Raced("again")]

        async def fail(_tx, _update_id, _command, _facts):
            if faults:
                raise faults.pop()
            return Outcome("at last")

        desk.commands.answer = fail
        await desk.take(message("/status"))
        await desk.settled()
        assert await desk.said() == ["at last"]


async def test_killed_connections_lose_no_update_and_take_none_twice(store, dsn):
    other = await asyncpg.connect(dsn)
    async with running_desk(store, reconcile=False) as desk:
        for n in range(5):
            updates = [apart(f"{n}.{m}") for m in range(10)]
            await again(lambda updates=updates: desk.take(*updates))
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

        async def all_there():
            return not await other.fetchval("SELECT count(*) FROM inbox WHERE state = 'new'")

        await eventually(all_there, timeout=LONG)
        texts = [row[0] for row in await other.fetch("SELECT text FROM turns ORDER BY id")]
        assert texts == [f"{n}.{m}" for n in range(5) for m in range(10)]
    await other.close()


async def again(work):
    """Do what a killed tx undid once more."""
    for _ in range(20):
        try:
            return await work()
        except Away:
            continue
    raise AssertionError("never got through")


async def test_a_stranger_learns_the_id_once_a_day_and_an_administrator_is_let_in(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(
            message("hi", chat=STRANGER, user=STRANGER), message("hi?", chat=STRANGER, user=STRANGER),
            message("hi", chat=ADMIN, user=ADMIN),
        )  # fmt: skip
        await desk.settled()
        (said,) = await desk.said()
        assert str(STRANGER) in said
        assert [t.name for t in await store.threads.newest()] == [f"tg-{ADMIN}"]


async def test_a_group_is_silent_unless_the_bot_is_addressed(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(
            message("among people", chat=GROUP, user=STRANGER), message("/other", chat=GROUP, user=STRANGER),
            message("/status@another_bot", chat=GROUP, user=STRANGER), message("talk", chat=-555, user=STRANGER),
            message("/status", chat=-555, user=STRANGER),
        )  # fmt: skip
        await desk.settled()
        assert await desk.said() == []
        await desk.say("/other@demo_bot", chat=GROUP, user=STRANGER)
        assert await desk.said() == ["Unknown command: /other"]


async def test_who_writes_without_a_name_is_told_so_in_a_group_on_the_list(store):
    async with running_desk(store, reconcile=False) as desk:
        for chat in (GROUP, -555):
            raw = message("/status@demo_bot", chat=chat, user=1087968824)
            raw["message"] |= {"sender_chat": raw["message"]["chat"]}
            await desk.take(raw)
        await desk.settled()
        assert await desk.said() == [keys.anonymous("en")]


async def test_a_message_and_the_stop_behind_it_may_come_together(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(*(apart(str(n)) for n in range(5)), message("/stop"), message("do this"))
        await desk.settled()
        thread = await store.threads.by_name("tg-42")
        assert [t.text for t in await store.turns.queued(thread.id)] == ["do this"]
        assert await desk.said("reply") == ["Stopped. I dropped 5 waiting messages."]
        await desk.take(*(apart(str(n)) for n in range(5)), message("/kill tg-42"))
        await desk.settled()
        assert await store.turns.count_queued(thread.id) == 0


async def test_commands_answer(store):
    async with running_desk(store, reconcile=False) as desk:
        for text in ("/start", "/help", "/status", "/threads", "/kill", "/kill tg-9", "/nonsense"):
            await desk.say(text)
        start, help_, status, threads, usage, unknown, nonsense = await desk.said()
        assert start.startswith("Hi P! ")
        assert "/threads" in help_
        assert status == "We haven't started yet. Write me what you want done."
        assert threads == "No conversations here yet. Write me something and one begins."
        assert usage == "There's nothing to end here."
        assert unknown == "I know no conversation tg-9. /threads lists them."
        assert nonsense == "Unknown command: /nonsense"


async def test_an_administrators_first_words_bring_their_menu(store):
    async with running_desk(store, reconcile=False) as desk:
        for chat, user in ((PERSON, PERSON), (GROUP, ADMIN), (ADMIN, ADMIN)):
            await desk.say("/start", chat=chat, user=user)
        await eventually(lambda: desk.menus)
        assert desk.menus == [ADMIN]


async def test_another_chats_thread_is_only_an_administrators_to_see_and_end(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        for user in (ADMIN, STRANGER):
            await desk.say("/kill@demo_bot tg-42", chat=GROUP, user=user)
        await desk.say("/threads", chat=GROUP, user=STRANGER)
        await desk.say("/threads", chat=ADMIN, user=ADMIN)
        killed, refused, none, listed = await desk.said()
        assert killed == "Ended: tg-42. I dropped one waiting message."
        assert refused == "I know no conversation tg-42. /threads lists them."
        assert none == "No conversations here yet. Write me something and one begins."
        assert "tg-42" in listed
        assert await store.pool.fetchval("SELECT count(*) FROM audit WHERE person_id = $1", ADMIN) == 1
