"""`/fork` in the chat, and contents of files that two conversations share, on a real Postgres."""

from __future__ import annotations

import json
import os

import pytest

from agent_contract.names import build_thread_name
from agent_gateway.store import forks
from agent_gateway.store.kept import NewState
from agent_gateway.store.purges import Purge, purge_slice
from agent_gateway.store.repositories import Chosen
from agent_gateway.store.rows import Address
from agent_gateway.store.spending import Scope
from agent_gateway.telegram.errors import RefusalKind, Refused
from tests.conftest import BOT_ID
from tests.support.desk import GROUP, PERSON, message, running_desk
from tests.support.eventually import eventually
from tests.support.undoing import Talk, build_state, save_pack

pytestmark = pytest.mark.postgres
TOPIC = 12
NAME = build_thread_name("tg", GROUP, TOPIC)
NEW = Address(BOT_ID, GROUP, 701)


def in_topic(text, *, reply_to=None, number=900):
    """Return a command in the topic."""
    name, _, rest = text.partition(" ")
    raw = message(f"{name}@demo_bot {rest}".strip(), chat=GROUP, number=number)
    raw["message"] |= {"message_thread_id": TOPIC, "is_topic_message": True}
    raw["message"]["chat"] |= {"is_forum": True}
    if reply_to is not None:
        told = {"message_id": reply_to, "chat": raw["message"]["chat"], "from": {"id": PERSON, "first_name": "P"}}
        raw["message"]["reply_to_message"] = told | {"date": 1, "is_topic_message": True, "message_thread_id": TOPIC}
    return raw


def begin(desk):
    """Return a conversation in a topic, which is yet to begin."""
    return Talk(desk, chat=GROUP, name=NAME, topic=TOPIC)


async def fork(desk, text="/fork", **more):
    await desk.take(in_topic(text, **more))
    await desk.settled()
    await desk.worked()


async def read_new(store):
    return await store.threads.by_address(NEW)


async def read_start(store, thread):
    start = await store.starts.find(thread, 1)
    text = b"".join([piece async for piece in store.starts.stream(thread.session_id, start)]).decode()
    return text.splitlines()


async def read_pack(store, pack_id):
    return b"".join([part async for part in store.kept.stream_pack(pack_id)])


async def test_rules_that_an_administrator_wants_come_along_before_they_are_written(store):
    async with running_desk(store) as desk:
        talk = begin(desk)
        await talk.ask("count the stars")
        await store.repositories.choose(talk.thread.id, Chosen("git", "acme/api"), PERSON)
        await store.repositories.narrow(talk.thread.id, ())
        await store.narrowed.narrow_apis(talk.thread.id, ())
        await store.narrowed.narrow_servers(talk.thread.id, ())
        await fork(desk)
        new = await read_new(store)
        spec = (await desk.resources.get(new.name)).spec
        assert (spec.repositories, spec.apis, spec.mcp_servers) == ((), (), ())
        assert (await store.repositories.chosen(new.id)).chosen == Chosen("git", "acme/api")


async def test_a_topic_begins_with_history_files_settings_and_class(store):
    async with running_desk(store) as desk:
        talk = begin(desk)
        await talk.ask("count the stars")
        turn = await talk.ask("paint them red")
        await store.pool.execute("UPDATE threads SET model = 'kimi', thinking = 'high', verbosity = 2")
        await store.pool.execute(
            "INSERT INTO budgets (bot_id, scope, source, subject, money) VALUES ($1, 'thread', 'chat', $2, 7)",
            BOT_ID, str(talk.thread.id),
        )  # fmt: skip
        desk.resources.change(NAME, classRef={"name": "small"})
        await fork(desk)
        assert desk.topics.opened == ["⑂ Paint them red"]
        new = await read_new(store)
        assert await read_start(store, new) == talk.lines.lines
        assert (new.model, new.thinking, new.title) == ("kimi", "high", "⑂ Paint them red")
        assert (await store.kept.of(new, None)).files == 1
        assert desk.resources.cached(new.name).spec.class_ref.name == "small"
        limits = await store.pool.fetch("SELECT scope, money FROM budgets WHERE subject = $1", str(new.id))
        assert [(row["scope"], row["money"]) for row in limits] == [(Scope.THREAD.value, 7)]
        said = await store.pool.fetch("SELECT topic_id, text, buttons FROM outbox ORDER BY id DESC LIMIT 2")
        assert {row["topic_id"] for row in said} == {TOPIC, NEW.topic_id}
        done = next(row for row in said if row["topic_id"] == TOPIC)
        assert done["text"].startswith("I opened “⑂ Paint them red”")
        assert json.loads(done["buttons"])[0][2] == "https://t.me/c/200300/701"
        assert await talk.read_files() == turn.id


async def test_both_go_on_by_themselves(store):
    async with running_desk(store) as desk:
        talk = begin(desk)
        await talk.ask("one")
        await fork(desk)
        later = await talk.ask("two")
        new = await read_new(store)
        assert len(await read_start(store, new)) == 4
        assert await talk.read_files() == later.id
        await store.runs.want(new.id, 1, "uid")
        await store.kept.save_state(new.id, 1, None, build_state("of-the-copy"))
        assert (await store.kept.of(new, None)).id != (await store.kept.of(talk.thread, None)).id


