"""`/forget me` and `/export all`: what is one person's, in all chats, and what is the group's; on a real Postgres."""

from __future__ import annotations

import json

import pytest

from agent_gateway.store import persons
from agent_gateway.store.chatrows import Final
from agent_gateway.store.persons import BLANK
from agent_gateway.store.purges import PURGES, purge_slice
from agent_gateway.store.rows import TurnState
from agent_gateway.wording import keys
from tests.conftest import BOT_ID
from tests.integration.test_gateway_export import exported
from tests.integration.test_gateway_forget import fill, places_with
from tests.integration.test_retention import end_run, look
from tests.support.confirms import ask, idle, mention
from tests.support.desk import ADMIN, GROUP, PERSON, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres
SPEC = '{"threadRef": {"name": "tg-n100200300"}, "cron": "0 9 * * *", "prompt": "secret plan"}'


def build_line(entry, text, role="user"):
    message = {"role": role, "content": [{"type": "text", "text": text}]}
    return json.dumps({"type": "message", "id": entry, "parentId": None, "message": message})


async def talk_in_group(desk, words="secret in the group"):
    """Let the person ask in the group, another one too, and the agent answer both."""
    store = desk.store
    await desk.take(mention(words))
    await desk.settled()
    thread = await desk.run_wanted("tg-n100200300", 1)
    runner = await desk.connect(thread, 1, pod="pod-group")
    await eventually(lambda: runner.turns)
    turn = runner.turns[0]
    await store.turns.started(turn.id, 1, 1)
    await store.sessions.add_entries(
        thread, 1, 2, [build_line("a", f"noted before\n\n{turn.text}"), build_line("b", "kept answer", "assistant")]
    )
    await store.turns.end(turn.id, 1, 3, TurnState.DONE, None, Final("kept answer"))
    await store.pool.execute(
        "UPDATE turns SET before_session = $2, before_line = 0 WHERE id = $1", turn.id, thread.session_id
    )
    other = await store.pool.fetchval(
        "INSERT INTO turns (thread_id, person_id, text, state, ended_at) VALUES ($1, $2, 'kept words', 'done', now()) RETURNING id",
        thread.id,
        ADMIN,
    )
    await store.pool.execute(
        "INSERT INTO messages (thread_id, turn_id, role, text) VALUES ($1, $2, 'user', 'kept words')", thread.id, other
    )
    await store.sessions.add_entries(thread, 1, 4, [build_line("c", "kept words")])
    return thread


async def leave_traces(desk, group):
    """Put what is the person's into the other places."""
    pool = desk.store.pool
    await desk.say("/remember for:me secret note")
    await pool.execute(
        "INSERT INTO notes (bot_id, scope, thread_id, chat_id, person_id, text) VALUES ($1, 'chat', $2, $3, $4, 'kept note')",
        BOT_ID, group.id, GROUP, PERSON,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO schedules (bot_id, name, uid, thread_id, person_id, said, spec, state) VALUES ($1, 's', 'u', $2, $3, 'secret time', $4::jsonb, 'live')",
        BOT_ID, group.id, PERSON, SPEC,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO linked_accounts (bot_id, person_id, connection, login, email, sealed, language) VALUES ($1, $2, 'hub', 'secret-login', '', '', 'en')",
        BOT_ID, PERSON,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO access_requests (bot_id, subject_id, asked_by, chat_id, name, state) VALUES ($1, $2, $2, $2, 'secret name', 'allowed')",
        BOT_ID, PERSON,
    )  # fmt: skip
    await pool.execute("UPDATE people SET name = 'secret name' WHERE person_id = $1", PERSON)


