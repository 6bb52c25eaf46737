"""What messages of tool servers may take of the gateway: memory that is counted until it is free, bytes a second, the loop."""

from __future__ import annotations

import asyncio
import json
import socket
import threading

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from agent_contract.team import McpServer as McpRule
from agent_contract.team import ServerTools
from agent_gateway.mcp.answers import MAX_MESSAGE
from agent_gateway.mcp.broker import McpBroker
from agent_gateway.mcp.requests import MAX_REQUEST
from agent_gateway.mcp.room import BYTES, MOST_HELD, Room
from agent_gateway.mcp.upstream import McpUpstream
from agent_gateway.rates import Rate
from agent_gateway.runners.identity import Identity
from tests.support.eventually import eventually
from tests.support.mcp_servers import KEY, Connection, Key, Listed

JSON = {"Content-Type": "application/json"}
SMALL_BUFFER = 64 << 10


def build_call(**arguments):
    params = {"name": "add", "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


def build_answer(value):
    return b'{"jsonrpc":"2.0","id":1,"result":{"content":' + value + b"}}"


def build_floats(count):
    return b"[" + b"1e15," * count + b"1]"  # each goes on with four times its bytes


@pytest.fixture
async def serve():
    """Return a function that serves a broker for a tool server of the test, and returns how it is asked."""
    parts = []

    async def start(handler, rights=None, key=None, **bounds):
        upstream = web.Application(client_max_size=MAX_MESSAGE)
        upstream.router.add_route("*", "/mcp", handler)
        parts.append(TestServer(upstream))
        await parts[-1].start_server()
        connection = Connection("tracker", str(parts[-1].make_url("/mcp")), key or Key())
        broker = McpBroker({"tracker": connection}, rights or Listed("tracker"), McpUpstream(), **bounds)

        async def handle(request):
            request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
            thread = int(request.headers.get("X-Who", "1"))
            return await broker.handle(request, Identity(f"tg-{thread}", thread, 1, "pod", f"uid-{thread}", "job"))

        app = web.Application()
        app.router.add_route("*", "/mcp/{rest:.*}", handle)
        server, client = TestServer(app), ClientSession()
        parts.extend((server, broker, client))
        await server.start_server()

        async def ask(body, who="1"):
            url = server.make_url("/mcp/tracker")
            async with client.post(url, data=body, headers={**JSON, "X-Who": who}) as answer:
                return answer.status, await answer.text()

        return ask, server.port

    yield start
    for part in reversed(parts):
        await part.close()


def give(body, content_type="application/json"):
    """Return a handler that gives one answer."""

    async def handler(_):
        return web.Response(body=body, content_type=content_type)

    return handler


async def begin(port, body, size):
    """Send a call of some size as far as its body goes, and return the socket, of which nothing is read."""
    loop, one = asyncio.get_running_loop(), socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    one.setblocking(False)
    await loop.sock_connect(one, ("127.0.0.1", port))
    head = f"POST /mcp/tracker HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    await loop.sock_sendall(one, head.encode() + body)
    return one


async def take_all(one):
    """Take what comes until the other side ends the connection."""
    while await asyncio.get_running_loop().sock_recv(one, 1 << 20):
        pass


@pytest.mark.parametrize("name", [KEY, f"x{KEY}y", "not one\u00fc"])
async def test_a_session_that_shows_the_key_is_named_to_nobody(serve, name):
    async def handler(_):
        return web.json_response({"jsonrpc": "2.0", "id": 1, "result": {}}, headers={"Mcp-Session-Id": name})

    ask, _ = await serve(handler)
    status, text = await ask(build_call())
    assert (status, KEY in text) == (502, False)


async def test_what_a_pod_says_is_counted_until_it_is_answered(serve):
    room, seen = Room(), []

    async def handler(request):
        seen.append((room.held, len(await request.read())))
        return web.json_response({"jsonrpc": "2.0", "id": 1, "result": {}})

    ask, _ = await serve(handler, room=room)
    assert (await ask(build_call(text="x" * 500_000)))[0] == 200
    assert seen[0][0] >= seen[0][1] > 500_000
    await eventually(lambda: room.held == 0)


async def test_what_a_pod_has_said_so_far_is_counted(serve):
    room = Room()
    _, port = await serve(give(build_answer(b"[]")), room=room)
    with await begin(port, build_call(text="x" * 300_000)[:-9], 500_000):
        await eventually(lambda: room.held > 300_000)
    await eventually(lambda: room.held == 0)


async def test_what_a_pod_says_is_refused_where_there_is_no_room(serve):
    room = Room(held=MOST_HELD - 1000)
    ask, _ = await serve(give(build_answer(b"[]")), room=room)
    status, text = await ask(build_call(text="x" * 100_000))
    assert (status, "mcp-held" in text) == (503, True)
    assert (await ask(build_call()))[0] == 200
    assert room.held == MOST_HELD - 1000


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_an_answer_is_counted_until_the_pod_has_it(serve, kind):
    size = 2 << 20
    body = build_answer(b'"' + b"x" * size + b'"')
    room = Room()
    _, port = await serve(give(body if kind == "application/json" else b"data: " + body + b"\n\n", kind), room=room)
    with await begin(port, build_call(), len(build_call())) as one:
        head = await asyncio.get_running_loop().sock_recv(one, 12)
        assert head == b"HTTP/1.1 200"
        await eventually(lambda: room.held > size)
        taking = asyncio.create_task(take_all(one))
        await eventually(lambda: not room.held)
        taking.cancel()
        await asyncio.wait({taking})


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_a_pod_that_takes_nothing_of_its_answer_is_cut_off(serve, kind):
    body = build_answer(b'"' + b"x" * (2 << 20) + b'"')
    room = Room()
    answer = body if kind == "application/json" else b"data: " + body + b"\n\n"
    _, port = await serve(give(answer, kind), room=room, write_seconds=0.5)
    with await begin(port, build_call(), len(build_call())) as one:
        await asyncio.get_running_loop().sock_recv(one, 12)
        await eventually(lambda: room.held == 0)
        taken = 0
        while part := await asyncio.get_running_loop().sock_recv(one, 1 << 20):
            taken += len(part)
        assert taken < len(body)


async def test_what_grows_as_it_is_written_anew_is_bounded(serve):
    called = []

    async def handler(request):
        called.append(await request.read())
        return web.Response(body=build_answer(floats), content_type="application/json")

    ask, _ = await serve(handler)
    floats = build_floats(90_000)
    said = build_call().replace(b"{}", b'{"a":' + floats + b"}")
    assert len(said) < MAX_REQUEST
    status, text = await ask(said)
    assert (status, "mcp-request" in text, called) == (413, True, [])
    assert (await ask(build_call()))[0] == 200


async def test_an_answer_that_grows_as_it_is_written_anew_is_bounded(serve):
    answer = build_answer(b'"' + KEY.encode()[:6] * (MAX_MESSAGE // 6 - 50) + b'"')
    for key, status in ((KEY, 200), (KEY[:6], 502)):  # what stands for it is longer
        ask, _ = await serve(give(answer), key=Key(key))
        found, text = await ask(build_call())
        assert (found, "mcp-message" in text) == (status, status == 502)


@pytest.mark.parametrize(
    ("said", "answer", "status"),
    [
        (f"[{'1,' * 100_001}1]", b"[]", 413),
        ("[]", b"[" + b"1," * 100_001 + b"1]", 502),
        ("[]", b"[" + b"[]," * 400_001 + b"1]", 502),
    ],
)
async def test_a_message_has_a_bound_of_values(serve, said, answer, status):
    ask, _ = await serve(give(build_answer(answer)))
    found, text = await ask(build_call().replace(b"{}", f'{{"a":{said}}}'.encode()))
    assert (found, "mcp-values" in text) == (status, True)


async def test_a_run_says_no_more_bytes_than_its_rate_has(serve):
    ask, _ = await serve(give(build_answer(b"[]")), rate=Rate(1, 5000))
    assert (await ask(build_call(text="x" * 4000)))[0] == 200
    status, text = await ask(build_call(text="x" * 4000))
    assert (status, "mcp-bytes" in text) == (429, True)
    assert (await ask(build_call(text="x" * 4000), who="2"))[0] == 200
    assert BYTES.burst >= MAX_MESSAGE + MAX_REQUEST


@pytest.mark.parametrize(("kind", "status"), [("application/json", 429), ("text/event-stream", 200)])
async def test_a_run_is_answered_no_more_bytes_than_its_rate_has(serve, kind, status):
    body = build_answer(b'"' + b"x" * 100_000 + b'"')
    ask, _ = await serve(give(body if status == 429 else b"data: " + body + b"\n\n", kind), rate=Rate(1, 5000))
    found, text = await ask(build_call())
    assert (found, "mcp-bytes" in text, "xxx" in text) == (status, True, False)


class Watched(list):
    """Patterns that note which threads look at them."""

    def __init__(self, *patterns):
        super().__init__(patterns)
        self.threads = []

    def __iter__(self):
        self.threads.append(threading.get_ident())
        return super().__iter__()


async def test_what_is_large_is_read_beside_the_loop(serve):
    patterns, rights = Watched("*"), Listed()
    tools = ServerTools.model_construct(allow=patterns, deny=[])
    rights.rules = [McpRule.model_construct(connection="tracker", tools=tools, resources=False, timeout=120)]
    listed = {"tools": [{"name": "add", "description": "x" * 100_000}]}
    answer = json.dumps({"jsonrpc": "2.0", "id": 1, "result": listed}).encode()
    ask, _ = await serve(give(answer), rights)
    here = threading.get_ident()
    assert (await ask(build_call()))[0] == 200
    assert patterns.threads == [here]
    assert (await ask(build_call(text="x" * 100_000)))[0] == 200
    assert (await ask(b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'))[0] == 200
    assert len(patterns.threads) == 3
    assert here not in patterns.threads[1:]
