"""Bytes are reserved before they are written, whoever asks at the same moment, and given back however it ends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from agent_gateway.quotas import MIB, Limit, OverQuota, Quotas
from agent_gateway.store.files import NewFile
from agent_gateway.store.purges import PURGES, purge_slice
from agent_gateway.store.quotas import LINE_BYTES
from agent_gateway.store.rows import NewSubAgent
from agent_gateway.store.workspaces import CopyCall
from tests.support.eventually import eventually
from tests.support.stored import count_lines, make_thread, make_turn

pytestmark = pytest.mark.postgres
WIDE = Quotas(copies=1 << 40, files=1 << 40)


async def make_run(store, thread, number=1):
    await store.runs.want(thread.id, number, "uid-1")
    await store.runs.accept_hello(thread.id, number, "pod", "uid-pod", "job")


async def make_child(store, parent, turn, call="c1", depth=1):
    new = NewSubAgent(
        parent=parent, parent_uid="u", parent_run=1, call_id=call, turn_id=turn.id, reply_to=None, task="t",
        class_name="default", timeout=60, workspace="Copy", depth=depth,
    )  # fmt: skip
    async with store.transaction() as tx:
        child = await tx.subagents.add(new)
    return await store.threads.by_id(child.thread_id)


def line(number, size=1000 - LINE_BYTES):
    text = json.dumps({"id": f"e{number}", "parentId": f"e{number - 1}", "x": ""})
    return text[:-2] + "x" * (size - len(text)) + '"}'


async def add(store, thread, numbers, quotas, run=1, turn=None):
    await store.sessions.add_entries(thread, run, 0, [line(n) for n in numbers], turn, quotas)


async def count(store, thread):
    return await count_lines(store, thread.session_id)


@pytest.mark.parametrize(
    ("quotas", "limit"),
    [
        (Quotas(turn=5000), Limit.SESSION_TURN),
        (Quotas(run=5000), Limit.SESSION_RUN),
        (Quotas(session=5000), Limit.SESSION),
        (Quotas(sessions=5000), Limit.SESSIONS),
    ],
)
async def test_each_limit_of_session_lines_is_kept_to_the_byte(store, quotas, limit):
    thread = await make_thread(store)
    await make_run(store, thread)
    await add(store, thread, range(5), quotas)
    with pytest.raises(OverQuota) as refused:
        await add(store, thread, [5], quotas)
    assert (refused.value.limit, str(limit) in str(refused.value)) == (limit, True)
    assert await count(store, thread) == 5
    await add(store, thread, range(5), quotas)  # they are known: none is stored
    with pytest.raises(OverQuota):
        await add(store, thread, [0, 5], quotas)


async def test_many_short_lines_count_for_what_they_take(store):
    thread = await make_thread(store)
    await make_run(store, thread)
    short = [json.dumps({"id": str(n)}) for n in range(1000)]
    with pytest.raises(OverQuota):
        await store.sessions.add_entries(thread, 1, 0, short, None, Quotas(turn=100_000))


async def test_another_turn_run_and_session_begin_at_nothing(store):
    thread, quotas = await make_thread(store), Quotas(turn=3000, run=6000, session=12_000)
    turns = [(await make_turn(store, thread, update=n)).id for n in range(4)]
    await make_run(store, thread)
    await add(store, thread, range(3), quotas, turn=turns[0])
    await add(store, thread, range(3, 6), quotas, turn=turns[1])
    with pytest.raises(OverQuota, match="session-run"):
        await add(store, thread, [6], quotas, turn=turns[2])
    await store.runs.end(thread.id, 1, "Completed", None)
    await make_run(store, thread, 2)
    await add(store, thread, range(6, 9), quotas, run=2, turn=turns[2])
    await add(store, thread, range(9, 12), quotas, run=2, turn=turns[3])
    await store.runs.end(thread.id, 2, "Completed", None)
    await make_run(store, thread, 3)
    with pytest.raises(OverQuota, match="limit: session\\)"):
        await add(store, thread, [12], quotas, run=3)
    async with store.transaction() as tx:
        await tx.threads.begin_session(thread.id)
    fresh = await store.threads.by_id(thread.id)
    await add(store, fresh, [12], quotas, run=3)
    with pytest.raises(OverQuota, match="limit: sessions"):
        await add(store, fresh, [13], replace(quotas, sessions=13_500), run=3)


async def test_a_hundred_at_once_pass_no_limit(store):
    thread, quotas = await make_thread(store), Quotas(session=20_000)
    await make_run(store, thread)
    done = await asyncio.gather(*(add(store, thread, [n], quotas) for n in range(100)), return_exceptions=True)
    assert sum(found is None for found in done) == 20
    assert {type(found) for found in done} == {type(None), OverQuota}
    assert await count(store, thread) == 20


async def test_what_is_not_counted_is_counted_from_the_lines_themselves(store):
    thread, quotas = await make_thread(store), Quotas(session=5000)
    await make_run(store, thread)
    await add(store, thread, range(5), quotas)
    await store.pool.execute("UPDATE quotas SET session_bytes = 0, updated_at = now() - interval '25 hours'")
    await purge_slice(store, next(purge for purge in PURGES if purge.query == "purge_quotas"))
    with pytest.raises(OverQuota):
        await add(store, thread, [5], quotas)


async def test_lines_of_sub_agents_count_for_their_conversation(store):
    thread, quotas = await make_thread(store), Quotas(sessions=5000)
    turn = await make_turn(store, thread)
    await make_run(store, thread)
    await store.turns.deliver_next(thread.id, 1)
    child = await make_child(store, thread, turn)
    below = await make_child(store, child, await store.turns.next(child.id), depth=2)
    await add(store, thread, range(2), quotas)
    await add(store, child, range(2), quotas)
    await add(store, below, range(1), quotas)
    for whose in (thread, child, below):
        with pytest.raises(OverQuota, match="limit: sessions"):
            await add(store, whose, [9], quotas)
    async with store.transaction() as tx:
        await tx.history.forget_below(thread.id, 0, 10)
    await add(store, thread, [9], quotas)


async def chunks(size, parts=1):
    for _ in range(parts):
        yield b"x" * size


async def test_a_hundred_copies_at_once_pass_neither_places_nor_bytes(store):
    thread = await make_thread(store)
    await make_turn(store, thread)
    await make_run(store, thread)
    await store.turns.deliver_next(thread.id, 1)

    async def copy(number, quotas, most):
        call = CopyCall(f"c{number}", most, "no more")
        try:
            await store.workspaces.save(thread.id, 1, call, chunks(300_000, 5), quotas)
        except OverQuota as over:
            return over.limit
        return None

    done = await asyncio.gather(*(copy(n, WIDE, 7) for n in range(100)))
    assert (done.count(None), done.count(Limit.CHILDREN)) == (7, 93)
    await store.pool.execute("DELETE FROM workspaces")
    done = await asyncio.gather(*(copy(n, replace(WIDE, copies=20 * MIB), 100) for n in range(100)))
    held, whole = await store.pool.fetchrow("SELECT sum(held), sum(bytes) FROM workspaces")
    assert held == whole == done.count(None) * 1_500_000 <= 20 * MIB
    assert set(done) == {None, Limit.COPIES}
    assert done.count(None) >= 5


async def test_a_hundred_files_at_once_pass_neither_number_nor_bytes(store):
    thread = await make_thread(store)

    async def send(number, quotas):
        new = NewFile(thread.id, thread.address, "f", "text/plain", "", f"k{number}", None)
        try:
            await store.files.save(new, chunks(100_000, 3), quotas)
        except OverQuota as over:
            return over.limit
        return None

    done = await asyncio.gather(*(send(n, WIDE) for n in range(100)))
    assert (done.count(None), done.count(Limit.FILES_WAITING)) == (20, 80)
    for row in await store.outbox.claim(()):
        await store.outbox.sent(row.id)
    await store.pool.execute("UPDATE outbox SET state = 'sent'")
    done = await asyncio.gather(*(send(n, replace(WIDE, files=12 * MIB)) for n in range(200, 300)))
    assert set(done) == {None, Limit.FILES}
    assert await store.pool.fetchval("SELECT sum(held) FROM files") <= 12 * MIB


async def test_what_broke_off_holds_nothing(store):
    thread = await make_thread(store)
    await make_run(store, thread)

    async def breaks():
        yield b"x" * MIB
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.workspaces.save(thread.id, 1, None, breaks())
    assert await store.pool.fetchval("SELECT count(*) FROM workspaces") == 0
    # a process that was killed in between leaves its row, which is purged
    await store.pool.execute(
        "INSERT INTO workspaces (thread_id, run, call_id, root_id, held, created_at)"
        " VALUES ($1, 1, 'c', $1, 5000000, now() - interval '2 hours')", thread.id,
    )  # fmt: skip
    await purge_slice(store, next(purge for purge in PURGES if purge.query == "purge_loose_workspaces"))
    assert await store.pool.fetchval("SELECT COALESCE(sum(held), 0) FROM workspaces") == 0


async def test_a_nearly_full_database_takes_the_files_of_runs_last(store):
    thread = await make_thread(store)
    await make_run(store, thread)
    used = await store.quotas.used()
    quotas = Quotas(database=int((used + MIB) / 0.95))  # what comes first is between the two bounds
    new = NewFile(thread.id, thread.address, "f", "text/plain", "", "k", None)
    with pytest.raises(OverQuota, match="limit: database"):
        await store.files.save(new, chunks(100), quotas)
    await store.workspaces.save(thread.id, 1, None, chunks(100), quotas)
    with pytest.raises(OverQuota, match="limit: database"):
        await store.workspaces.save(thread.id, 1, None, chunks(1 << 20, 64), quotas)
    assert await store.pool.fetchval("SELECT sum(bytes) FROM workspaces") == 100


async def test_what_was_replaced_is_not_counted_for_ever(store):
    thread = await make_thread(store)
    await make_run(store, thread)
    before = await store.quotas.used()
    for _ in range(6):
        await store.workspaces.save(thread.id, 1, None, chunks(1 << 20, 8))

    async def is_cleaned():  # what was deleted is counted with a delay, as autovacuum finds it too
        await store.pool.execute("VACUUM workspace_chunks")
        return 16 * MIB <= await store.quotas.used() - before < 18 * MIB  # the newest two, not all six

    await eventually(is_cleaned)


async def test_files_that_two_runs_could_not_unpack_are_kept_aside(store):
    thread = await make_thread(store)
    for number in (1, 2):
        await store.workspaces.save(thread.id, number, None, chunks(number))
    assert not await store.workspaces.note_failed(thread.id, 3)
    assert not await store.workspaces.note_failed(thread.id, 3)  # told again
    assert (await store.workspaces.of(thread, None)).run == 2
    assert await store.workspaces.note_failed(thread.id, 4)
    assert not await store.workspaces.note_failed(thread.id, 4)  # told again
    assert not await store.workspaces.note_failed(thread.id, 5)
    assert (await store.workspaces.of(thread, None)).run == 1
    await store.workspaces.save(thread.id, 5, None, chunks(5))
    await store.workspaces.save(thread.id, 6, None, chunks(6))
    assert [row["run"] for row in await store.pool.fetch("SELECT run FROM workspaces ORDER BY id")] == [2, 5, 6]
    await store.pool.execute("UPDATE workspaces SET created_at = now() - interval '15 days' WHERE run = 2")
    await purge_slice(store, next(purge for purge in PURGES if purge.query == "purge_old_workspaces"))
    assert [row["run"] for row in await store.pool.fetch("SELECT run FROM workspaces ORDER BY id")] == [5, 6]


async def test_long_lines_are_read_in_pieces(store):
    thread = await make_thread(store)
    await make_run(store, thread)
    long = json.dumps({"id": "e1", "parentId": "e0", "x": "é😀" * 400_000}, ensure_ascii=False)
    lines = [line(0), long, line(2), line(3, 300_000)]
    await store.sessions.add_entries(thread, 1, 0, lines)
    start = await store.starts.find(thread, 1)
    pieces = [piece async for piece in store.starts.stream(thread.session_id, start)]
    assert b"".join(pieces) == ("\n".join(lines) + "\n").encode()
    assert max(map(len, pieces)) <= 512 << 10
