"""Tool servers over the gateway: one of the official SDK, hostile ones, and pods that ask for more than they may."""

from __future__ import annotations

import asyncio
import io
import json

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from agent_contract.team import McpServer as McpRule
from agent_contract.team import ServerTools
from agent_gateway.mcp.broker import MOST_AT_ONCE, McpBroker
from agent_gateway.mcp.requests import MAX_REQUEST
from agent_gateway.mcp.upstream import McpUpstream
from agent_gateway.runners.identity import Identity
from tests.support.mcp_servers import KEY, Connection, Key, McpServer

TOOLS = ServerTools(allow=["*"], deny=["delete_*"])
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


class Rights:
    """Every pod's class lists the tracker; its second pod is a sub-agent whose parent lists nothing."""

    def __init__(self):
        self.levels = {1: [[McpRule(connection="tracker", tools=TOOLS, timeout=120)]]}

    async def read_servers(self, identity):
        return self.levels.get(identity.thread_id, self.levels[1])


class Pod:
    """Asks as a pod does."""

    def __init__(self, client, url, who="1"):
        self._client, self._url, self._who, self.session = client, url, who, None

    async def post(self, body, path="/mcp/tracker", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        session = {"Mcp-Session-Id": self.session} if self.session else {}
        sent = {**HEADERS, **session, "X-Who": self._who, **headers}
        async with self._client.post(self._url + path, data=io.BytesIO(data), headers=sent) as answer:
            return answer.status, answer.headers.copy(), await answer.text()

    async def ask(self, method, number=1, **params):
        status, headers, text = await self.post({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        assert status == 200, text
        self.session = headers.get("Mcp-Session-Id", self.session)
        if headers["Content-Type"].startswith("text/event-stream"):
            assert "\nid:" not in text
            text = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")][-1]
        return json.loads(text)

    async def begin(self):
        info = {"name": "pi", "version": "1"}
        found = await self.ask("initialize", protocolVersion="2025-11-25", capabilities={"roots": {}}, clientInfo=info)
        await self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return found

    async def call(self, tool, **arguments):
        return await self.ask("tools/call", name=tool, arguments=arguments)

    async def request(self, method, **headers):
        session = {"Mcp-Session-Id": self.session} if self.session else {}
        async with self._client.request(
            method, self._url + "/mcp/tracker", headers={"X-Who": self._who, **session, **headers}
        ) as answer:
            return answer.status


@pytest.fixture
async def serve():
    """Return a function that serves a broker for one upstream address."""
    made = []

    async def start(url, rights=None, spare=1.0):
        broker = McpBroker({"tracker": Connection("tracker", url, Key())}, rights or Rights(), McpUpstream(), spare)

        async def handle(request):
            thread, _, run = request.headers.get("X-Who", "1").partition("-")
            who = Identity(f"tg-{thread}", int(thread), int(run or 1), "pod", f"uid-{thread}-{run}", "job")
            return await broker.handle(request, who)

        app = web.Application()
        app.router.add_route("*", "/mcp/{rest:.*}", handle)
        server = TestServer(app)
        await server.start_server()
        client = ClientSession()
        made.extend((client, server, broker))
        base = str(server.make_url("")).rstrip("/")
        return lambda who="1": Pod(client, base, who)

    yield start
    for part in made:
        await part.close()


@pytest.fixture(params=[False, True], ids=["events", "json"])
async def tracker(request, tmp_path):
    """Return the official SDK's server, which answers in streams or whole."""
    server = McpServer(tmp_path, KEY, json_answers=request.param)
    await server.start()
    yield server
    await server.stop()


async def test_a_pod_uses_the_tools_that_its_class_lists_and_sees_no_others(tracker, serve):
    pod = (await serve(tracker.url))()
    begun = await pod.begin()
    assert set(begun["result"]["capabilities"]) == {"tools"}
    assert {tool["name"] for tool in (await pod.ask("tools/list"))["result"]["tools"]} == {
        "add",
        "get-weather",
        "repeat",
    }
    assert (await pod.call("add", a=2, b=3))["result"]["structuredContent"] == {"result": 5}
    assert (await pod.call("delete_all"))["error"]["message"].startswith("This tool is not among")
    assert (await pod.ask("resources/read", uri="note://a"))["error"]["code"] == -32601
    assert tracker.called() == ["add"]
    assert await pod.request("DELETE") == 204


async def test_the_key_is_put_on_and_nothing_of_the_pod_goes_along(tracker, serve):
    pod = (await serve(tracker.url))()
    await pod.begin()
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    await pod.post(
        body, Authorization="Bearer pods", Cookie="a=b", **{"X-Api-Key": "x", "Mcp-Protocol-Version": "2025-06-18"}
    )
    seen = tracker.requests()
    assert {one["key"] for one in seen} == {f"Bearer {KEY}"}
    assert seen[-1]["headers"]["mcp-protocol-version"] == "2025-06-18"
    assert not {"cookie", "x-api-key", "x-who"} & set(seen[-1]["headers"])
    text = (await pod.call("repeat", text=KEY, times=2))["result"]["content"][0]["text"]
    assert text == "[hidden][hidden]"


@pytest.fixture
async def plain(tmp_path):
    """Return the official SDK's server."""
    server = McpServer(tmp_path, KEY)
    await server.start()
    yield server
    await server.stop()


async def test_a_session_is_of_no_use_to_another_pod_or_run(plain, serve):
    pods = await serve(plain.url)
    mine = pods()
    await mine.begin()
    asked = len(plain.requests())
    for who in ("2", "1-2"):
        other = pods(who)
        other.session = mine.session
        status, _, _ = await other.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        assert status == 404
        assert await other.request("DELETE") == 404
    assert len(plain.requests()) == asked
    mine.session = mine.session[:24] + "0" * 32
    assert (await mine.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}))[0] == 404


async def test_a_class_that_lists_no_server_has_none(plain, serve):
    rights = Rights()
    rights.levels[2] = [[McpRule(connection="tracker")], []]
    pods = await serve(plain.url, rights)
    for pod, path in (
        (pods("2"), "/mcp/tracker"),
        (pods(), "/mcp/wiki"),
        (pods(), "/mcp/tracker/x"),
        (pods(), "/mcp/tracker?a=b"),
    ):
        assert (await pod.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, path))[0] == 404
    assert plain.requests() == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[]", {}, 400),
        (b"{", {}, 400),
        (b"x" * (MAX_REQUEST + 1), {}, 413),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b'{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}', {}, 202),
    ],
)  # fmt: skip
async def test_what_is_no_message_goes_no_further(serve, body, headers, status):
    pod = (await serve("http://127.0.0.1:1/"))()
    assert (await pod.post(body, **headers))[0] == status


