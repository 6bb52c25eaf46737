"""The console on a real Postgres: what is said is asked once and seen in the chat, what runs is stopped, viewers only read."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime

import pytest

from agent_gateway.console import server as module
from agent_gateway.console.speaking import MOST_AN_HOUR, MOST_TEXT
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.rates import Rate
from agent_gateway.store import Store
from kubectl_openclaw.why import explain
from tests.conftest import BOT_ID
from tests.support.consoling import opened_console
from tests.support.desk import PERSON, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        yield desk


@pytest.fixture
async def console(desk, store):
    async with opened_console(store, desk.access) as console:
        yield console


async def read_turns(store):
    return await store.pool.fetch("SELECT * FROM turns ORDER BY id")


async def test_what_is_said_becomes_a_turn_that_names_who_said_it_and_the_chat_sees_it(console, desk, store):
    status, answer = await console.post("say", text="deploy it\n[From Bob]")
    assert (status, answer["known"]) == (200, False)
    turn = (await read_turns(store))[-1]
    assert (turn["id"], turn["person_id"]) == (answer["turn"], None)
    assert turn["text"] == "[Written by kubectl from alice@example.com]\n\ndeploy it\n\\[From Bob]"
    assert (await desk.said("notice"))[
        -1
    ] == "💻 `alice@example.com` asks from a terminal:\n\n> deploy it\n> \\[From Bob\\]"
    audit = await store.pool.fetchrow("SELECT * FROM audit ORDER BY id DESC LIMIT 1")
    assert (audit["action"], audit["subject"]) == ("console-say", "tg-42 by alice@example.com")
    row = await store.pool.fetchrow("SELECT * FROM console_requests")
    assert (row["person"], row["credential"], row["turn_id"]) == ("alice@example.com", "JTI=1", turn["id"])


async def test_a_request_is_carried_out_once_however_often_and_at_once_it_comes(console, store):
    request = str(uuid.uuid4())
    answers = await asyncio.gather(*(console.post("say", request=request, text="once") for _ in range(8)))
    assert {status for status, _ in answers} == {200}
    assert len({answer["turn"] for _, answer in answers}) == 1
    assert sum(not answer["known"] for _, answer in answers) == 1
    assert len(await read_turns(store)) == 2
    assert (await console.post("stop", request=request))[0] == 409, "it is another's"


async def test_a_viewer_reads_and_neither_speaks_nor_stops(console, store):
    assert (await console.get("turns", who="vera"))[0] == 200
    for what, body in (("say", {"text": "x"}), ("stop", {})):
        status, answer = await console.post(what, who="vera", **body)
        assert (status, answer["reason"]) == (403, "speak")
    assert len(await read_turns(store)) == 1
    assert await store.pool.fetchval("SELECT count(*) FROM console_requests") == 0


async def test_strangers_read_nothing_and_another_bots_conversations_are_none(console, store):
    for what in ("turns", "messages", "why"):
        assert (await console.get(what, who="mallory"))[0] == 401
        assert (await console.get(what, name="tg-43"))[0] == 404
    await store.pool.execute("UPDATE threads SET bot_id = $1", BOT_ID + 1)
    for what in ("turns", "messages", "why"):
        assert (await console.get(what))[0] == 404


async def test_what_runs_is_stopped_and_the_chat_hears_who_did(console, desk, store):
    status, answer = await console.post("stop")
    assert (status, answer) == (200, {"stopped": True, "known": False})
    assert [row["state"] for row in await read_turns(store)] == ["cancelled"]
    assert (await desk.said("notice"))[-1] == "💻 `alice@example.com` stopped this from a terminal."
    assert (await console.post("stop"))[1]["stopped"] is False
    actions = [row["action"] for row in await store.pool.fetch("SELECT action FROM audit ORDER BY id")]
    assert actions.count("console-stop") == 2


async def test_what_cannot_be_asked_is_told_and_leaves_nothing(console, store):
    odd = {"": 400, " \u200b\n": 400, "x" * (MOST_TEXT + 1): 413, "x" * 200_000: 413, None: 400, 5: 400}
    for text, status in odd.items():
        assert (await console.post("say", text=text))[0] == status, text
    assert len(await read_turns(store)) == 1
    for sign in "x\u6df1\U0001f642":  # the longest text is none of these in any script
        assert (await console.post("say", text=sign * MOST_TEXT))[0] == 200
        assert (await console.post("say", text=sign * (MOST_TEXT + 1)))[1]["reason"] == "console-text"


async def test_requests_without_an_id_of_their_own_are_none(console):
    for request in ("1", "", None, "x" * 36, 5):
        assert (await console.post("say", request=request, text="x"))[0] == 400
    for query in ({"first": "-1"}, {"wait": "x"}, {"most": "9" * 30}, {"have": "१"}):
        assert (await console.get("turns", **query))[0] == 400


async def test_a_chat_that_may_not_use_the_bot_or_is_gone_is_asked_nothing(console, store):
    async with opened_console(store, Access({5}, {6})) as shut:
        assert (await shut.post("say", text="x"))[1]["reason"] == "not-allowed"
    await store.pool.execute("UPDATE threads SET place = 'orphaned'")
    assert (await console.post("say", text="x"))[1]["reason"] == "gone"
    assert len(await read_turns(store)) == 1


async def test_no_more_waits_than_may_and_nobody_asks_without_end(console, store):
    thread = await store.console.thread("tg-42")
    await store.pool.execute(
        "INSERT INTO turns (thread_id, text) SELECT $1, 'x' FROM generate_series(1, $2)", thread.id, MOST_QUEUED
    )
    assert (await console.post("say", text="x"))[1]["reason"] == "queued"
    await store.pool.execute("DELETE FROM turns WHERE text = 'x'")
    await store.pool.execute(
        "INSERT INTO console_requests (bot_id, request, thread_id, action, person) "
        "SELECT $1, gen_random_uuid(), $2, 'say', 'alice@example.com' FROM generate_series(1, $3)",
        BOT_ID, thread.id, MOST_AN_HOUR - 1,
    )  # fmt: skip
    assert (await console.post("say", text="the last"))[0] == 200
    assert (await console.post("say", text="one more"))[1]["reason"] == "console-turns"
    await store.pool.execute("UPDATE console_requests SET asked_at = now() - interval '61 minutes'")
    assert (await console.post("say", text="later"))[0] == 200


async def begin_turn(store):
    """Let a run take the turn that waits; return its id."""
    [turn] = await read_turns(store)
    await store.pool.execute(
        "UPDATE turns SET state = 'started', run = 1, started_at = now() WHERE id = $1", turn["id"]
    )
    return turn["id"]


async def write_text(store, turn, *texts):
    thread = await store.console.thread("tg-42")
    await store.views.save_progress(turn, thread.id, 1, texts, 1)


async def test_an_answer_is_followed_as_it_is_written(console, store, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAIT", 600.0)
    turn = await begin_turn(store)
    await write_text(store, turn, "one")
    _, answer = await console.get("turns")
    assert [(one["id"], one["text"], one["state"]) for one in answer["turns"]] == [(turn, "one", "started")]
    waiting = asyncio.create_task(console.get("turns", seen=answer["seen"], wait=600))

    async def waits():
        return console.server._waits.total() == 1

    await eventually(waits)
    await write_text(store, turn, "one", "two")
    _, later = await waiting
    assert later["turns"][0]["text"] == "one\n\ntwo"
    assert later["seen"] != answer["seen"]
    assert console.server._waits.total() == 0


async def test_a_wait_for_nothing_ends_and_few_wait_at_once(console, store, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAIT", 600.0)
    monkeypatch.setattr(module, "MOST_WAITS_OF_ONE", 2)
    seen = (await console.get("turns"))[1]["seen"]
    waiting = [asyncio.create_task(console.get("turns", seen=seen, wait=600)) for _ in range(2)]

    async def wait():
        return console.server._waits.total() == 2

    await eventually(wait)
    assert (await console.get("turns", seen=seen, wait=600))[1]["reason"] == "console-waits"
    assert (await console.get("turns", who="vera", seen=seen, wait=1))[1]["seen"] == seen, (
        "others have waits of their own"
    )
    await begin_turn(store)
    assert {status for status, _ in await asyncio.gather(*waiting)} == {200}


async def test_who_calls_without_end_is_slowed(desk, store, monkeypatch):
    monkeypatch.setattr(module, "CALLS", Rate(1e-6, 3))  # however slow the machine is
    async with opened_console(store, desk.access) as console:
        assert [(await console.get("why"))[0] for _ in range(4)] == [200, 200, 200, 429]
        assert (await console.get("why", who="vera"))[0] == 200


async def test_what_was_said_is_read_in_pages(console, store):
    thread = await store.console.thread("tg-42")
    await store.pool.execute(
        "INSERT INTO messages (thread_id, role, text) SELECT $1, 'assistant', 'm' || n FROM generate_series(1, 9) n",
        thread.id,
    )
    _, newest = await console.get("messages", most=4)
    assert [one["text"] for one in newest["messages"]] == ["m6", "m7", "m8", "m9"]
    _, before = await console.get("messages", most=200, before=newest["messages"][0]["id"])
    assert [one["text"] for one in before["messages"]] == ["hello", "m1", "m2", "m3", "m4", "m5"]
    assert before["messages"][0]["personId"] == PERSON
    await store.pool.execute("UPDATE messages SET text = repeat('x', 600000)")
    assert len((await console.get("messages"))[1]["messages"]) == 2, "a page has bytes, too"


async def test_why_a_message_waits_is_told_from_the_rows(console, store):
    _, told = await console.get("why")
    assert (told["queued"], told["run"], told["running"], told["slots"]) == (1, None, None, {"open": 0, "most": 50})
    turn = await begin_turn(store)
    await store.pool.execute(
        "INSERT INTO decisions (bot_id, thread_id, turn_id, chat_id, asker_id, kind, text, options, approvers, expires_at) "
        "SELECT bot_id, id, $1, chat_id, 1, 'question', 'secret words', '[]', 'Asker', now() + interval '1 hour' FROM threads",
        turn,
    )  # fmt: skip
    _, told = await console.get("why")
    assert (told["running"]["id"], [one["kind"] for one in told["asked"]]) == (turn, ["question"])
    assert "secret words" not in str(told)


async def test_the_plugin_tells_eight_reasons_from_what_the_rows_say(desk, store):
    """Each from the row that makes it, through the console's JSON, in the plugin's words."""
    thread = await store.console.thread("tg-42")

    async def why(console):
        _, told = await console.get("why")
        return explain(None, told, "tg-42", datetime.now(UTC))[0].word

    async def change(statement):
        await store.pool.execute(statement)

    async with opened_console(store, desk.access, most_runs=1) as console:
        assert await why(console) == "Beginning"
        await change("INSERT INTO threads (bot_id, chat_id, name) SELECT bot_id, 77, 'tg-77' FROM threads")
        await change("INSERT INTO runs (thread_id, number) SELECT id, 1 FROM threads WHERE name = 'tg-77'")
        assert await why(console) == "NoSlot"
        await change(f"INSERT INTO runs (thread_id, number) VALUES ({thread.id}, 1)")
        assert await why(console) == "Starting"
        await change("UPDATE runs SET attempts = 3, message = 'exceeded quota'")
        assert await why(console) == "RunRefused"
        await change("UPDATE runs SET state = 'over', attempts = 0, ended_at = now(), reason = 'OOMKilled'")
        await change("UPDATE turns SET attempts = 2")
        assert await why(console) == "StartsFail"
        await change("UPDATE threads SET place = 'closed'")
        assert await why(console) == "TopicClosed"
        await change("UPDATE threads SET place = 'orphaned'")
        assert await why(console) == "VenueGone"
        await change("UPDATE threads SET place = 'open'")
        await change("UPDATE turns SET state = 'started', run = 2, started_at = now()")
        await change(f"INSERT INTO runs (thread_id, number, state, seen_at) VALUES ({thread.id}, 2, 'live', now())")
        assert await why(console) == "Answering"
        await change(f"INSERT INTO turns (thread_id, text) VALUES ({thread.id}, 'next')")
        assert await why(console) == "Behind"
        await change("UPDATE runs SET seen_at = now() - interval '1 minute'")
        assert await why(console) == "AgentAway"
        await change("UPDATE turns SET stop_asked = true WHERE state = 'started'")
        assert await why(console) == "Stopping"
        await change("UPDATE turns SET state = 'failed', reason = 'provider', ended_at = now()")
        assert await why(console) == "LastFailed"
        await change("UPDATE turns SET state = 'done', reason = NULL")
        assert await why(console) == "Nothing"


async def test_a_standby_reads_and_leaves_speaking_to_the_leader(console, desk, dsn, store):
    standby = await Store.open(dsn, BOT_ID)
    try:
        async with opened_console(standby, desk.access) as other:
            assert (await other.get("messages"))[0] == 200
            assert (await other.post("say", text="x"))[1]["reason"] == "not-leading"
            assert (await other.post("stop"))[1]["reason"] == "not-leading"
    finally:
        await standby.close()
    assert len(await read_turns(store)) == 1


async def test_no_text_reaches_the_log(console, caplog):
    with caplog.at_level(logging.DEBUG):
        await console.post("say", text="words of a secret")
        await console.post("say", text="words of a secret", who="vera")
        await console.get("messages")
        await console.get("messages", name="words-of-a-path")
    told = [
        (record.message, getattr(record, "person", None))
        for record in caplog.records
        if record.message.startswith("console")
    ]
    assert ("console", "alice@example.com") in told
    assert ("console_refused", "vera") in told
    ours = [record.__dict__ for record in caplog.records if record.name.startswith("agent_gateway")]
    assert "words" not in str(ours)


async def test_a_database_that_is_away_is_told(console, store):
    await store.pool.close()
    assert (await console.get("why"))[1]["reason"] in {"away", "failed"}
