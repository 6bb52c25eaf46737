"""`/export` and `/forget` of a long history: in slices beside the inbox, on a real Postgres."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from agent_gateway.jobs import forget, worker
from agent_gateway.jobs.export import Exporting
from agent_gateway.jobs.forget import Forgetting
from agent_gateway.store.history import HistoryQueries
from agent_gateway.store.jobs import JobKind
from agent_gateway.wording import keys
from tests.support.desk import ADMIN, PERSON, message, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press
from tests.support.stored import count_lines

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    for name in ("TURNS", "LINES", "FILES", "SAID", "SUBAGENTS"):
        monkeypatch.setattr(forget, name, 3)
    monkeypatch.setattr("agent_gateway.commands.forget.TURNS", 3)


async def fill(desk, count=20):
    """Give a conversation a history: turns and their messages, lines of memory, files, things said."""
    await desk.say("secret begin")
    store = desk.store
    thread = await store.threads.by_name("tg-42")
    async with store.transaction() as tx:
        for number in range(count):
            turn = await tx.turns.add(thread.id, None, number, PERSON, f"secret {number}")
            await tx.execute("end_turn", turn.id, "done", None)
            await tx.outbox.put(thread.address, f"secret {number}", f"said:{number}")
            await tx.files.add(thread.id, f"{number}.txt", "text/plain", b"secret")
        await tx.turns.cancel_queued(thread.id)
    lines = [f'{{"id":"secret-{number}"}}' for number in range(count)]
    await store.runs.want(thread.id, 1, None)
    await store.sessions.add_entries(thread, 1, 1, lines)
    await store.runs.end(thread.id, 1, "Stopped", None)
    return await store.threads.by_id(thread.id)


async def forget_it(desk):
    await desk.say("/forget")
    _, buttons, _ = await last_said(desk)
    return await press(desk, buttons["Delete it"])


async def count(store, word="secret"):
    """Count the rows of each table that hold a word."""
    found = {}
    for table in ("turns", "messages", "session_entries", "outbox", "files", "file_chunks", "inbox"):
        rows = await store.pool.fetchval(
            f"SELECT count(*) FROM {table} r WHERE r::text LIKE $1 OR r::text LIKE $2",
            f"%{word}%", f"%{word.encode().hex()}%",
        )  # fmt: skip
        if rows:
            found[table] = rows
    return found


async def test_what_is_forgotten_goes_in_slices_and_the_next_gateway_goes_on(store, monkeypatch):
    whole, slices, gate = Forgetting.work, [], asyncio.Event()

    async def three(self, job):
        slices.append(job.progress["step"])
        if len(slices) == 4:
            await gate.wait()
        return await whole(self, job)

    monkeypatch.setattr(Forgetting, "work", three)
    async with running_desk(store, reconcile=False) as desk:
        await fill(desk)
        assert await forget_it(desk) == "Done."
        await eventually(lambda: len(slices) == 4)
        numbers = desk.numbers
    left = await count(store)
    assert 0 < left["turns"] < 20
    assert left["session_entries"] == 20
    async with running_desk(store, reconcile=False) as desk:
        desk.numbers = numbers
        await desk.worked()
        assert await count(store) == {}
        text, _, under = await last_said(desk)
        assert text.startswith("Deleted: this conversation, my memory of it and its files (21 messages, 20 files)")
        assert under == [500]
    assert {"turns", "entries", "files", "said", "below", "inbox"} <= set(slices)


async def test_from_the_confirm_on_nothing_of_it_is_used_and_what_is_written_meanwhile_stays(store, monkeypatch):
    gate, whole = asyncio.Event(), Forgetting.work

    async def held(self, job):
        await gate.wait()
        return await whole(self, job)

    monkeypatch.setattr(Forgetting, "work", held)
    async with running_desk(store, reconcile=False) as desk:
        before = await fill(desk)
        await forget_it(desk)
        await desk.say("/retry")
        assert "nothing to ask again yet" in (await desk.said())[-1]
        failed = await store.pool.fetchval("UPDATE turns SET state = 'failed' WHERE text = 'secret 3' RETURNING id")
        assert await press(desk, f"re:{failed}") == keys.again_whole("en")
        assert await store.turns.count_queued(before.id) == 0
        await desk.say("kept")
        now = await store.threads.by_id(before.id)
        assert now.session_id != before.session_id
        assert await count_lines(store, now.session_id) == 0
        gate.set()
        await desk.worked()
        assert [turn.text for turn in await store.turns.queued(now.id)] == ["kept"]
        assert await count(store) == {}
        kept = await store.pool.fetch("SELECT text FROM messages WHERE thread_id = $1", now.id)
        assert [row["text"] for row in kept] == ["kept"]


async def test_a_slice_that_must_wait_holds_up_no_message_of_its_own_chat(store, dsn):
    async with running_desk(store, reconcile=False) as desk:
        thread = await fill(desk)
        other = await asyncpg.connect(dsn)
        async with other.transaction():
            await other.execute("SELECT 1 FROM files FOR UPDATE")
            await forget_it(desk)

            async def waits():
                return await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

            await eventually(waits)
            await desk.say("meanwhile")
            await desk.say("hello", chat=ADMIN, user=ADMIN)
            assert await store.turns.count_queued(thread.id) == 1
        await other.close()
        await desk.worked()


async def test_a_long_export_holds_no_transaction_and_no_slot(store, monkeypatch):
    gate, whole = asyncio.Event(), HistoryQueries._results

    async def slow(self, *args):
        await gate.wait()
        async for item in whole(self, *args):
            yield item

    monkeypatch.setattr(HistoryQueries, "_results", slow)
    async with running_desk(store, reconcile=False) as desk:
        await fill(desk)
        await desk.take(*(message("/export") for _ in range(8)))
        await desk.settled()
        await desk.say("hello")
        idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in tra%'"
        assert await store.pool.fetchval(idle) == 0
        assert await store.jobs.due_threads(5) != []
        gate.set()
        await desk.worked()
        said = await desk.said()
        assert len([text for text in said if text.startswith("The history of this conversation: ")]) == 1
        assert said.count(keys.export_waits("en")) == 7


async def test_work_that_fails_for_good_is_told_and_holds_up_no_other(store, monkeypatch):
    monkeypatch.setattr(worker, "TRIES", 2)

    async def fail(_self, _job):
        raise KeyError("contents")

    monkeypatch.setattr(Exporting, "work", fail)
    async with running_desk(store, reconcile=False) as desk:
        await fill(desk)
        await desk.say("/export")
        await desk.worked()
        told = [text for text in await desk.said() if "didn't work out" in text]
        assert len(told) == 1
        assert await store.pool.fetchval("SELECT state FROM jobs WHERE kind = 'export'") == "failed"
        await forget_it(desk)
        await desk.worked()
        assert (await desk.said())[-1].startswith("Deleted: ")


async def test_what_was_asked_for_twice_by_one_update_is_done_once(store):
    async with running_desk(store, reconcile=False) as desk:
        thread = await fill(desk)
        async with store.transaction() as tx:
            for _ in range(2):
                await tx.jobs.add(JobKind.EXPORT, "export:1", thread.id, thread.address, None)
        await desk.worked()
        assert await store.pool.fetchval("SELECT count(*) FROM jobs") == 1
