"""Before HTTP: heads, bodies and readers of the runners' port, by source address."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import AsyncExitStack
from dataclasses import replace

import aiohttp
import pytest

from agent_contract import names
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Rate
from agent_gateway.runners.front import DEFAULTS
from tests.support.eventually import eventually
from tests.support.hostile import head, is_cut, open_raw, pauses, pour, read_answer
from tests.support.runners import bearer, running_port

pytestmark = pytest.mark.postgres
QUICK = replace(DEFAULTS, head_seconds=0.3)
CALM = replace(DEFAULTS, head_seconds=2.0)
"""Where something must come in time."""


def refused(limit):
    return LIMITS.labels(limit)._value.get()


@pytest.fixture
async def quick(store):
    async with running_port(store, limits=QUICK) as port:
        yield port


@pytest.fixture
async def calm(store):
    async with running_port(store, limits=CALM) as port:
        yield port


@pytest.mark.parametrize("sent", [b"", b"GET /v1/ses", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "], ids=range(3))
async def test_a_head_that_does_not_come_is_not_waited_for(quick, sent):
    connections = [await open_raw(quick) for _ in range(10)]
    for _, writer in connections:
        writer.write(sent)
    for reader, writer in connections:
        assert await is_cut(reader)
        writer.close()


async def test_nor_is_that_of_the_second_request(calm):
    reader, writer = await open_raw(calm)
    writer.write(head("GET", "/nowhere"))
    assert await read_answer(reader) == 404
    writer.write(b"GET /nowhere HTTP/1.1\r\n")
    assert await is_cut(reader)
    writer.close()


async def test_a_connection_that_waits_between_two_requests_stays(calm):
    reader, writer = await open_raw(calm)
    writer.write(head("GET", "/nowhere"))
    assert await read_answer(reader) == 404
    await asyncio.sleep(2 * CALM.head_seconds)
    writer.write(head("GET", "/nowhere"))
    assert await read_answer(reader) == 404
    writer.close()


async def test_an_answer_that_nobody_reads_is_cut(store):
    async with running_port(store, limits=replace(DEFAULTS, unread_seconds=0.3)) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        await port.join()
        lines = [json.dumps({"id": str(n), "parentId": str(n - 1), "x": "x" * 1_000_000}) for n in range(16)]
        await store.sessions.add_entries(thread, 1, 0, lines)
        _, writer = await open_raw(port)
        writer.write(head("GET", names.PATH_SESSION, "token-1"))
        writer.transport.pause_reading()
        await eventually(lambda: port.deps.flights._of)
        await eventually(lambda: not port.deps.flights._of)
        writer.close()


@pytest.mark.parametrize(
    "path", ["/nowhere", names.PATH_FILES, names.PATH_WORKSPACE, names.PATH_LLM + "/zai/responses"]
)
@pytest.mark.parametrize("token", [None, "wrong", "token-1"])
async def test_nothing_that_a_pod_sends_is_unpacked(port, thread, path, token):
    packed = gzip.compress(b"\0" * (1 << 30 >> 2))
    reader, writer = await open_raw(port)
    length = f"Content-Length: {len(packed)}"
    async with pauses() as stood:
        writer.write(head("PUT", path, token, "Content-Encoding: gzip", length) + packed)
        assert await read_answer(reader) == 415
        assert await is_cut(reader)
    assert stood.longest < 0.5
    writer.close()


@pytest.mark.parametrize("token", [None, "wrong"])
async def test_what_is_denied_is_not_read_to_its_end(port, thread, token):
    reader, writer = await open_raw(port)
    writer.write(head("PUT", names.PATH_WORKSPACE, token, "Content-Length: 200000000"))
    assert await read_answer(reader) == 401
    assert await pour(writer, b"x" * 65536, 200_000_000) < 50_000_000
    writer.close()


async def test_a_known_pod_reads_why_its_body_is_not_taken(port, thread):
    await port.join()
    for path in ("/nowhere", names.PATH_FILES + "?turn=1&call=a"):
        async with port.session.put(port.url + path, data=b"x" * 900_000, headers=bearer("token-1")) as answer:
            assert answer.status == 404


async def test_an_address_has_so_many_connections(store):
    async with running_port(store, limits=replace(DEFAULTS, connections=3)) as port:
        before = refused("connections_address")
        kept = [await open_raw(port) for _ in range(3)]
        for _, writer in kept:
            writer.write(b"GET /v1")
        reader, writer = await open_raw(port)
        assert await is_cut(reader)
        assert refused("connections_address") == before + 1
        for _, one in [*kept, (reader, writer)]:
            one.close()
        await eventually(lambda: not port.deps.front._open)


async def test_an_address_opens_so_many_a_second(store):
    async with running_port(store, limits=replace(DEFAULTS, opened=Rate(0.001, 5))) as port:
        for number in range(8):
            reader, writer = await open_raw(port)
            writer.write(head("GET", "/nowhere", None, "Connection: close"))
            if number < 5:
                assert await read_answer(reader) == 404
            assert await is_cut(reader)
            writer.close()


async def test_all_together_have_so_many_connections(store):
    async with running_port(store, limits=replace(DEFAULTS, by_address=False, all_connections=4)) as port:
        kept = [await open_raw(port) for _ in range(4)]
        reader, writer = await open_raw(port)
        assert await is_cut(reader)
        for _, one in [*kept, (reader, writer)]:
            one.close()


async def test_an_address_asks_so_many_times_a_second(store):
    async with running_port(store, limits=replace(DEFAULTS, requests=Rate(0.001, 5))) as port:
        found = []
        for _ in range(8):
            async with port.session.get(port.url + "/nowhere") as answer:
                found.append(answer.status)
        assert found == [404] * 5 + [429] * 3
        async with port.session.get(f"{port.url}/http/lab/x", headers=bearer("nobody")) as answer:
            assert answer.status == 401, "what services are asked is counted apart"


async def test_an_address_asks_services_so_many_times_a_second(store):
    async with running_port(store, limits=replace(DEFAULTS, service_requests=Rate(0.001, 3))) as port:
        found = []
        for _ in range(5):
            async with port.session.get(f"{port.url}/http/lab/x") as answer:
                found.append(answer.status)
        assert found == [401] * 3 + [429] * 2


async def test_what_a_run_has_under_way_ends_with_it(port, thread):
    runner = await port.join()
    lines = [json.dumps({"id": str(n), "parentId": str(n - 1), "x": "x" * 1_000_000}) for n in range(16)]
    await port.store.sessions.add_entries(thread, 1, 0, lines)
    going = asyncio.Event()

    async def body():
        yield b"x"
        going.set()
        await asyncio.Event().wait()

    async with AsyncExitStack() as stack:
        down = await stack.enter_async_context(
            port.session.get(port.url + names.PATH_SESSION, headers=bearer("token-1"))
        )
        upload = port.session.put(port.url + names.PATH_WORKSPACE, data=body(), headers=bearer("token-1"))
        up = asyncio.create_task(stack.enter_async_context(upload))
        await going.wait()
        await eventually(lambda: sum(map(len, port.deps.flights._of.values())) == 2)
        port.deps.registry.forget(thread.id, 1)
        with pytest.raises(aiohttp.ClientError):
            await down.read()
        with pytest.raises(aiohttp.ClientError):
            await up
    assert await port.store.workspaces.of(thread, None) is None
    await eventually(lambda: runner.closed)


async def test_a_token_is_believed_from_its_own_pod_alone(port, thread):
    port.kube.pods["pod-1"]["status"] = {"phase": "Running", "podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}]}
    for path in (names.PATH_CONNECT, names.PATH_SESSION, names.PATH_WORKSPACE, names.PATH_LLM + "/zai/models"):
        async with port.session.get(port.url + path, headers=bearer("token-1")) as answer:
            assert answer.status == 403
            assert "another pod" in await answer.text()
