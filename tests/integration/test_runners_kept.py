"""Kept states at the runners' port: stored once, bounded, and of whoever has the run; what is hostile is refused with words."""

from __future__ import annotations

import hashlib
import io
import json
import os

import pytest
from aiohttp import ClientError

from agent_contract import names, wire
from agent_contract.agentclass import AgentClass
from agent_contract.keptfiles import STATE_TYPE, Entry, encode_entries
from agent_gateway.quotas import OverQuota, Quotas
from agent_gateway.store.kept import MOST_STATES, NewState
from agent_gateway.store.purges import Purge, purge_slice
from agent_gateway.store.rows import Address
from tests.conftest import BOT_ID
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres
MIB = 1 << 20
ADDRESS = Address(BOT_ID, 1)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def state(packs=(), whole=None, entries=(), **more):
    head = {"whole": whole, "packs": list(packs), "files": len(entries), "size": 0, "over": [], "overCount": 0, **more}
    return json.dumps(head).encode() + b"\n" + encode_entries(entries)


async def begin(port, *, turns=0):
    thread = await port.make_thread()
    await port.make_run(thread)
    await port.join(states=True)
    found = []
    for number in range(turns):
        found.append(await port.make_turn(thread, update=number + 1))
        await port.store.turns.deliver_next(thread.id, 1)
        await port.store.pool.execute("UPDATE turns SET state = 'done', run = 1 WHERE id = $1", found[-1].id)
    return thread, [turn.id for turn in found]


async def put(port, path, data, **query):
    url, headers = port.url + path, bearer("token-1")
    async with port.session.put(url, params=query, data=io.BytesIO(data), headers=headers, expect100=True) as response:
        body = await response.json() if response.content_type == "application/json" else {}
        return response.status, body.get("missing") or body.get("error", {}).get("message", "")


async def put_pack(port, data, name=None):
    return await put(port, f"{names.PATH_PACKS}/{name or sha(data)}", data)


async def put_state(port, body, turn=0, **query):
    return await put(port, names.PATH_STATES, body, turn=str(turn), **query)


async def get(port, accept=STATE_TYPE):
    headers = {**bearer("token-1"), "Accept": accept}
    async with port.session.get(port.url + names.PATH_WORKSPACE, headers=headers) as response:
        return response.status, response.content_type, await response.read()


def read_frames(data):
    """Return the parts of a state."""
    frames, source = [], io.BytesIO(data)
    while line := source.readline():
        about = json.loads(line)
        frames.append((about["type"], about.get("id"), source.read(about["bytes"])))
    return frames


def set_class(port, **workspace):
    spec = {"workspace": workspace, "subAgents": {"maxChildren": 2}}
    port.deps.classes._resources.found_class = AgentClass.model_validate({"spec": spec})


async def count(port, table, where="true"):
    return await port.store.pool.fetchval(f"SELECT count(*) FROM {table} WHERE {where}")


async def test_a_state_comes_back_with_its_parts(port):
    thread, [turn] = await begin(port, turns=1)
    whole, first, second = encode_entries([Entry("d", "workspace/d", 0o755)]), os.urandom(3 * MIB), b"small"
    for data in (whole, first, second):
        assert await put_pack(port, data) == (204, "")
    body = state([sha(first), sha(second)], sha(whole))
    assert await put_state(port, body, turn) == (204, "")
    status, kind, data = await get(port)
    assert (status, kind) == (200, STATE_TYPE)
    kinds, ids, parts = zip(*read_frames(data), strict=True)
    assert kinds == ("state", "pack", "pack", "pack", "end")
    assert (parts[0], parts[1]) == (body, whole)
    assert dict(zip(ids[2:4], parts[2:4], strict=True)) == {sha(first): first, sha(second): second}
    assert await port.store.pool.fetchrow("SELECT files, kept_turn FROM runs WHERE thread_id = $1", thread.id) == (
        "kept",
        turn,
    )


async def test_what_is_stored_is_not_sent_again(port):
    await begin(port)
    data = os.urandom(100_000)
    assert await put_pack(port, data) == (204, "")
    asked = 0

    async def body():
        nonlocal asked
        asked += 1
        yield data

    url = f"{port.url}{names.PATH_PACKS}/{sha(data)}"
    async with port.session.put(url, data=body(), headers=bearer("token-1"), expect100=True) as answer:
        assert (answer.status, asked) == (204, 0)
    assert await count(port, "kept_packs") == 1


async def test_bytes_that_are_not_what_they_are_named_are_refused(port):
    await begin(port)
    status, words = await put_pack(port, b"one", sha(b"another"))
    assert (status, words) == (400, "These bytes do not have the hash that they are named by.")
    assert await count(port, "kept_packs") == 0
    assert await port.store.pool.fetchval("SELECT sum(bytes) FROM kept_rooms") == 0