async def test_forget_me_leaves_no_word_of_a_person_and_every_word_of_others(store, monkeypatch):
    monkeypatch.setattr(persons, "PAGE", 1)
    async with running_desk(store) as desk:
        thread, _ = await idle(desk, words="secret")
        await fill(desk, thread)
        group = await talk_in_group(desk)
        await leave_traces(desk, group)
        text, buttons = await ask(desk, "/forget me")
        assert "private conversations (1)" in text
        assert "what you scheduled (1)" in text
        assert "linked accounts (1)" in text
        assert await press(desk, buttons["Delete it"]) == "Done."
        await desk.worked()
        await store.pool.execute("DELETE FROM inbox")  # updates as they came go after two days
        assert await places_with(store, "secret") == set()

        said = [
            row["text"]
            for row in await store.pool.fetch("SELECT text FROM messages WHERE thread_id = $1 ORDER BY id", group.id)
        ]
        assert said == ["kept answer", "kept words"]
        lines = [
            row["line"]
            for row in await store.pool.fetch(
                "SELECT line FROM session_entries WHERE session_id = $1 ORDER BY ordinal", group.session_id
            )
        ]
        assert [json.loads(line)["message"]["content"][0]["text"] for line in lines] == [
            BLANK,
            "kept answer",
            "kept words",
        ]
        assert [json.loads(line)["id"] for line in lines] == ["a", "b", "c"]
        note = await store.pool.fetchrow("SELECT text, person_id FROM notes")
        assert tuple(note) == ("kept note", None)
        schedule = await store.pool.fetchrow("SELECT state, wish, person_id FROM schedules")
        assert tuple(schedule) == ("gone", "delete", None)
        assert await store.pool.fetchval("SELECT count(*) FROM linked_accounts") == 0
        assert await store.pool.fetchval("SELECT count(*) FROM turns WHERE person_id = $1", PERSON) == 0
        assert await store.pool.fetchval("SELECT count(*) FROM turns WHERE person_id = $1", ADMIN) == 1
        assert (
            await store.pool.fetchval(
                "SELECT count(*) FROM audit WHERE action = 'forget-me' AND person_id = $1", PERSON
            )
            == 1
        )
        assert keys.forget_me_done("en", count=1) in await desk.said()


async def test_forget_me_waits_for_what_is_at_work_and_is_asked_in_private(store):
    async with running_desk(store) as desk:
        thread, runner = await idle(desk)
        assert (await ask(desk, "/forget@demo_bot me", chat=GROUP, user=ADMIN))[0] == keys.forget_me_private("en")
        _, buttons = await ask(desk, "/forget me")
        await desk.say("more")
        await eventually(lambda: len(runner.turns) == 2)
        assert (await ask(desk, "/forget me"))[0] == keys.forget_me_busy("en")
        await press(desk, buttons["Delete it"])
        await desk.worked()
        assert (await last_said(desk))[0] == keys.forget_me_busy("en")
        assert await store.pool.fetchval("SELECT count(*) FROM messages WHERE thread_id = $1", thread.id) == 3


async def test_who_wrote_in_groups_alone_can_have_that_deleted(store):
    async with running_desk(store) as desk:
        await talk_in_group(desk)
        text, buttons = await ask(desk, "/forget me")
        assert "private conversations (0)" in text
        await press(desk, buttons["Delete it"])
        await desk.worked()
        await store.pool.execute("DELETE FROM inbox")
        assert await places_with(store, "secret") == set()
        assert "turns" in await places_with(store, "kept words")


async def test_export_all_gives_a_person_what_is_theirs_and_nothing_of_others(store):
    async with running_desk(store) as desk:
        await idle(desk, words="private words")
        group = await talk_in_group(desk)
        await leave_traces(desk, group)
        assert (await ask(desk, "/export@demo_bot all", chat=GROUP))[0] == keys.forget_me_private("en")
        await desk.say("/export all")
        await desk.worked()
        ((name, caption, text),) = await exported(store)
        assert name == f"person-{PERSON}.md"
        assert caption.startswith("What I keep of you: ")
        assert text.startswith("# What I keep of you\n\nExported ")
        for words in (
            "Name: P",
            "secret-login",
            "secret note",
            "kept note",
            "secret plan",
            "private words",
            "answer",
            "secret in the group",
            "remember tg-42",
        ):
            assert words in text, words
        assert "kept words" not in text
        assert "kept answer" not in text
        assert await store.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'export-all'") == 1
        await desk.say("/export all")
        assert (await desk.said())[-1] == keys.export_waits("en")


