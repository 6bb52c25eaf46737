"""`/remember` and `/memory` on a real Postgres, what agents are told of notes, and that `/forget` leaves none."""

from __future__ import annotations

import pytest

from agent_gateway.conversations.notes import PromptNotes
from agent_gateway.store.notes import MOST_NOTES, Scope
from agent_gateway.store.rows import Address
from tests.conftest import BOT_ID
from tests.support.desk import GROUP, PERSON, running_desk
from tests.support.pressing import last_said, press
from tests.support.spoken import hold

pytestmark = pytest.mark.postgres
GONE = "That note is no longer there."


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def told(desk, thread, text="hello", run=1):
    """Return what an agent reads of a new message."""
    thread = await desk.store.threads.by_id(thread.id)
    async with desk.store.transaction() as tx:
        turn = await tx.turns.add(thread.id, None, 5, PERSON, text)
    return (await PromptNotes(desk.store, desk.resources, desk.wake).add(thread, run, turn)).text


async def test_a_note_is_listed_told_and_deleted(store):
    async with running_desk(store, reconcile=False) as desk:
        text, buttons = await ask(desk, "/remember we use\nuv")
        assert text == "📝 I'll remember that in this conversation: we use uv"
        assert list(buttons) == ["For me", "🗑 Delete"]
        mine = await store.threads.by_name("tg-42")
        first = await told(desk, mine)
        assert ": we use uv\n[End of what you were asked to remember]\n\nhello" in first
        assert await told(desk, mine) == "hello"
        text, buttons = await ask(desk, "/memory")
        assert text.startswith("I remember one thing here.")
        assert await press(desk, buttons["🗑 1"]) == "Forgotten."
        assert (await last_said(desk))[0] == "I have no notes here. /remember makes one."
        assert "was forgotten" in await told(desk, mine)
        assert await told(desk, mine) == "hello"
        assert await press(desk, buttons["🗑 1"]) == GONE


async def test_a_new_session_is_told_again(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/remember we use uv")
        mine = await store.threads.by_name("tg-42")
        assert "we use uv" in await told(desk, mine)
        async with store.transaction() as tx:
            await tx.threads.begin_session(mine.id)
        assert "we use uv" in await told(desk, mine)


@pytest.mark.parametrize("lost", ["undone = 1", "state = 'cancelled'", "state = 'failed'"])
async def test_what_stood_in_a_turn_that_came_to_nothing_is_told_again(store, lost):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/remember we use uv")
        mine = await store.threads.by_name("tg-42")
        assert "we use uv" in await told(desk, mine)
        assert await told(desk, mine) == "hello"
        await store.pool.execute(f"UPDATE turns SET {lost}")
        assert "we use uv" in await told(desk, mine)
        await store.pool.execute("DELETE FROM notes")
        assert "was forgotten" in await told(desk, mine)
        await store.pool.execute(f"UPDATE turns SET {lost}")
        assert "was forgotten" in await told(desk, mine)


async def test_notes_hold_where_they_are_for_and_nowhere_else(store):
    async with running_desk(store, reconcile=False) as desk:
        here, other, alone = await hold(store, GROUP), await hold(store, GROUP, 7), await hold(store, PERSON)
        await desk.say("/remember@demo_bot only here", chat=GROUP)
        await desk.say("/remember@demo_bot for:chat everywhere here", chat=GROUP)
        assert (await ask(desk, "/remember@demo_bot for:me x", chat=GROUP))[0].startswith("I keep notes about a person")
        await desk.say("/remember for:me I like tabs")

        async def texts(thread):
            return sorted(note.text for note in await store.notes.of(thread.id))

        assert await texts(here) == ["everywhere here", "only here"]
        assert await texts(other) == ["everywhere here"]
        assert await texts(alone) == ["I like tabs"]
        note = next(one for one in await store.notes.of(alone.id))
        for data in (f"nd:{note.id}:0", f"nc:{note.id}", f"nm:{note.id}"):
            assert await press(desk, data, chat=GROUP) == GONE
        assert await texts(alone) == ["I like tabs"]


async def test_a_tap_lets_a_note_hold_in_the_whole_chat(store):
    async with running_desk(store, reconcile=False) as desk:
        other = await hold(store, GROUP, 7)
        _, buttons = await ask(desk, "/remember@demo_bot we use uv", chat=GROUP)
        await press(desk, buttons["For all topics"], chat=GROUP)
        text, buttons, _ = await last_said(desk)
        assert text.startswith("📝 I'll remember that in this whole chat")
        assert [one.scope for one in await store.notes.of(other.id)] == [Scope.CHAT]
        await press(desk, buttons["🗑 Delete"], chat=GROUP)
        assert ((await last_said(desk))[0], await store.notes.of(other.id)) == ("Forgotten.", [])


async def test_notes_have_bounds(store):
    async with running_desk(store, reconcile=False) as desk:
        assert (await ask(desk, "/remember"))[0].startswith("Tell me what to remember")
        assert (await ask(desk, f"/remember {'x' * 501}"))[0] == "That's too long. A note has up to 500 characters."
        mine = await hold(store, PERSON)
        async with store.transaction() as tx:
            for number in range(MOST_NOTES + 3):
                await tx.notes.add(mine.id, Scope.CONVERSATION, PERSON, f"note {number}")
        assert len(await store.notes.of(mine.id)) == MOST_NOTES
        assert (await ask(desk, "/remember more"))[0].startswith(f"I remember {MOST_NOTES} things already.")
        assert (await ask(desk, "/remember for:me more"))[0].startswith("📝")
        text, buttons = await ask(desk, "/memory")
        assert (len(text) < 1500, "▶" in buttons) == (True, True)


async def test_forgetting_takes_every_note_of_the_conversation_at_once(store):
    async with running_desk(store, reconcile=False) as desk:
        here, other = await hold(store, GROUP), await hold(store, GROUP, 7)
        await desk.say("/remember@demo_bot only here", chat=GROUP)
        await desk.say("/remember@demo_bot for:chat everywhere here", chat=GROUP)
        async with store.transaction() as tx:
            await tx.notes.add(other.id, Scope.CHAT, PERSON, "of another topic")
            await tx.history.hold_thread(here.id)
            await tx.history.begin_forgetting(here)
        assert [note.text for note in await store.notes.of(here.id)] == ["of another topic"]
        assert await store.pool.fetchval("SELECT count(*) FROM notes") == 1


async def test_notes_go_along_when_a_group_gets_another_id(store):
    async with running_desk(store, reconcile=False):
        old = await hold(store, -555)
        async with store.transaction() as tx:
            await tx.notes.add(old.id, Scope.CHAT, PERSON, "we use uv")
            later = await tx.notes.add(old.id, Scope.CONVERSATION, PERSON, "ask Ann first")
            await tx.venues.move_chat(
                Address(BOT_ID, -555), Address(BOT_ID, -100777), lambda chat, topic: f"tg-{chat}-{topic}"
            )
        moved = await hold(store, -100777, 9)
        assert [note.text for note in await store.notes.of(moved.id)] == ["we use uv"]
        async with store.transaction() as tx:
            await tx.notes.widen(later, Scope.CHAT)
        assert [note.text for note in await store.notes.of(moved.id)] == ["ask Ann first", "we use uv"]