@pytest.mark.parametrize(
    "body",
    [
        b"no state",
        b"{}\n",
        b'{"packs":["x"],"files":0,"size":0}\n',
        b'{"packs":[],"files":-1,"size":0}\n',
        b'{"packs":[],"files":0,"size":1e400}\n',
        b'{"packs":"' + b"a" * 300_000 + b'"}\n',
        b"[" * 100_000 + b"\n",
    ],
)
async def test_what_is_no_state_is_refused(port, body):
    await begin(port)
    status, words = await put_state(port, body)
    assert (status, words) == (400, "What is said of the kept files is broken.")
    assert await count(port, "kept_states") == 0


async def test_a_state_before_its_parts_names_those_that_are_missing(port):
    await begin(port)
    await put_pack(port, b"there")
    assert await put_state(port, state([sha(b"there"), sha(b"late")])) == (200, [sha(b"late")])
    assert await count(port, "kept_states") == 0
    await put_pack(port, b"late")
    assert await put_state(port, state([sha(b"there"), sha(b"late")])) == (204, "")


async def test_parts_and_turns_of_another_conversation_are_none_of_this_run(port):
    await begin(port)
    other = await port.make_thread(43, "tg-43")
    turn = await port.make_turn(other, update=9)
    async with port.store.transaction() as tx:
        await tx.value("begin_pack", other.id, 1, bytes.fromhex(sha(b"its")), 3)
        await tx.execute("finish_pack", 1, 3)
    assert await put_state(port, state([sha(b"its")])) == (200, [sha(b"its")])
    assert await put_state(port, state(), turn.id) == (404, "No such turn is this run's.")


async def test_one_state_of_each_turn_stays_and_twenty_in_all(port):
    thread, turns = await begin(port, turns=MOST_STATES + 3)
    port.deps.states._rate = port.deps.packs._rate
    for number, turn in enumerate(turns):
        for again in range(2):
            data = b"%d %d" % (number, again)
            await put_pack(port, data)
            assert await put_state(port, state([sha(data)]), turn) == (204, "")
    states = await port.store.kept.list_states(thread.id)
    assert [found.turn_id for found in states] == turns[:2:-1]
    assert await count(port, "kept_packs", "loose_at IS NULL") == MOST_STATES
    await purge_slice(port.store, Purge("purge_kept_packs", 3600))
    assert await count(port, "kept_packs") == MOST_STATES


async def test_earlier_states_give_way_where_there_is_no_room(port):
    thread, turns = await begin(port, turns=6)
    set_class(port, snapshotLimit="4Mi")
    for turn in turns:
        data = os.urandom(3 * MIB)
        assert await put_pack(port, data) == (204, "")
        assert await put_state(port, state([sha(data)]), turn) == (204, "")
    assert [found.turn_id for found in await port.store.kept.list_states(thread.id)] == turns[:3:-1]
    assert await port.store.pool.fetchval("SELECT bytes FROM kept_rooms") == 6 * MIB


async def test_parts_that_nothing_names_are_bounded_and_go_after_an_hour(port):
    thread, _ = await begin(port)
    set_class(port, snapshotLimit="2Mi")
    statuses = [(await put_pack(port, os.urandom(MIB)))[0] for _ in range(6)]
    assert statuses == [204, 204, 204, 204, 409, 409]
    await purge_slice(port.store, Purge("purge_kept_packs", 3600))
    assert await count(port, "kept_packs") == 4
    await port.store.pool.execute("UPDATE kept_packs SET loose_at = now() - interval '61 minutes'")
    await purge_slice(port.store, Purge("purge_kept_packs", 3600))
    assert await count(port, "kept_packs") == 0
    assert await port.store.pool.fetchval("SELECT bytes FROM kept_rooms WHERE thread_id = $1", thread.id) == 0


async def test_a_full_database_takes_no_parts(store):
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(ADDRESS, "tg-1", "t")

    async def chunks():
        yield bytes(MIB)

    with pytest.raises(OverQuota, match="limit: database"):
        await store.kept.save_pack(thread.id, 1, sha(bytes(MIB)), chunks(), 1 << 40, Quotas(database=1))
    assert await store.pool.fetchval("SELECT count(*) FROM kept_packs") == 0


async def test_a_runner_of_an_earlier_release_is_refused_where_it_would_lose_files(port):
    await begin(port)
    assert await put_state(port, state()) == (204, "")
    runner = await port.connect()
    await runner.hello()
    refused = await runner.get(wire.Refused)
    assert "use a runner image of the gateway's release" in refused.reason


async def test_what_an_earlier_release_packed_is_given_until_a_state_is_stored(port):
    thread, _ = await begin(port)

    async def chunks():
        yield b"packed"

    await port.store.workspaces.save(thread.id, 1, None, chunks())
    assert await get(port) == (200, "application/zstd", b"packed")
    assert await put_state(port, state()) == (204, "")
    assert (await get(port))[1] == STATE_TYPE