async def test_what_others_wrote_into_an_answer_or_said_alike_is_theirs_however_old(store):
    async with running_desk(store) as desk:
        group = await talk_in_group(desk, "yes")
        pool = store.pool
        turn = await pool.fetchval("SELECT id FROM turns WHERE thread_id = $1 ORDER BY id LIMIT 1", group.id)
        await pool.execute(
            "INSERT INTO steers (turn_id, kind, update_id, person_id, text, state) VALUES ($1, 'steer', 1, $2, 'others own', 'read')",
            turn, ADMIN,
        )  # fmt: skip
        await pool.execute(
            "INSERT INTO messages (thread_id, turn_id, role, text) VALUES ($1, $2, 'user', 'others own')",
            group.id,
            turn,
        )
        await store.sessions.add_entries(group, 1, 5, [build_line("d", "[From P]\n\nyes, says a namesake")])
        await pool.execute(
            "UPDATE turns SET created_at = created_at - interval '20 days', ended_at = ended_at - interval '20 days'"
        )
        await purge_slice(store, next(one for one in PURGES if one.query == "purge_steers"))
        assert [said.text async for said in store.persons.said(PERSON)] == ["[From P]\n\nyes"]
        _, buttons = await ask(desk, "/forget me")
        await press(desk, buttons["Delete it"])
        await desk.worked()
        rows = await pool.fetch("SELECT text FROM messages WHERE thread_id = $1 ORDER BY id", group.id)
        assert [row["text"] for row in rows] == ["kept answer", "kept words", "others own"]
        rows = await pool.fetch(
            "SELECT line FROM session_entries WHERE session_id = $1 ORDER BY ordinal", group.session_id
        )
        assert [BLANK in row["line"] for row in rows] == [True, False, False, False]


async def test_files_go_too_where_the_words_were_let_go_before(store):
    async with running_desk(store) as desk:
        thread, _ = await idle(desk)

        async def chunks():
            yield b"secret"

        await store.workspaces.save(thread.id, 1, None, chunks())
        await end_run(store, thread)
        await look(store, 31, messageDays=30)
        assert await places_with(store, "secret") == {"workspace_chunks"}
        text, buttons = await ask(desk, "/forget me")
        assert "private conversations (1)" in text
        await press(desk, buttons["Delete it"])
        assert await store.persons.private(PERSON) == [], "it is taken once"
        await desk.worked()
        assert await places_with(store, "secret") == set()


async def test_a_copy_that_was_sent_goes_too(store):
    async with running_desk(store) as desk:
        await talk_in_group(desk)
        await desk.say("/export all")
        await desk.worked()
        assert "file_chunks" in await places_with(store, "secret")
        await store.pool.execute("UPDATE outbox SET state = 'sent'")
        _, buttons = await ask(desk, "/forget me")
        await press(desk, buttons["Delete it"])
        await desk.worked()
        await store.pool.execute("DELETE FROM inbox")
        assert await places_with(store, "secret") == set()
        assert await store.persons.private(PERSON) == []


@pytest.mark.parametrize(
    ("line", "blanked"),
    [
        (build_line("a", "before\n\nsecret"), True),
        (build_line("a", "other"), False),
        (build_line("a", "secret", "assistant"), False),
        ('{"type":"message","message":{"role":"user","content":"secret"}}', True),
        ('{"type":"compaction","summary":"secret"}', False),
        ('{"type":"message","message":null}', False),
    ],
)
def test_only_the_persons_own_line_is_blanked(line, blanked):
    found = persons.blank_line(line, "secret")
    assert (found is not None) is blanked
    assert found is None or "secret" not in found
