"""`/cleanup` and `/forget` with their questions, on a real Postgres."""

from __future__ import annotations

import itertools

import pytest

from agent_contract import wire
from agent_gateway.store.rows import Final, NewSubAgent, TurnState
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, PERSON, address, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres


async def idle(desk, *, chat=PERSON, name="tg-42", words="hello"):
    """Bring a conversation to an idle agent."""
    await desk.say(words if chat > 0 else f"@demo_bot {words}", chat=chat)
    thread = await desk.run_wanted(name, 1)
    runner = await desk.connect(thread, 1, pod=f"pod-{name}")
    await eventually(lambda: runner.turns)
    await desk.store.turns.started(runner.turns[0].id, 1, 1)
    await desk.store.turns.end(runner.turns[0].id, 1, 2, TurnState.DONE, None, Final("answer"))
    return thread, runner


def mention(text):
    """Return a raw message that mentions the bot in the group."""
    entity = {"type": "mention", "offset": 0, "length": 9}
    return {"message": {"message_id": 5, "chat": {"id": GROUP, "type": "supergroup", "title": "g"},
                        "from": {"id": PERSON, "first_name": "P"}, "text": f"@demo_bot {text}", "entities": [entity]}}  # fmt: skip


async def idle_group(desk):
    await desk.take(mention("hello"))
    await desk.settled()
    thread = await desk.run_wanted("tg-n100200300", 1)
    runner = await desk.connect(thread, 1, pod="pod-group")
    await eventually(lambda: runner.turns)
    await desk.store.turns.end(runner.turns[0].id, 1, 2, TurnState.DONE, None, Final("answer"))
    return thread, runner


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def test_cleanup_names_the_idle_agents_and_ends_them_once_it_is_confirmed(store):
    async with running_desk(store) as desk:
        assert await ask(desk, "/cleanup") == ("Nothing to clean up.", {})
        thread, runner = await idle(desk)
        text, buttons = await ask(desk, "/cleanup")
        assert "tg-42 (private chat), run 1" in text
        assert list(buttons) == ["End it", "Cancel"]
        assert desk.resources.stops == []
        assert await press(desk, buttons["End it"]) == "Done."
        text, none, under = await last_said(desk)
        assert (text, none, under) == ("Ended: tg-42", {}, [500])
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await eventually(lambda: any(isinstance(frame, wire.Shutdown) for frame in runner.sent))
        assert (await store.runs.open(thread.id)).stop == "killed"
        assert await store.pool.fetchval("SELECT subject FROM audit WHERE action = 'cleanup'") == "tg-42"
        assert await press(desk, buttons["End it"]) == "This was answered already."


async def test_cleanup_leaves_what_has_work_and_what_waits(store):
    async with running_desk(store, reconcile=False) as desk:
        thread = await waiting_thread(desk)
        assert (await ask(desk, "/cleanup"))[0] == "Nothing to clean up."
        async with store.transaction() as tx:
            await tx.turns.cancel_queued(thread.id)
        parent = NewSubAgent(thread, "uid", 1, "call", None, None, "task", "default", 60, "Empty", 1)
        async with store.transaction() as tx:
            child = await tx.subagents.add(parent)
        assert child is not None
        assert (await ask(desk, "/cleanup"))[0] == "Nothing to clean up."


async def waiting_thread(desk):
    await desk.say("hello")
    thread = await desk.store.threads.by_name("tg-42")
    await desk.store.runs.want(thread.id, 1, "uid-1")
    await desk.connect(thread, 1)
    return thread


async def test_an_agent_that_got_work_since_the_question_is_left_alone(store):
    async with running_desk(store) as desk:
        _, runner = await idle(desk)
        _, buttons = await ask(desk, "/cleanup")
        await desk.say("more")
        await eventually(lambda: len(runner.turns) == 2)
        assert await press(desk, buttons["End it"]) == "Done."
        assert "Nothing was ended" in (await last_said(desk))[0]
        assert desk.resources.stops == []


async def test_an_administrator_cleans_up_every_chat_and_others_their_own(store):
    async with running_desk(store) as desk:
        await idle(desk)
        await idle_group(desk)
        text, _ = await ask(desk, "/cleanup")
        assert "tg-n100200300" not in text
        text, buttons = await ask(desk, "/cleanup", chat=ADMIN, user=ADMIN)
        assert "these 2 idle agents" in text
        await press(desk, buttons["End 2 agents"], chat=ADMIN, user=ADMIN)
        assert (await last_said(desk))[0] == "Ended: tg-42, tg-n100200300"
        await eventually(lambda: {("tg-42", 1), ("tg-n100200300", 1)} <= set(desk.resources.stops))