async def test_no_stream_of_the_servers_own_is_held(serve):
    pod = (await serve("http://127.0.0.1:1/"))()
    for method in ("GET", "HEAD", "PUT", "OPTIONS"):
        assert await pod.request(method, Accept="text/event-stream") == 405


@pytest.fixture
async def odd():
    """Return a function that starts a server which answers with what a handler returns."""
    made = []

    async def start(handler):
        app = web.Application()
        app.router.add_route("*", "/mcp", handler)
        made.append(TestServer(app))
        await made[-1].start_server()
        return str(made[-1].make_url("/mcp"))

    yield start
    for server in made:
        await server.close()


def say(**more):
    """Return a handler that gives one answer."""

    async def handler(_):
        return web.Response(**more)

    return handler


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"status": 401, "headers": {"WWW-Authenticate": "Bearer"}}, 502),
        ({"status": 403}, 502),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/"}}, 502),
        ({"status": 429}, 503),
        ({"status": 500}, 503),
        ({"text": "hello"}, 502),
        ({"text": "[]", "content_type": "application/json"}, 502),
        ({"text": '{"id":2,"result":{"tools":[]}}', "content_type": "application/json"}, 502),
        ({"text": '{"id":1,"result":{"tools":7}}', "content_type": "application/json"}, 502),
        ({"body": b" " * (5 << 20), "content_type": "application/json"}, 502),
    ],
)
async def test_a_server_that_answers_otherwise_is_told_in_words(serve, odd, answer, status):
    pod = (await serve(await odd(say(**answer))))()
    found, headers, text = await pod.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert (found, text.startswith("tracker ")) == (status, True)
    assert "WWW-Authenticate" not in headers


@pytest.mark.parametrize(
    "stream",
    [
        b"data: " + b"x" * (5 << 20),
        b'data: {"jsonrpc":"2.0","id":1,"method":"sampling/createMessage"}\n\n',
        b'data: {"jsonrpc":"2.0","id":9,"result":{"tools":[{"name":"delete_all"}]}}\n\n',
        b"data: {\n\n",
        b"",
    ],
)
async def test_a_stream_without_the_answer_ends_with_an_error(serve, odd, stream):
    pod = (await serve(await odd(say(body=stream, content_type="text/event-stream"))))()
    status, _, text = await pod.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert status == 200
    assert len(text) < 1000
    assert '"code":-32603' in text
    assert "delete_all" not in text
    assert "sampling" not in text


async def test_a_server_that_is_late_is_given_up(serve, odd):
    never = asyncio.Event()

    async def silent(_):
        await never.wait()
        return web.Response()

    async def begins(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": hello\n\n")
        await never.wait()
        return response

    rights, patient = Rights(), Rights()
    rights.levels[1] = [[McpRule(connection="tracker", timeout=3)]]
    patient.levels[1] = [[McpRule(connection="tracker", timeout=12)]]  # its answer has to have begun by then
    first, second = (await serve(await odd(silent), rights, 0.0))(), (await serve(await odd(begins), patient, 0.0))()
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    (late, _, said), (begun, _, told) = await asyncio.gather(first.post(body), second.post(body))
    never.set()
    assert (late, said) == (504, "tracker did not answer in time.\n")
    assert begun == 200
    assert "tracker did not answer in time." in told


async def test_a_run_has_few_calls_at_once(serve, odd):
    held, begun = asyncio.Event(), []

    async def wait(request):
        begun.append(1)
        await held.wait()
        return web.json_response({"jsonrpc": "2.0", "id": (await request.json())["id"], "result": {"tools": []}})

    pod = (await serve(await odd(wait)))()
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    calls = [asyncio.create_task(pod.post(body)) for _ in range(MOST_AT_ONCE + 1)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result()[0] for task in done] == [429]
    held.set()
    assert sorted([status for status, _, _ in await asyncio.gather(*calls)]) == [200] * MOST_AT_ONCE + [429]
