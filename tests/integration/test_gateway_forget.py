"""`/forget` with its question, on a real Postgres."""

from __future__ import annotations

import itertools

import pytest

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, NewSubAgent, TurnState
from dev.bench.madesessions import MadeSession
from tests.conftest import BOT_ID
from tests.support.confirms import ask, idle, idle_group
from tests.support.desk import PERSON, address, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press
from tests.support.stored import count_lines

pytestmark = pytest.mark.postgres


async def fill(desk, thread):
    """Put something into every place that a conversation has."""
    store = desk.store
    shown = MadeSession()
    shown.add_turn(b"secret" * 500)
    await store.sessions.add_entries(thread, 1, 3, ['{"id":"secret-entry"}', *shown.lines])
    async with store.transaction() as tx:
        await tx.threads.begin_session(thread.id)
    thread = await store.threads.by_id(thread.id)
    await store.sessions.add_entries(thread, 1, 4, ['{"id":"secret-later"}'])

    async def chunks():
        yield b"secret"

    await store.workspaces.save(thread.id, 1, None, chunks())
    async with store.transaction() as tx:
        file_id = await tx.files.add(thread.id, "secret.txt", "text/plain", b"secret")
        await tx.outbox.put(thread.address, "secret", "file", file_id=file_id)
    turn = await store.turns.last_asked(thread.id)
    for query in (
        f"INSERT INTO turn_tools VALUES ({turn.id}, '\"secret\"')",
        f"INSERT INTO steers (turn_id, kind, update_id, text) VALUES ({turn.id}, 'edit', 1, 'secret')",
    ):
        await store.pool.execute(query)
    parent = NewSubAgent(thread, "uid", 1, "call", turn.id, None, "secret task", "default", 60, "Empty", 1)
    async with store.transaction() as tx:
        await tx.subagents.add(parent)
    await store.pool.execute(
        "UPDATE subagents SET state = 'finished', result = 'secret result', message = 'secret', finished_at = now()"
    )
    await store.pool.execute("INSERT INTO approvals SELECT id, 'bash: *', 42, 'secret' FROM threads")
    return thread


async def places_with(store, word):
    """Return the tables that hold a word anywhere."""
    tables = await store.pool.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    )
    found = set()
    for row in tables:
        name = row["table_name"]
        text = f'SELECT count(*) FROM "{name}" r WHERE r::text LIKE $1 OR r::text LIKE $2'
        if await store.pool.fetchval(text, f"%{word}%", f"%{word.encode().hex()}%"):
            found.add(name)
    return found


async def test_forget_leaves_no_word_anywhere_and_a_fresh_session(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk, words="secret")
        thread = await fill(desk, thread)
        text, buttons = await ask(desk, "/forget")
        assert "can't be undone" in text
        expected = {
            "inbox", "outbox", "turns", "messages", "session_entries", "workspace_chunks", "file_chunks", "files",
            "subagents", "turn_tools", "steers", "approvals", "pictures",
        }  # fmt: skip
        assert expected <= await places_with(store, "secret") | {"threads"}
        assert await press(desk, buttons["Delete it"]) == "Done."
        await desk.worked()
        assert await places_with(store, "secret") == set()
        now = await store.threads.by_id(thread.id)
        assert (now.name, now.session_id != thread.session_id) == ("tg-42", True)
        text, _, under = await last_said(desk)
        assert "(3 messages, 1 file)" in text
        assert under == [500]
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        assert await store.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'forget'") == 1
        await desk.say("/retry")
        assert "nothing to ask again yet" in (await desk.said())[-1]