async def test_only_who_asked_or_an_administrator_answers(store):
    async with running_desk(store) as desk:
        await idle_group(desk)
        _, buttons = await ask(desk, "/cleanup@demo_bot", chat=GROUP)
        assert "Only who asked" in await press(desk, buttons["End it"], chat=GROUP, user=99)
        assert await press(desk, buttons["End it"]) == "This button does nothing any more."  # from another chat
        assert await press(desk, buttons["Cancel"], chat=GROUP, user=ADMIN) == "Cancelled: nothing was done."
        assert await press(desk, buttons["End it"], chat=GROUP) == "This was answered already."
        assert await press(desk, "cf:cleanup:999", chat=GROUP) == "This button does nothing any more."
        assert desk.resources.stops == []


async def test_a_question_older_than_ten_minutes_does_nothing(store):
    async with running_desk(store) as desk:
        await idle(desk)
        _, buttons = await ask(desk, "/cleanup")
        await store.pool.execute("UPDATE confirms SET created_at = now() - interval '11 minutes'")
        assert "ten minutes" in await press(desk, buttons["End it"])
        text, none, under = await last_said(desk)
        assert ("nothing was done" in text, none, under) == (True, {}, [500])
        assert desk.resources.stops == []


async def test_what_was_confirmed_is_done_by_the_next_gateway(store):
    async with running_desk(store) as desk:
        await idle(desk)
        _, buttons = await ask(desk, "/cleanup")
        resources, numbers = desk.resources, desk.numbers
    async with running_desk(store, reconcile=False) as dying:  # it only gets as far as the commit
        dying.numbers = numbers
        dying.wake.thread = lambda _: None
        await press(dying, buttons["End it"])
    assert resources.stops == []
    async with running_desk(store, reconcile=False, resources=resources) as next_one:
        await next_one.look(await store.threads.by_name("tg-42"))
        assert resources.stops == [("tg-42", 1)]


async def fill(desk, thread):
    """Put something into every place that a conversation has."""
    store = desk.store
    await store.sessions.add_entries(thread, 1, 3, ['{"id":"secret-entry"}'])
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
        assert "cannot be undone" in text
        expected = {
            "inbox", "outbox", "turns", "messages", "session_entries", "workspace_chunks", "file_chunks", "files",
            "subagents", "turn_tools", "steers",
        }  # fmt: skip
        assert expected <= await places_with(store, "secret") | {"threads"}
        assert await press(desk, buttons["Delete the history"]) == "Done."
        assert await places_with(store, "secret") == set()
        now = await store.threads.by_id(thread.id)
        assert (now.name, now.session_id != thread.session_id) == ("tg-42", True)
        text, _, under = await last_said(desk)
        assert "3 messages, 2 lines of the agent's memory, 1 packed workspace, 1 file, 1 sub-agent's task" in text
        assert under == [500]
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        assert await store.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'forget'") == 1
        await desk.say("/retry")
        assert "nothing to ask again" in (await desk.said())[-1]


async def test_what_the_forgotten_run_still_sends_is_not_kept(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)
        _, buttons = await ask(desk, "/forget")
        await press(desk, buttons["Delete the history"])

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
        assert await store.sessions.length(fresh.session_id) == 1
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
        await press(desk, buttons["Delete the history"])
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
        await press(desk, buttons["Delete the history"])
        for data in (f"re:{turn.id}", f"co:{turn.id}"):
            await press(desk, data)
        assert await store.turns.count_queued(thread.id) == 0


async def test_forget_touches_no_other_conversation(store):
    async with running_desk(store) as desk:
        await idle(desk)
        group, _ = await idle_group(desk)
        await store.sessions.add_entries(group, 1, 3, ['{"id":"kept"}'])
        _, buttons = await ask(desk, "/forget")
        await press(desk, buttons["Delete the history"])
        assert await store.sessions.length(group.session_id) == 1
        assert await store.pool.fetchval("SELECT count(*) FROM messages WHERE thread_id = $1", group.id) == 2
        assert (await store.turns.last_asked(group.id)).text == "hello"
        assert (await store.runs.open(group.id)).stop is None


async def test_forget_refuses_while_anything_is_at_work(store):
    async with running_desk(store) as desk:
        assert "not begun" in (await ask(desk, "/forget"))[0]
        thread, runner = await idle(desk)
        _, buttons = await ask(desk, "/forget")
        await desk.say("more")
        await eventually(lambda: len(runner.turns) == 2)
        assert "/stop" in (await ask(desk, "/forget"))[0]
        await press(desk, buttons["Delete the history"])
        assert "/stop" in (await last_said(desk))[0]
        assert await store.pool.fetchval("SELECT count(*) FROM messages WHERE thread_id = $1", thread.id) == 3


async def test_a_topic_is_forgotten_by_itself(store):
    async with store.transaction() as tx:
        one = await tx.threads.get_or_create(address(), "tg-42", "")
        other = type(one.address)(one.address.bot_id, PERSON, 3)
        await tx.outbox.put(other, "kept", "k1")
        await tx.outbox.put(one.address, "gone", "k2")
        await tx.history.hold_thread(one.id)
        await tx.history.forget(one)
    assert [row["text"] for row in await store.pool.fetch("SELECT text FROM outbox")] == ["kept"]
