"""What a run begins its session with, and pictures beside the lines, on a real Postgres."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
from dataclasses import replace

import pytest

from agent_gateway.quotas import MIB, OverQuota, Quotas
from agent_gateway.store.lines import LEFT_OUT
from agent_gateway.store.purges import PURGES, purge_slice
from agent_gateway.store.quotas import LINE_BYTES
from agent_gateway.store.walk import MOST_PICTURES
from dev.bench.madesessions import MadeSession, make_session
from tests.support.stored import count_lines, make_thread, read_start

pytestmark = pytest.mark.postgres
LEFT = json.loads(LEFT_OUT)


def noise(seed, size=5000):
    return random.Random(seed).randbytes(size)


async def begin(store, number=1, address=None):
    thread = await (make_thread(store) if address is None else make_thread(store, *address))
    await store.runs.want(thread.id, number, "uid-1")
    await store.runs.accept_hello(thread.id, number, "pod", "uid-pod", "job")
    return thread


async def add(store, thread, lines, quotas=Quotas(), run=1, turn=None):  # noqa: B008  # frozen
    await store.sessions.add_entries(thread, run, 0, lines, turn, quotas)


async def make_old(store, thread, lines):
    """Store lines as earlier releases did."""
    for at in range(0, len(lines), 20):
        page = lines[at : at + 20]
        await store.pool.execute(
            "INSERT INTO session_entries (session_id, ordinal, entry_id, line)"
            " SELECT $1, $2 + n, id, line FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS new (id, line, n)",
            thread.session_id, at, [json.loads(line)["id"] for line in page], page,
        )  # fmt: skip


async def count_pictures(store):
    return await store.pool.fetchval("SELECT count(*) FROM pictures")


async def test_a_session_without_a_compaction_begins_at_its_beginning(store):
    thread, made = await begin(store), make_session(1200)
    await add(store, thread, made.lines)
    assert await read_start(store, thread) == made.lines


@pytest.mark.parametrize("old", [False, True])
async def test_a_start_has_the_last_compaction_and_what_it_keeps(store, old):
    thread, made = await begin(store), make_session(400)
    made.compact(8)
    for _ in range(150):
        made.add_turn()
    made.compact(8)
    begins = len(made.lines) - 9
    for _ in range(3):
        made.add_turn()
    await (make_old if old else add)(store, thread, made.lines)
    expected = made.lines[begins:]
    assert await read_start(store, thread) == expected
    assert await read_start(store, thread) == expected
    assert await count_lines(store, thread.session_id) == len(made.lines)


@pytest.mark.parametrize("old", [False, True])
async def test_the_model_and_its_thinking_are_not_lost_with_what_is_left_out(store, old):
    thread, made = await begin(store), MadeSession()
    made.add("model_change", provider="test", modelId="first")
    made.add("thinking_level_change", thinkingLevel="low")
    made.add("model_change", provider="test", modelId="m")
    for _ in range(10):
        made.add_turn()
    made.compact(4)
    made.add_turn()
    await add(store, thread, made.lines) if not old else await make_old(store, thread, made.lines)
    found = [json.loads(line) for line in await read_start(store, thread)]
    kinds = [entry["type"] for entry in found]
    assert kinds == ["thinking_level_change", "model_change", *["message"] * 4, "compaction", *["message"] * 4]
    assert [entry["id"] for entry in found[:2]] == [made.id_of(1), made.id_of(2)]
    assert [entry["parentId"] for entry in found[:3]] == [None, made.id_of(1), made.id_of(2)]


async def test_a_branch_that_was_left_is_no_part_of_a_start(store):
    thread, made = await begin(store), MadeSession()
    for _ in range(5):
        made.add_turn()
    made.compact(4)
    made.add("custom", parent=7, customType="undone")
    made.add_turn()
    await add(store, thread, made.lines)
    ids = [json.loads(line)["id"] for line in await read_start(store, thread)]
    assert ids == [made.id_of(n) for n in (*range(8), *range(21, 26))]


@pytest.mark.parametrize("old", [False, True])
async def test_pictures_are_stored_once_and_come_back_byte_for_byte(store, old):
    thread, made = await begin(store), MadeSession()
    made.add_turn(noise(1), noise(2))
    made.add_turn(noise(1), noise(3, 900_000))
    made.add_turn(text=400_000)
    await (make_old if old else add)(store, thread, made.lines)
    assert await read_start(store, thread) == made.lines
    rows = await store.pool.fetch("SELECT hash, data FROM pictures ORDER BY id")
    assert [bytes(row["data"]) for row in rows] == [noise(1), noise(2), noise(3, 900_000)]
    assert [row["hash"] for row in rows] == [hashlib.sha256(row["data"]).hexdigest() for row in rows]
    longest = "SELECT max(octet_length(line)) FROM session_entries WHERE line LIKE '%\"image\"%'"
    assert await store.pool.fetchval(longest) < 2000
    assert await read_start(store, thread) == made.lines


async def test_pieces_of_a_start_are_small(store):
    thread, made = await begin(store), MadeSession()
    made.add_turn(noise(1, 3_000_000), text=1_000_000)
    await add(store, thread, made.lines)
    start = await store.starts.find(thread, 1)
    pieces = [piece async for piece in store.starts.stream(thread.session_id, start)]
    assert b"".join(pieces).decode().splitlines() == made.lines
    assert max(map(len, pieces)) <= 512 << 10


async def test_what_the_model_does_not_see_comes_as_words(store):
    thread, made = await begin(store), MadeSession()
    made.add_turn(noise(1), noise(2))
    made.add_turn(noise(3))
    made.add("context_edit", targetId=made.id_of(0), replacement={"content": "left out"})
    await add(store, thread, made.lines)
    lines = await read_start(store, thread)
    assert json.loads(lines[0])["message"]["content"][1:] == [LEFT, LEFT]
    assert lines[1:] == made.lines[1:]


async def test_the_oldest_pictures_of_a_view_that_shows_too_many_come_as_words(store):
    thread, made = await begin(store), MadeSession()
    for number in range(MOST_PICTURES + 5):
        made.add_turn(noise(number))
    await add(store, thread, made.lines)
    lines = await read_start(store, thread)
    shown = [json.loads(line)["message"]["content"][1] for line in lines[::4]]
    assert [block["type"] for block in shown] == ["text"] * 5 + ["image"] * MOST_PICTURES


async def test_a_conversation_that_grew_too_large_to_start_heals_at_its_next_start(store):
    """Its pictures stood in its lines: 53 MB became what pi can open."""
    thread, made = await begin(store), MadeSession()
    for number in range(40):
        made.add_turn(noise(number % 10, 1_000_000 + number))
    await make_old(store, thread, made.lines)
    start = await store.starts.find(thread, 1)
    size = sum([len(piece) async for piece in store.starts.stream(thread.session_id, start)])
    assert size < 20 * MIB
    assert await store.pool.fetchval("SELECT sum(octet_length(line)) FROM session_entries") < MIB
    assert await store.pool.fetchval("SELECT count(*) FROM session_entries WHERE kind IS NULL OR pictures IS NULL") == 0
    quotas = Quotas()
    made.add_turn()
    await add(store, thread, made.lines[-4:], quotas)
    held = await store.pool.fetchval("SELECT sum(octet_length(data) + 200) FROM pictures")
    lines = await store.pool.fetchval("SELECT sum(octet_length(line) + 200) FROM session_entries")
    assert await store.pool.fetchval("SELECT session_bytes FROM quotas") == held + lines


async def test_lines_of_an_older_gateway_among_newer_ones_are_read_too(store):
    thread, made = await begin(store), make_session(100)
    made.compact(4)
    made.add_turn()
    await add(store, thread, made.lines)
    await store.pool.execute(
        "UPDATE session_entries SET kind = NULL, parent_id = NULL, refers = NULL, pictures = NULL WHERE ordinal > 90"
    )
    assert await read_start(store, thread) == made.lines[96:]


async def test_a_picture_counts_once_for_all_limits(store):
    thread, made = await begin(store), MadeSession()
    made.add_turn(noise(1, 9000))
    lines = sum(len(line) + LINE_BYTES for line in made.lines)
    quotas = Quotas(session=lines)
    await add(store, thread, made.lines, quotas)
    used = await store.pool.fetchval("SELECT session_bytes FROM quotas")
    assert 9000 + LINE_BYTES < used < lines  # base64 has a third more
    await add(store, thread, made.lines, Quotas(session=used))  # all of it is known
    again = MadeSession(lines=list(made.lines))
    again.add_turn(noise(1, 9000))
    await add(store, thread, again.lines[4:5], Quotas(session=used + 9000 + LINE_BYTES + 1000))
    assert await store.pool.fetchval("SELECT session_bytes FROM quotas") < used + 1000
    again.add_turn(noise(2, 9000))
    for quotas in (
        Quotas(session=used + 9000),
        Quotas(turn=used + 9000),
        Quotas(run=used + 9000),
        Quotas(sessions=used + 9000),
    ):
        with pytest.raises(OverQuota):
            await add(store, thread, again.lines[8:9], quotas)
    assert await count_pictures(store) == 1
    await store.pool.execute("DELETE FROM quotas")
    await add(store, thread, again.lines[5:6])
    held = await store.pool.fetchval("SELECT sum(octet_length(data) + 200) FROM pictures")
    stored = await store.pool.fetchval("SELECT sum(octet_length(line) + 200) FROM session_entries")
    row = await store.pool.fetchrow("SELECT session_bytes, family_bytes FROM quotas")
    assert tuple(row) == (held + stored, held + stored)


async def test_the_oldest_pictures_of_a_session_go_beyond_a_bound_and_nothing_ends(store):
    thread, made = await begin(store), MadeSession()
    quotas = replace(Quotas(), pictures=50_000, turn=500_000)
    for number in range(20):
        made.add_turn(noise(number, 9000))
        await add(store, thread, made.lines[-4:], quotas, turn=7)
    assert await count_pictures(store) == 5
    held = await store.pool.fetchval("SELECT sum(octet_length(data) + 200) FROM pictures")
    lines = await store.pool.fetchval("SELECT sum(octet_length(line) + 200) FROM session_entries")
    row = await store.pool.fetchrow("SELECT session_bytes, family_bytes, turn_bytes, run_bytes FROM quotas")
    assert row["session_bytes"] == row["family_bytes"] == held + lines
    assert row["turn_bytes"] == row["run_bytes"] == lines + 20 * 9200  # what was written was written
    shown = [json.loads(line)["message"]["content"][1] for line in (await read_start(store, thread))[::4]]
    assert [block["type"] for block in shown] == ["text"] * 15 + ["image"] * 5


async def test_a_picture_of_another_session_is_none_of_ours(store):
    ours, made = await begin(store), MadeSession()
    theirs = await begin(store, address=(replace(ours.address, chat_id=43), "tg-43"))
    made.add_turn(noise(1))
    await add(store, theirs, made.lines)
    name = hashlib.sha256(noise(1)).hexdigest()
    made = MadeSession()
    made.add(
        "message",
        message={
            "role": "user",
            "content": [{"type": "image", "data": f"picture:{name}", "mimeType": "image/png"}] * 50,
        },
    )
    await add(store, ours, made.lines)
    [line] = await read_start(store, ours)
    assert json.loads(line)["message"]["content"] == [LEFT] * 50


async def test_references_that_an_agent_writes_itself_bring_no_more_than_one_view(store):
    thread, made = await begin(store), MadeSession()
    made.add_turn(noise(1))
    name = hashlib.sha256(noise(1)).hexdigest()
    block = {"type": "image", "data": f"picture:{name}", "mimeType": "image/png"}
    made.add("message", message={"role": "user", "content": [block] * 1000})
    await add(store, thread, made.lines)
    text = "\n".join(await read_start(store, thread))
    assert text.count(base64.b64encode(noise(1)).decode()) == MOST_PICTURES


async def test_of_a_forgotten_conversation_no_picture_is_stored(store):
    thread, made = await begin(store), MadeSession()
    made.add_turn(noise(1))
    await make_old(store, thread, made.lines)
    await store.pool.execute("UPDATE threads SET forgotten_run = 1")
    await read_start(store, thread)
    made.add_turn(noise(2))
    await add(store, thread, made.lines)
    assert await count_pictures(store) == 0


async def test_pictures_go_with_the_lines_of_a_sub_agent_that_ended(store):
    thread, made = await begin(store), MadeSession()
    made.add_turn(noise(1))
    await add(store, thread, made.lines)
    await store.pool.execute(
        "INSERT INTO subagents (thread_id, parent_id, parent_run, call_id, number, task, class_name, timeout, workspace, depth,"
        " state, finished_at) VALUES ($1, $1, 1, 'c', 1, 't', 'd', 1, 'Copy', 1, 'finished', now() - interval '31 days')",
        thread.id,
    )  # fmt: skip
    await purge_slice(store, next(purge for purge in PURGES if purge.query == "purge_entries"))
    assert (await count_pictures(store), await count_lines(store, thread.session_id)) == (0, 0)


async def test_starts_at_once_heal_once(store):
    thread, made = await begin(store), MadeSession()
    for number in range(20):
        made.add_turn(noise(number % 3))
    await make_old(store, thread, made.lines)
    found = await asyncio.gather(*(read_start(store, thread) for _ in range(5)))
    assert found == [made.lines] * 5
    assert await count_pictures(store) == 3