async def test_a_state_that_two_runs_cannot_write_is_kept_aside_with_those_that_share_its_parts(port):
    thread, [first, second, third] = await begin(port, turns=3)
    for turn, packs in ((first, [b"a"]), (second, [b"b"]), (third, [b"b", b"c"])):
        for data in packs:
            await put_pack(port, data)
        await put_state(port, state([sha(data) for data in packs]), turn)
    assert await port.store.kept.note_failed(thread.id, 2) is False
    assert await port.store.kept.note_failed(thread.id, 2) is False  # told again it counts once
    assert (await port.store.kept.of(thread, None)).turn_id == third
    assert await port.store.kept.note_failed(thread.id, 3) is True
    assert (await port.store.kept.of(thread, None)).turn_id == first
    assert await port.store.kept.note_failed(thread.id, 3) is False  # told again it is no fault of the one before
    assert await port.store.kept.note_failed(thread.id, 4) is False
    assert (await port.store.kept.of(thread, None)).turn_id == first


async def test_a_sub_agent_begins_with_its_copy_and_takes_its_slot(port):
    thread, _ = await begin(port)
    set_class(port)
    assert await put_state(port, state(), call="c0") == (409, "The turn that asks is over.")
    turn = await port.make_turn(thread, update=50)
    await port.store.turns.deliver_next(thread.id, 1)
    for number in range(2):
        assert await put_state(port, state(), turn.id, call=f"c{number}") == (204, "")
    status, words = await put_state(port, state(), turn.id, call="c2")
    assert (status, "2 sub-agents were started" in words) == (409, True)
    assert await put_state(port, state(), turn.id, call="c1") == (204, "")  # only the answer to it was lost
    assert await port.store.kept.list_states(thread.id) == []
    await port.store.pool.execute("UPDATE kept_states SET created_at = now() - interval '61 minutes'")
    await purge_slice(port.store, Purge("purge_copied_states", 3600))
    assert await count(port, "kept_states") == 0


async def test_what_a_run_of_before_forget_sends_is_not_begun_with(port):
    thread, _ = await begin(port)
    await put_pack(port, b"secret")
    assert await put_state(port, state([sha(b"secret")])) == (204, "")
    await port.store.pool.execute("UPDATE threads SET forgotten_run = 1 WHERE id = $1", thread.id)
    assert await put_state(port, state([sha(b"secret")])) == (204, "")
    assert await port.store.kept.of(thread, None) is None
    async with port.store.transaction() as tx:
        assert await tx.history.forget_workspaces(thread.id, 4) == 2
    assert (await count(port, "kept_states"), await count(port, "kept_packs")) == (0, 0)


async def test_a_state_whose_part_goes_while_it_is_read_is_cut_off(port):
    await begin(port)
    data = os.urandom(12 * MIB)
    await put_pack(port, data)
    await put_state(port, state([sha(data)]))
    headers = {**bearer("token-1"), "Accept": STATE_TYPE}
    async with port.session.get(port.url + names.PATH_WORKSPACE, headers=headers) as response:
        await port.store.pool.execute("DELETE FROM kept_packs")
        with pytest.raises(ClientError):
            await response.read()


async def test_the_newest_state_stays_and_older_ones_two_weeks(port):
    thread, [first, second] = await begin(port, turns=2)
    for turn in (first, second):
        await put_pack(port, b"%d" % turn)
        await put_state(port, state([sha(b"%d" % turn)]), turn)
    await port.store.pool.execute("UPDATE kept_states SET created_at = now() - interval '15 days'")
    await purge_slice(port.store, Purge("purge_kept_states", 3600))
    assert [found.turn_id for found in await port.store.kept.list_states(thread.id)] == [second]
    await purge_slice(port.store, Purge("purge_kept_packs", 3600))
    assert await count(port, "kept_packs") == 1


async def test_states_sent_again_and_again_are_slowed_down(port):
    port.deps.states._clock = lambda: 0.0
    await begin(port)
    statuses = [(await put_state(port, b""))[0] for _ in range(25)]
    assert statuses[:20] == [204] * 20
    assert statuses[20:] == [503] * 5


async def test_a_turn_that_changed_nothing_is_kept_up_to(store):
    async def none():
        return
        yield b""

    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(ADDRESS, "tg-1", "t")
    await store.runs.want(thread.id, 1, "uid")
    assert await store.kept.save_state(thread.id, 1, 5, NewState(None, (), b"{}\n", 0, 0, 0)) == []
    await store.kept.note_same(thread.id, 1, 7)
    assert await store.pool.fetchval("SELECT kept_turn FROM runs") == 7