async def test_what_the_forgotten_run_still_sends_is_not_kept(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        _, buttons = await ask(desk, "/forget")
        await press(desk, buttons["Delete it"])
        await desk.worked()

        async def chunks():
            yield b"secret"

        await store.sessions.add_entries(thread, 1, 9, ['{"id":"secret"}'])
        await store.workspaces.save(thread.id, 1, None, chunks())
        assert await places_with(store, "secret") == set()
        await store.runs.end(thread.id, 1, "Stopped", None)
        await store.runs.want(thread.id, 2, "uid-1")
        fresh = await store.threads.by_id(thread.id)
        await store.sessions.add_entries(fresh, 2, 1, ['{"id":"new"}'])
        await store.workspaces.save(thread.id, 2, None, chunks())
        assert await count_lines(store, fresh.session_id) == 1
        assert await store.workspaces.of(fresh, None) is not None


async def test_what_was_said_before_the_chat_moved_is_forgotten_too(store):
    async with running_desk(store) as desk:
        await idle(desk)
        rows = [
            (901, "-77", "secret said there"),
            (902, "!902", 'secret {"chat": -77}'),
            (903, "-78", "kept elsewhere"),
        ]
        await store.inbox.add_updates(rows, 904)
        await store.pool.execute("UPDATE inbox SET state = 'done'")
        await store.pool.execute(f"INSERT INTO chat_aliases VALUES ({BOT_ID}, -77, {PERSON})")
        desk.numbers = itertools.count(1000)
        _, buttons = await ask(desk, "/forget")
        await press(desk, buttons["Delete it"])
        await desk.worked()
        assert await places_with(store, "secret") == set()
        assert await places_with(store, "kept elsewhere") == {"inbox"}


async def test_what_was_forgotten_cannot_be_asked_again_by_an_old_button(store):
    async with running_desk(store) as desk:
        thread, runner = await idle(desk)
        await desk.say("more")
        await eventually(lambda: len(runner.turns) == 2)
        turn = runner.turns[1]
        await store.turns.end(turn.id, 1, 3, TurnState.FAILED, "provider", Final("failed"))
        _, buttons = await ask(desk, "/forget")
        await press(desk, buttons["Delete it"])
        await desk.worked()
        for data in (f"re:{turn.id}", f"co:{turn.id}"):
            await press(desk, data)
        assert await store.turns.count_queued(thread.id) == 0


async def test_forget_touches_no_other_conversation(store):
    async with running_desk(store) as desk:
        await idle(desk)
        group, _ = await idle_group(desk)
        await store.sessions.add_entries(group, 1, 3, ['{"id":"kept"}'])
        _, buttons = await ask(desk, "/forget")
        await press(desk, buttons["Delete it"])
        await desk.worked()
        assert await count_lines(store, group.session_id) == 1
        assert await store.pool.fetchval("SELECT count(*) FROM messages WHERE thread_id = $1", group.id) == 2
        assert (await store.turns.last_asked(group.id)).text == "[From P]\n\nhello"
        assert (await store.runs.open(group.id)).stop is None


async def test_forget_refuses_while_anything_is_at_work(store):
    async with running_desk(store) as desk:
        assert "haven't talked here yet" in (await ask(desk, "/forget"))[0]
        thread, runner = await idle(desk)
        _, buttons = await ask(desk, "/forget")
        await desk.say("more")
        await eventually(lambda: len(runner.turns) == 2)
        assert "/stop" in (await ask(desk, "/forget"))[0]
        await press(desk, buttons["Delete it"])
        await desk.worked()
        assert "/stop" in (await last_said(desk))[0]
        assert await store.pool.fetchval("SELECT count(*) FROM messages WHERE thread_id = $1", thread.id) == 3


async def test_a_topic_is_forgotten_by_itself(store):
    async with running_desk(store) as desk:
        await idle(desk)
        await store.outbox.put(Address(BOT_ID, PERSON, 3), "kept", "k1")
        await store.outbox.put(address(), "gone", "k2")
        _, buttons = await ask(desk, "/forget")
        await press(desk, buttons["Delete it"])
        await desk.worked()
        said = await desk.said()
        assert "kept" in said
        assert "gone" not in said


async def test_what_people_scheduled_goes_with_its_words_and_what_was_made_by_hand_stays(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        spec = '{"threadRef": {"name": "tg-42"}, "cron": "0 9 * * *", "prompt": "secret %s"}'
        for state, person, name in (
            ("live", PERSON, "s1"),
            ("wanted", PERSON, "s2"),
            ("draft", PERSON, ""),
            ("gone", PERSON, "s3"),
        ):
            await store.pool.execute(
                "INSERT INTO schedules (bot_id, name, thread_id, person_id, said, spec, state, next_at)"
                " VALUES ($1, $2, $3, $4, 'secret time', $5::jsonb, $6, now() + interval '1 day')",
                BOT_ID, name, thread.id, person, spec % name, state,
            )  # fmt: skip
        await store.pool.execute(
            "INSERT INTO schedules (bot_id, name, uid, thread_id, spec, state) VALUES ($1, 'hand', 'u', $2, $3::jsonb, 'live')",
            BOT_ID, thread.id, spec.replace("secret", "kept") % "",
        )  # fmt: skip
        text, buttons = await ask(desk, "/forget")
        assert "Its 2 schedules go too." in text
        await press(desk, buttons["Delete it"])
        await desk.worked()
        assert await places_with(store, "secret") == set()
        rows = await store.pool.fetch("SELECT name, state, wish, next_at FROM schedules ORDER BY name")
        assert [tuple(row) for row in rows] == [
            ("hand", "live", None, None),
            ("s1", "gone", "delete", None),
            ("s2", "gone", "delete", None),
            ("s3", "gone", None, None),
        ]
        assert {row.name for row in await store.schedules.unwritten(10)} == {"s1", "s2"}
