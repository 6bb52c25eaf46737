"""`/export`, on a real Postgres."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.jobs.export import MOST_FILES, Exporting
from agent_gateway.store import history
from agent_gateway.store.jobs import MOST_AN_HOUR, MOST_EXPORTS, JobAsked
from agent_gateway.store.rows import Address, NewSubAgent
from agent_gateway.wording import keys
from tests.conftest import BOT_ID
from tests.integration.test_gateway_settings import ask, begin, end
from tests.support.desk import ADMIN, GROUP, PERSON, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


async def exported(store):
    """Return the files that the outbox has: name, caption and text of each."""
    rows = await store.pool.fetch(
        "SELECT f.id, f.name, f.bytes, o.text FROM outbox o JOIN files f ON f.id = o.file_id ORDER BY o.id"
    )
    found = []
    for row in rows:
        data = b"".join([chunk async for chunk in store.files.stream(row["id"])])
        assert len(data) == row["bytes"]
        found.append((row["name"], row["text"], data.decode()))
    return found


async def test_export_gives_the_history_as_a_file(store):
    async with running_desk(store) as desk:
        assert "no history yet" in (await ask(desk, "/export"))[0]
        thread, turn, _ = await begin(desk, "count the stars")
        child = NewSubAgent(thread, "uid", 1, "call", turn.id, None, "look up", "default", 60, "Empty", 1)
        async with store.transaction() as tx:
            row = await tx.subagents.add(child)
        await store.pool.execute("UPDATE subagents SET state = 'finished', result = 'so many', finished_at = now()")
        await end(desk, turn, "There are **many**.")
        await desk.say("/export")
        await desk.worked()
        ((name, caption, text),) = await exported(store)
        assert (name, caption) == ("tg-42.md", "The history of this conversation: 3 entries.")
        assert text.startswith("# private chat\n\nConversation tg-42, exported ")
        heads = [line.split(" · ")[1] for line in text.split("\n") if line.startswith("## ")]
        assert heads == [f"Person {PERSON}", f"Sub-agent {row.name}", "Agent"]
        assert "Task: look up\n\nso many\n" in text
        assert text.endswith("There are **many**.\n")


async def test_a_long_history_comes_in_several_files_and_loses_nothing(store):
    async with running_desk(store, export_bytes=1_500_000) as desk:
        thread, turn, _ = await begin(desk, "x" * 3000)
        await end(desk, turn, "y" * 3000)
        for number in range(50):
            await store.pool.execute(
                "INSERT INTO messages (thread_id, role, text) VALUES ($1, 'assistant', $2)",
                thread.id,
                f"{number:05}" * 9000,
            )
        await desk.say("/export")
        await desk.worked()
        files = await exported(store)
        assert [name for name, _, _ in files] == ["tg-42.md", "tg-42-2.md"]
        assert files[0][1] == "The history of this conversation: 52 entries, in 2 files."
        whole = "".join(text for _, _, text in files)
        assert all(f"{number:05}" * 9000 in whole for number in range(50))


async def test_one_history_is_written_at_a_time_and_of_each_conversation_once(store, monkeypatch):
    gate, under_way, most = asyncio.Event(), 0, 0
    whole = Exporting.work

    async def slow(self, job):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await gate.wait()
        under_way -= 1
        return await whole(self, job)

    monkeypatch.setattr(Exporting, "work", slow)
    async with running_desk(store) as desk:
        for person in (PERSON, ADMIN):
            await desk.say("hello", chat=person, user=person)
            await desk.say("/export", chat=person, user=person)
        await desk.say("/export")
        assert (await desk.said())[-1] == keys.export_waits("en")
        await eventually(lambda: under_way)
        await desk.say("/forget", chat=GROUP, user=ADMIN)
        gate.set()
        await desk.worked()
        assert most == 1
        assert len(await exported(store)) == 2
        await desk.say("/export")  # the first is not in the chat yet
        assert (await desk.said())[-1] == keys.export_waits("en")
        await store.pool.execute("UPDATE outbox SET state = 'sent'")
        await desk.say("/export")
        await desk.worked()
        assert len(await exported(store)) == 3


async def test_a_conversation_has_only_so_many_histories_within_an_hour(store):
    async with running_desk(store) as desk:
        _, turn, _ = await begin(desk, "hello")
        await end(desk, turn, "there")
        for _ in range(MOST_AN_HOUR + 1):
            await store.pool.execute("UPDATE outbox SET state = 'sent'")
            await desk.say("/export")
            await desk.worked()
        assert len(await exported(store)) == MOST_AN_HOUR
        assert (await desk.said())[-1] == keys.exports_often("en", count=MOST_AN_HOUR)
        await store.pool.execute("UPDATE jobs SET created_at = created_at - interval '2 hours'")
        await desk.say("/export")
        await desk.worked()
        assert len(await exported(store)) == MOST_AN_HOUR + 1


async def test_only_so_many_histories_wait(store):
    async with running_desk(store, reconcile=False) as desk:
        async with store.transaction() as tx:  # one: nothing of it is worked off before all are asked for
            for n in range(MOST_EXPORTS + 1):
                thread = await tx.threads.get_or_create(Address(BOT_ID, 100 + n), f"tg-{100 + n}", "")
                asked = await tx.jobs.add_export(f"export:{n}", thread.id, thread.address, None)
                assert (asked is JobAsked.FULL) is (n == MOST_EXPORTS)
        await desk.worked()


async def test_a_history_that_is_far_too_long_ends_and_says_so(store):
    async with running_desk(store, export_bytes=1_000_000) as desk:
        thread, turn, _ = await begin(desk, "hello")
        await end(desk, turn, "there")
        for number in range(60):
            await store.pool.execute(
                "INSERT INTO messages (thread_id, role, text) VALUES ($1, 'assistant', $2)",
                thread.id, f"{number:05}" * 20_000,
            )  # fmt: skip
        await desk.say("/export")
        await desk.worked()
        files = await exported(store)
        assert len(files) == MOST_FILES
        assert files[0][1].endswith(keys.export_cut("en"))


async def test_a_history_is_read_in_pages_of_few_bytes_and_in_order(store, monkeypatch):
    monkeypatch.setattr(history, "PAGE_BYTES", 10_000)
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(Address(BOT_ID, PERSON), "tg-42", "")
    pages = []
    whole = store.rows

    async def rows(name, *args):
        found = await whole(name, *args)
        if name.startswith("history_"):
            pages.append(sum(len(row["text"]) for row in found))
        return found

    monkeypatch.setattr(store, "rows", rows)
    for number in range(12):
        await store.pool.execute(
            "INSERT INTO messages (thread_id, role, text) VALUES ($1, 'user', $2)", thread.id, str(number) * 4000
        )
    said = [item.text[0] async for item in store.history.read(thread.id)]
    assert said == [str(number)[0] for number in range(12)]
    assert max(pages) <= 10_000 + 8000
