"""Ports that strangers reach: how many connections stand open, and who yields to whom."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiohttp import web

from agent_gateway.metrics import LIMITS
from agent_gateway.publicport import MOST_OPEN, PublicFront, open_public_port
from agent_gateway.runners.front import count_files
from tests.support.eventually import PATIENCE

MOST = 6
ASK = b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\n"


class Door:
    """A public port with a request that is answered at once, and one that waits until it is told."""

    def __init__(self):
        self.begun, self.go_on = asyncio.Semaphore(0), asyncio.Event()
        self.number = 0

    async def quick(self, _request):
        return web.Response(text="here")

    async def slow(self, _request):
        self.begun.release()
        await self.go_on.wait()
        return web.Response(text="at last")

    async def connect(self, stack):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        stack.callback(writer.close)
        return reader, writer


@pytest.fixture
async def door():
    one, app = Door(), web.Application()
    app.router.add_get("/quick", one.quick)
    app.router.add_get("/slow", one.slow)
    port = await open_public_port(app, "127.0.0.1", 0, "door", MOST)
    one.number = port.addresses[0][1]
    yield one
    one.go_on.set()
    await port.cleanup()


async def ask(reader, writer):
    writer.write(ASK)
    async with asyncio.timeout(PATIENCE):
        return await reader.readuntil(b"here")


async def ends(reader):
    """Wait for the other side's end of a connection."""
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionError):
            return await reader.read() == b""
    return True


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nX-Slow: ", ASK], ids=["nothing", "half", "between"])
async def test_whoever_waits_longest_without_a_request_yields(door, said):
    before = LIMITS.labels("door")._value.get()
    async with contextlib.AsyncExitStack() as stack:
        standing = [await door.connect(stack) for _ in range(MOST)]
        for reader, writer in standing:
            if said == ASK:
                await ask(reader, writer)
            writer.write(b"" if said == ASK else said)
        for reader, _ in standing[:3]:
            assert b"here" in await ask(*await door.connect(stack))
            assert await ends(reader)
        assert b"here" in await ask(*standing[-1]) if said != b"GET / HTTP/1.1\r\nX-Slow: " else True
    assert LIMITS.labels("door")._value.get() - before == 3


async def test_none_with_a_request_under_way_yields_and_there_are_no_more(door):
    async with contextlib.AsyncExitStack() as stack:
        working = [await door.connect(stack) for _ in range(MOST)]
        for _, writer in working:
            writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            await door.begun.acquire()
        late, _ = await door.connect(stack)
        assert await ends(late)
        door.go_on.set()
        async with asyncio.timeout(PATIENCE):
            for reader, _ in working:
                assert b"at last" in await reader.readuntil(b"at last")
        assert b"here" in await ask(*await door.connect(stack))


async def test_a_port_has_some_hundred_and_fewer_where_the_process_may_open_few():
    assert PublicFront("door")._most == min(MOST_OPEN, count_files(0.05))
