"""The runner's WebSocket before aiohttp's, and before a peer that plays by no rules."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.test_utils import TestServer

from agent_runner.httpclient import StatusError
from agent_runner.websocket import open_websocket
from tests.support.eventually import eventually

LIMIT = 100_000


@contextlib.asynccontextmanager
async def serving(handle, **options):
    async def answer(request):
        socket = web.WebSocketResponse(max_msg_size=1 << 30, **options)
        await socket.prepare(request)
        await handle(socket)
        return socket

    app = web.Application()
    app.router.add_get("/v1/connect", answer)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/v1/connect"))
    finally:
        await server.close()


async def connect(url, heartbeat=15.0, headers=None):
    return await open_websocket(url, headers or {}, heartbeat=heartbeat, limit=LIMIT)


async def echo(socket):
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)


@pytest.mark.parametrize("text", ["", "a", "ä😀" * 100, "x" * 126, "x" * 70_000], ids=len)
async def test_texts_go_both_ways(text):
    async with serving(echo) as url, await connect(url) as socket:
        await socket.send_text(text)
        await socket.send_text("next")
        assert [await anext(socket), await anext(socket)] == [text, "next"]
        closing = asyncio.create_task(socket.close())
        assert [text async for text in socket] == []
        await closing


async def test_what_the_server_says_at_once_is_not_lost():
    async def say(socket):
        await socket.send_str("one")
        await socket.send_bytes(b"two")
        await socket.send_str("three")
        await socket.close(code=WSCloseCode.GOING_AWAY)

    async with serving(say) as url, await connect(url) as socket:
        assert [text async for text in socket] == ["one", None, "three"]


async def test_a_larger_text_ends_the_connection():
    async def say(socket):
        await socket.send_str("x" * (LIMIT + 1))
        await socket.receive()

    async with serving(say) as url, await connect(url) as socket:
        with pytest.raises(ConnectionError, match="larger than 100000 characters"):
            await anext(socket)


async def test_the_server_is_asked_whether_it_is_there_and_answers_while_nobody_says_anything():
    seen = []

    async def wait(socket):
        async for message in socket:
            seen.append(message.type)
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
            if len(seen) == 1:
                await socket.send_str("still there")
                return

    async with serving(wait, autoping=False) as url, await connect(url, heartbeat=2.0) as socket:
        assert await anext(socket) == "still there"
    assert seen == [WSMsgType.PING]


async def test_a_server_that_is_silent_is_gone():
    async def sleep(_socket):
        await asyncio.sleep(30)

    async with serving(sleep, autoping=False) as url, await connect(url, heartbeat=0.05) as socket:
        with pytest.raises(TimeoutError):
            await anext(socket)


async def test_pings_are_answered():
    pongs = []

    async def ask(socket):
        await socket.ping(b"here")
        message = await socket.receive()
        pongs.append((message.type, message.data))

    async with serving(ask, autoping=False) as url, await connect(url) as socket:
        assert [text async for text in socket] == []
    assert pongs == [(WSMsgType.PONG, b"here")]


async def test_headers_are_shown_and_another_status_is_told():
    async def refuse(request):
        return web.Response(status=401 if request.headers["Authorization"] == "Bearer t" else 500)

    app = web.Application()
    app.router.add_get("/v1/connect", refuse)
    server = TestServer(app)
    await server.start_server()
    with pytest.raises(StatusError) as refused:
        await connect(str(server.make_url("/v1/connect")), headers={"Authorization": "Bearer t"})
    assert refused.value.status == 401
    await server.close()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
async def test_what_is_no_websocket_is_a_broken_connection(said):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        with pytest.raises(ConnectionError):
            await connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


async def test_a_frame_that_breaks_the_rules_ends_the_connection():
    async def say(socket):
        socket._req.transport.write(b"\xff\xff\xff\xff")
        await socket.receive()

    async with serving(say) as url, await connect(url) as socket:
        assert [text async for text in socket] == []
        with pytest.raises(ConnectionResetError):
            await socket.send_text("more")


async def test_close_waits_until_the_other_side_has_read_all():
    heard = []

    async def listen(socket):
        await asyncio.sleep(0.1)
        heard.extend([message.data async for message in socket])

    async with serving(listen) as url, await connect(url) as socket:
        receiving = asyncio.create_task(anext(socket, None))
        for number in range(50):
            await socket.send_text(str(number) * 100)
        await socket.close()
        await receiving
        await eventually(lambda: len(heard) == 50)
