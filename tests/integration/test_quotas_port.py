"""Hostile pods at the runners' port: each limit is kept, and told to the agent, the chat and the metrics by its name."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import json
from pathlib import Path

import pytest
from aiohttp import ClientError

from agent_contract import names, wire
from agent_contract.agentclass import AgentClass
from agent_gateway.metrics import LIMITS
from agent_gateway.quotas import MIB, Quotas
from agent_gateway.runners.streams import READ_SECONDS, Streams
from agent_gateway.store.rows import TurnState
from agent_gateway.wording import keys
from tests.support.childruns import start_child
from tests.support.eventually import PATIENCE, eventually
from tests.support.runners import bearer, running_port
from tests.support.stored import count_lines

pytestmark = pytest.mark.postgres


@contextlib.asynccontextmanager
async def started(store, **more):
    """Yield a port, and a thread with a running turn."""
    async with running_port(store, **more) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        turn = await port.make_turn(thread)
        runner = await port.join()
        await store.turns.deliver_next(thread.id, 1)
        await port.deps.registry.link(thread.id).send_turn(await store.turns.running(thread.id))
        await runner.get(wire.Turn)
        yield port, thread, turn, runner


def refusals(limit):
    return LIMITS.labels(limit)._value.get()


async def put(port, path, data, token="token-1", **query):
    body = io.BytesIO(data) if isinstance(data, bytes) else data
    async with port.session.put(port.url + path, params=query, data=body, headers=bearer(token)) as answer:
        return answer.status, (await answer.json())["error"]["message"] if answer.status != 204 else ""


def line(number, size=1000):
    parent = f"e{number - 1}" if number else None
    return json.dumps({"id": f"e{number}", "parentId": parent, "x": "x" * size})


async def said(store):
    return [row["text"] for row in await store.pool.fetch("SELECT text FROM outbox ORDER BY id")]


async def test_an_answer_that_stores_too_much_ends_in_words_and_the_next_begins_before_it(store):
    before = refusals("session-turn")
    async with started(store, quotas=Quotas(turn=10_000)) as (port, thread, turn, runner):
        await runner.event(1, turn.id, wire.TurnStarted())
        await runner.event(2, turn.id, wire.Text(message=0, offset=0, text="Half of it"))
        for number in range(3, 20):
            await runner.send(wire.Entries(seq=number, lines=[line(number)]))
        refused = await runner.get(wire.Refused)
        assert "limit: session-turn" in refused.reason
        ended = await store.turns.by_id(turn.id)
        assert (ended.state, ended.reason) == (TurnState.FAILED, "limit")
        [words] = await said(store)
        assert words.startswith("Half of it")
        assert "more of my memory than one may (10 kB)" in words
        assert await count_lines(store, thread.session_id) == 8  # of 1.2 kB, with what their rows take
        assert refusals("session-turn") == before + 1
        following = await port.make_turn(thread, update=2, text="go on")
        told = await port.deps.notes.add(thread, 2, following)
        assert told.text.startswith("[Your answer before this was ended by a limit")


async def test_copies_over_a_turns_sub_agents_are_refused_before_they_are_sent(store):
    async with started(store) as (port, _, _, _):
        port.deps.classes._resources.found_class = AgentClass.model_validate(
            {"spec": {"subAgents": {"maxChildren": 0}}}
        )
        sent = 0

        async def body():
            nonlocal sent
            for _ in range(100):
                sent += 1
                yield b"x" * MIB

        url, query = port.url + names.PATH_WORKSPACE, {"call": "c1"}
        token = bearer("token-1")
        async with port.session.put(url, params=query, data=body(), headers=token, expect100=True) as answer:
            assert (answer.status, sent) == (409, 0)
        assert await store.pool.fetchval("SELECT count(*) FROM workspaces") == 0


async def test_a_body_that_announces_too_much_is_refused_before_it_comes(store):
    async with started(store) as (port, _, turn, _):
        for path, query in ((names.PATH_WORKSPACE, ""), (names.PATH_FILES, f"?turn={turn.id}&call=c1&name=f")):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(port.url.rsplit(":", 1)[1]))
            head = f"PUT {path}{query} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer('token-1')['Authorization']}\r\n"
            writer.write(f"{head}Content-Length: {100 * 10**9}\r\n\r\n".encode() + bytes(1000))
            async with asyncio.timeout(PATIENCE):
                assert b" 413 " in await reader.readline()
            writer.close()
        assert await _count(store, "workspaces", 0)
        assert await _count(store, "files", 0)


async def test_a_hundred_uploads_at_once_are_one_after_the_other(store):
    async with started(store) as (port, _, _, _):
        open_now = most = 0

        async def body():
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            yield b"x" * 10_000
            await asyncio.sleep(0.01)
            open_now -= 1

        places = asyncio.Semaphore(12)  # more connections of one address are cut

        async def upload(number):
            url, query = port.url + names.PATH_WORKSPACE, {"call": f"c{number}"}
            token = bearer("token-1")
            async with (
                places,
                port.session.put(url, params=query, data=body(), headers=token, expect100=True) as answer,
            ):
                return answer.status

        statuses = await asyncio.gather(*(upload(n) for n in range(100)))
        assert set(statuses) <= {204, 409, 429, 503}
        assert most == 1
        assert await store.pool.fetchval("SELECT count(*) FROM workspaces") == statuses.count(204) <= 10


async def test_a_body_that_does_not_come_is_given_up(store):
    async with started(store, streams=Streams(read_seconds=0.2)) as (port, _, _, _):
        hang = asyncio.Event()

        async def body():
            yield b"x" * 2000
            await hang.wait()

        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ClientError):
                status, _ = await put(port, names.PATH_WORKSPACE, body())
                assert status == 408
        hang.set()
        await eventually(lambda: _count(store, "workspaces", 0))
        port.deps.streams._read_seconds = READ_SECONDS
        assert await put(port, names.PATH_WORKSPACE, b"now") == (204, "")


async def _count(store, table, number):
    return await store.pool.fetchval(f"SELECT count(*) FROM {table}") == number  # our own names


@pytest.mark.parametrize("path", [names.PATH_WORKSPACE, names.PATH_SESSION])
async def test_an_answer_that_nobody_reads_is_cut(store, path):
    async with started(store, streams=Streams(write_seconds=0.2)) as (port, thread, _, _):
        assert (await put(port, names.PATH_WORKSPACE, b"x" * (32 << 20)))[0] == 204
        await store.sessions.add_entries(thread, 1, 0, [line(n, MIB) for n in range(31)])
        async with port.session.get(port.url + path, headers=bearer("token-1")) as answer:
            assert answer.status == 200
            free = port.deps.streams._of_run
            await eventually(lambda: not any(free.values()))
            with pytest.raises(ClientError):
                await answer.read()


async def test_what_the_chat_waits_for_is_bounded_and_said_once(store):
    before = refusals("files")
    async with started(store, quotas=Quotas(files=3 * MIB)) as (port, _, turn, _):
        answers = [
            await put(port, names.PATH_FILES, b"x" * 900_000, turn=str(turn.id), call=f"c{n}", name="f")
            for n in range(9)
        ]
        assert [status for status, _ in answers] == [204] * 3 + [409] * 6
        assert "limit: files" in answers[-1][1]
        assert refusals("files") == before + 6
        assert [text for text in await said(store) if text] == [
            "I have more files for you than I can hold at once (3.1 MB). Ask for the rest once these are here."
        ]


async def test_a_sub_agent_keeps_no_files_and_sends_none_unless_its_class_lets_it(store):
    async with started(store) as (port, thread, turn, _):
        own, _ = await start_child(port, thread, turn)
        task = await store.turns.deliver_next(own.id, 1)
        status, words = await put(port, names.PATH_WORKSPACE, b"x", token="token-k1")
        assert (status, "limit: subagent-workspace" in words) == (409, True)
        query = {"turn": str(task.id), "call": "c1", "name": "f"}
        status, words = await put(port, names.PATH_FILES, b"x", token="token-k1", **query)
        assert (status, "limit: subagent-files" in words) == (409, True)
        spec = {"spec": {"subAgents": {"sendFiles": True}}}
        port.deps.classes._resources.found_class = AgentClass.model_validate(spec)
        assert await put(port, names.PATH_FILES, b"x", token="token-k1", **query) == (204, "")


async def test_a_prompt_that_no_frame_holds_fails_in_words_and_is_not_sent_again(store, monkeypatch):
    before = refusals("prompt")
    async with started(store) as (port, thread, turn, runner):
        await runner.event(1, turn.id, wire.TurnSettled())
        await runner.acked(1)
        monkeypatch.setattr("agent_contract.wire.MAX_FRAME_BYTES", 20_000)
        long = await port.make_turn(thread, update=2, text="x" * 30_000)
        await store.turns.deliver_next(thread.id, 1)
        await port.deps.registry.link(thread.id).send_turn(await store.turns.running(thread.id))
        assert (await store.turns.by_id(long.id)).reason == "limit"
        assert (await said(store))[-1].startswith("This message, with all that goes with it, is too long")
        assert refusals("prompt") == before + 1
        await runner.close()
        again = await port.join(ready=True, turns_seen=[turn.id], acked=1)
        assert not [frame for frame in again.frames if isinstance(frame, wire.Turn)]


async def test_files_that_cannot_be_unpacked_twice_are_told_and_kept_aside(store):
    async with running_port(store) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        await port.join()
        assert (await put(port, names.PATH_WORKSPACE, b"no archive"))[0] == 204
        for number in (2, 3):
            await store.runs.end(thread.id, number - 1, "Completed", None)
            await port.make_run(thread, number)
            runner = await port.connect(f"token-{number}")
            await runner.hello(number)
            assert (await runner.get(wire.Welcome)).workspace
            await runner.send(wire.Ready(files_problem="They cannot be unpacked."))
            await eventually(lambda number=number: _count(store, "outbox", number - 1))
        first, second = await said(store)
        assert "They cannot be unpacked." in first
        assert second == keys.room_aside("en")
        await store.runs.end(thread.id, 3, "Completed", None)
        await port.make_run(thread, 4)
        runner = await port.connect("token-4")
        await runner.hello(4)
        assert not (await runner.get(wire.Welcome)).workspace


def read_rss(name="VmRSS"):
    """Return how much memory this process has, or had at most, in bytes."""
    text = Path("/proc/self/status").read_text()
    return int(next(row for row in text.splitlines() if row.startswith(name)).split()[1]) << 10


def begin_measuring():
    """Measure the highest anew; return how much it is now."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return read_rss()


async def test_twenty_five_slow_readers_take_little_memory(store):
    """Each run's session has lines of megabytes, and none of it is read."""
    async with running_port(store) as port, contextlib.AsyncExitStack() as stack:
        threads = []
        for number in range(25):
            thread = await port.make_thread(1000 + number, f"tg-{1000 + number}")
            await port.make_run(thread, 1, f"pod-of-{number}", f"token-of-{number}")
            await port.join(f"token-of-{number}")
            threads.append(thread)
        await store.sessions.add_entries(threads[0], 1, 0, [line(n, 7 * MIB) for n in range(4)])
        await store.pool.execute("UPDATE threads SET session_id = $1", threads[0].session_id)
        before = begin_measuring()
        for number in range(25):
            asked = port.session.get(port.url + names.PATH_SESSION, headers=bearer(f"token-of-{number}"))
            assert (await stack.enter_async_context(asked)).status == 200
        for _ in range(20):  # others are served meanwhile
            assert await store.threads.by_id(threads[0].id) is not None
        assert sum(port.deps.streams._of_run.values()) == 25
        assert read_rss("VmHWM") - before < 64 << 20