async def test_a_reply_copies_up_to_that_message(store):
    async with running_desk(store) as desk:
        talk = begin(desk)
        first = await talk.ask("one")
        await talk.ask("two")
        turn = await talk.begin("three")
        await fork(desk, "/fork Plan B", reply_to=first.message_id)
        assert desk.topics.opened == ["⑂ Plan B"]
        new = await read_new(store)
        assert await read_start(store, new) == talk.lines.lines[:4]
        body = await store.pool.fetchval("SELECT origin FROM kept_states WHERE thread_id = $1", new.id)
        assert await store.pool.fetchval("SELECT turn_id FROM kept_states WHERE id = $1", body) == first.id
        await fork(desk, reply_to=turn.message_id, number=901)
        assert "still working on that message" in (await desk.said())[-1]


async def test_an_answer_under_way_does_not_come_along_and_its_files_before_are_waited_for(store, monkeypatch):
    monkeypatch.setattr(forks, "FILES_SECONDS", 600.0)
    async with running_desk(store) as desk:
        talk = begin(desk)
        turn = await talk.ask("one", files=False)
        running = await talk.begin("two")
        before = len(talk.lines.lines)
        talk.lines.add_turn()
        await talk.add_lines(talk.lines.lines[before:])
        await desk.take(in_topic("/fork"))
        await desk.settled()
        await eventually(lambda: desk.topics.opened)
        assert await read_new(store) is None
        await talk.keep(turn)
        await desk.worked()
        assert "weren't stored yet" not in (await desk.said())[-1]
        new = await read_new(store)
        assert await read_start(store, new) == talk.lines.lines[:before]
        assert (await store.kept.of(new, None)).files == 1
        await talk.end(running)


async def test_files_that_are_late_are_told(store):
    async with running_desk(store) as desk:
        talk = begin(desk)
        await talk.ask("one")
        turn = await talk.ask("two", files=False)
        await store.pool.execute("UPDATE turns SET ended_at = now() - interval '1 minute' WHERE id = $1", turn.id)
        await fork(desk)
        assert any("weren't stored yet" in text for text in await desk.said())
        assert (await store.kept.of(await read_new(store), None)).files == 1


async def test_a_chat_without_topics_and_a_refusal_are_told(store):
    async with running_desk(store) as desk:
        await desk.say("/fork")
        assert "has no topics" in (await desk.said())[-1]
        talk = begin(desk)
        await fork(desk)
        assert "nothing here yet" in (await desk.said())[-1]
        await talk.ask("one")
        desk.topics.faults.append(Refused(RefusalKind.OTHER, "not enough rights"))
        await fork(desk, number=901)
        assert "couldn't open a topic" in (await desk.said())[-1]
        assert await read_new(store) is None


async def test_a_history_that_was_forgotten_meanwhile_is_not_copied(store):
    async with running_desk(store) as desk:
        talk = begin(desk)
        await talk.ask("secret")
        async with store.transaction() as tx:
            turns = await tx.undos.list_turns(talk.thread.id)
            point = await tx.forks.find_point(talk.thread, turns[0], None)
            await tx.execute("forget_sessions", [talk.thread.id])
            target = await tx.threads.get_or_create(NEW, "tg-new", "t")
            assert not await tx.forks.copy(talk.thread, target, point)


async def test_shared_contents_are_stored_once_and_outlive_whoever_stored_them(store):
    async with running_desk(store) as desk:
        talk = begin(desk)
        turn = await talk.begin("one")
        await talk.work(turn, files=False)
        data = [os.urandom(300_000), os.urandom(200_000)]
        names = [await save_pack(store, talk.thread, 1, part) for part in data]
        body = b'{"packs":[]}\n'
        state = NewState(names[0], (names[1],), body, 1, 500_000, 0)
        assert await store.kept.save_state(talk.thread.id, 1, turn.id, state) == []
        await talk.end(turn)
        before = await store.pool.fetchval("SELECT sum(length(data)) FROM kept_pack_rows")
        await fork(desk)
        new = await read_new(store)
        assert await store.pool.fetchval("SELECT sum(length(data)) FROM kept_pack_rows") == before == 500_000
        assert (
            await store.pool.fetchval("SELECT COALESCE(sum(bytes), 0) FROM kept_rooms WHERE thread_id = $1", new.id)
            == 0
        )
        found = await store.kept.read_body((await store.kept.of(new, None)).id)
        assert found.differs
        assert [await read_pack(store, pack.id) for pack in found.packs] == data
        for name in names:  # none is sent again
            assert await store.kept.has_pack(new.id, name)
        async with store.transaction() as tx:
            await tx.execute("forget_kept_states", [talk.thread.id])
            await tx.execute("forget_kept_packs", [talk.thread.id])
        assert [await read_pack(store, pack.id) for pack in found.packs] == data
        rooms = {row["thread_id"]: row["bytes"] for row in await store.pool.fetch("SELECT * FROM kept_rooms")}
        assert (rooms[talk.thread.id], rooms[new.id]) == (0, 500_000)
        async with store.transaction() as tx:
            await tx.execute("forget_kept_states", [new.id])
        await store.pool.execute("UPDATE kept_packs SET loose_at = now() - interval '2 hours'")
        await purge_slice(store, Purge("purge_kept_packs", 3600))
        assert await store.pool.fetchval("SELECT count(*) FROM kept_pack_rows") == 0
