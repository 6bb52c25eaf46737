"""A small gateway for the runner's tests: speaks the contract's frames and passes model calls on."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import struct
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, TypeVar

from aiohttp import ClientError, ClientSession, WSMsgType, web
from aiohttp.test_utils import TestServer

from agent_contract import wire
from agent_contract.base import Wire
from agent_contract.keptfiles import STATE_TYPE, decode_entries
from agent_contract.names import (
    PATH_CONNECT,
    PATH_FILES,
    PATH_GIT,
    PATH_HTTP,
    PATH_LLM,
    PATH_LOOKS,
    PATH_MCP,
    PATH_MEMORY,
    PATH_PACKS,
    PATH_PULLS,
    PATH_SESSION,
    PATH_STATES,
    PATH_WORKSPACE,
)
from agent_gateway.mcp.broker import McpBroker
from agent_gateway.runners.identity import Identity
from tests.support.eventually import LONG, eventually

E = TypeVar("E")
Frame = (
    wire.EventFrame | wire.Entries | wire.Leave | wire.SubAgentAsk | wire.SubAgentCancel | wire.Ask | wire.AskClosed | wire.Prepared
)  # fmt: skip


@dataclass
class Tools:
    """The way to tool servers."""

    broker: McpBroker | None = None
    """The real gateway's."""
    keys: list[str] = field(default_factory=list)
    """What requests showed."""
    git: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    """The way to repositories."""
    offers: list[wire.GitConnection] = field(default_factory=list)
    """What the pod's git is told of."""
    welcomes_after: float = 0.0
    """Seconds that a runner waits for its welcome."""
    model: wire.ClaimedModel | None = None
    """What a runner that is warm is told of its model."""
    claims: asyncio.Event | None = None
    """Until it is set, a runner that is warm is held."""


class TestGateway:
    """Holds what the runner said, in the order of its numbers, each number once."""

    __test__ = False
    checkouts: Sequence[wire.Checkout] = ()
    """Repositories that a workspace begins with."""
    setup: Sequence[wire.SetupStep] = ()
    """Commands that prepare it."""
    stay_for: wire.Turn | None = None
    """A turn that comes in the moment of the next leave, which is declined."""

    def __init__(self, token: str = "token-1") -> None:
        self.token = token
        self.stored: list[str] = []
        self.frames: list[Frame] = []
        self.workspace: bytes | None = None
        """Packed files of an earlier release, that a run begins with."""
        self.begins_with: bytes | None = None
        """A kept state that a run begins with."""
        self.packs: dict[str, bytes] = {}
        self.states: list[tuple[dict[str, str], bytes]] = []
        """Kept states, with what their requests say of them; empty where nothing changed."""
        self.looks: dict[str, bytes] = {}
        """What was seen of the workspace, by the ids of questions."""
        self.takes_states = True
        self.refuses_packs = ""
        """The words that parts of kept files are refused with."""
        self.keeping: asyncio.Event | None = None
        """Until it is set, no part of kept files is taken."""
        self.workspace_away = 0
        """How many requests for the workspace are answered with "not now" first."""
        self.put_away = 0
        """How many parts of kept files are answered with "not now" before one is taken."""
        self.holding: asyncio.Event | None = None
        """Until it is set, files that are asked for lack their last byte."""
        self.pulls, self.pull_answers = [], []  # what was asked of forges; status and body of what is answered
        self.files: list[bytes | tuple[int, str]] = []
        """What came with the turn: contents, or status and words."""
        self.asked = 0
        """How many requests for them there were."""
        self.away = 0
        """How many requests for them are answered with "not now" first."""
        self.sent: list[tuple[dict[str, str], bytes]] = []
        """Files for the chat, with what their request says of them."""
        self.file_status: list[tuple[int, str]] = []
        """What the next files for the chat are answered with."""
        self.takes_questions = True
        self.apis: list[wire.ApiConnection] = []
        self.served: list[tuple[str, str | None]] = []
        """Path and token of each request to a service."""
        self.repeated = 0
        self.hellos: list[wire.Hello] = []
        self.readies: list[wire.Ready] = []
        self.acking, self.acked = True, 0
        self.refusal: str | None = None
        self.status: int | None = None
        self.on_leave: Wire | None = wire.Goodbye()
        self.model_keys: list[str] = []
        self._socket: web.WebSocketResponse | None = None
        self._model, self.tools = "", Tools()
        self._client: ClientSession | None = None
        self._server: TestServer | None = None

    @property
    def url(self) -> str:
        """Return the base address."""
        assert self._server is not None
        return str(self._server.make_url("")).rstrip("/")

    @property
    def connected(self) -> bool:
        """Whether a runner is welcomed."""
        return self._socket is not None and not self._socket.closed

    async def start(self, model: str, port: int | None = None) -> None:
        """Serve, with model calls going to `model`."""
        self._model = model
        self._client = ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get(PATH_CONNECT, self._connect)
        app.router.add_get(PATH_SESSION, self._session)
        app.router.add_get(PATH_WORKSPACE, self._send_workspace)
        app.router.add_put(PATH_PACKS + "/{name}", self._take_pack)
        app.router.add_put(PATH_STATES, self._take_state)
        app.router.add_get(PATH_FILES + "/{turn}/{number}", self._give_file)
        app.router.add_put(PATH_FILES, self._take_file)
        app.router.add_post(PATH_PULLS, self._take_pull)
        app.router.add_post(PATH_MEMORY, self._take_pull)
        app.router.add_put(PATH_LOOKS + "/{id}", self._take_look)
        app.router.add_route("*", PATH_GIT + "/{rest:.*}", self._ask_git)
        app.router.add_route("*", PATH_MCP + "/{name}", self._ask_server)
        app.router.add_post(PATH_LLM + "/{provider}/{rest:.*}", self._complete)
        app.router.add_get(PATH_HTTP + "/{rest:.*}", self._serve)
        self._server = TestServer(app, port=port)
        await self._server.start_server()

    async def stop(self) -> None:
        """Go away."""
        await self.drop()
        if self._client:
            await self._client.close()
        if self._server:
            await self._server.close()

    async def drop(self, *, reset: bool = False) -> None:
        """Cut the connection without a word, or by a reset."""
        socket, self._socket = self._socket, None
        if socket is not None and (transport := socket._req and socket._req.transport):
            if reset:
                transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()

    async def send(self, frame: Wire) -> None:
        """Send one frame."""
        assert self._socket is not None
        await self._socket.send_str(wire.encode(frame))

    async def ack(self) -> None:
        """Acknowledge all that came."""
        self.acking = True
        self.acked = len(self.frames)
        await self.send(wire.Ack(seq=self.acked))

    async def ready(self) -> None:
        """Wait until turns may be given."""
        await eventually(lambda: self.readies or (self.connected and self.hellos[-1].ready), timeout=LONG)

    async def ask(self, turn: int, text: str, timeout: float = 120) -> list[Any]:  # noqa: ASYNC109
        """Give a turn and return its events."""
        await self.send(wire.Turn(id=turn, text=text))
        return await self.ended(turn, timeout)

    async def ended(self, turn: int, timeout: float = 120) -> list[Any]:  # noqa: ASYNC109
        """Wait for the turn's end and return its events."""
        ends = (wire.TurnSettled, wire.Failed)
        await eventually(lambda: any(isinstance(event, ends) for event in self.events(turn)), timeout=timeout)
        return self.events(turn)

    def events(self, turn: int) -> list[Any]:
        """Return the turn's events so far."""
        return [frame.event for frame in self.frames if isinstance(frame, wire.EventFrame) and frame.turn == turn]

    def lines(self) -> list[str]:
        """Return the session lines so far."""
        return [line for frame in self.frames if isinstance(frame, wire.Entries) for line in frame.lines]

    def leaves(self) -> list[str]:
        """Return the reasons of the leaves asked for."""
        return [frame.reason for frame in self.frames if isinstance(frame, wire.Leave)]

    def prepared(self) -> list[wire.Prepared]:
        """Return what was told of the workspace, but for what is on its way."""
        return [frame for frame in self.frames if isinstance(frame, wire.Prepared) and frame.state != "working"]

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if self.status is not None:
            return web.Response(status=self.status)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        socket = web.WebSocketResponse(max_msg_size=wire.MAX_FRAME_BYTES)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                frame = wire.decode_runner(message.data)
                if frame is not None:
                    await self._take(socket, frame)
        return socket

    async def _take(self, socket: web.WebSocketResponse, frame: wire.RunnerFrame) -> None:
        match frame:
            case wire.Hello():
                await self._welcome(socket, frame)
            case wire.Ready():
                self.readies.append(frame)
            case _ if frame.seq <= len(self.frames):
                self.repeated += 1
            case _:
                assert frame.seq == len(self.frames) + 1
                self.frames.append(frame)
                if self.acking:
                    self.acked = frame.seq
                    await socket.send_str(wire.encode(wire.Ack(seq=frame.seq)))
                if isinstance(frame, wire.Leave):
                    await self._answer_leave(socket)

    async def _answer_leave(self, socket: web.WebSocketResponse) -> None:
        turn, self.stay_for = self.stay_for, None
        answers = [self.on_leave] if turn is None else [wire.Stay(), turn]
        for answer in filter(None, answers):
            await socket.send_str(wire.encode(answer))

    async def _welcome(self, socket: web.WebSocketResponse, hello: wire.Hello) -> None:
        self.hellos.append(hello)
        if self.refusal is not None:
            await socket.send_str(wire.encode(wire.Refused(reason=self.refusal)))
            return
        await asyncio.sleep(self.tools.welcomes_after)
        if hello.warm and self.tools.claims is not None:
            await socket.send_str(wire.encode(wire.Held()))
            await self.tools.claims.wait()
        welcome = wire.Welcome(
            thread="tg-1",
            run=7,
            model=self.tools.model,
            session_id="00000000-0000-0000-0000-000000000001",
            session_lines=len(self.stored),
            acked=self.acked,
            workspace=self.workspace is not None or self.begins_with is not None,
            states=self.takes_states,
            decisions=self.takes_questions,
            apis=self.apis,
            git=self.tools.offers,
            checkouts=list(self.checkouts),
            setup=list(self.setup),
        )
        await socket.send_str(wire.encode(welcome))
        self._socket = socket

    async def _session(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        response = web.StreamResponse()
        await response.prepare(request)
        for line in self.stored:
            await response.write(line.encode() + b"\n")
        return response

    async def asks(self, count: int) -> list[wire.SubAgentAsk]:
        """Wait until so many sub-agents were asked for, and return what was asked."""

        def found() -> list[wire.SubAgentAsk]:
            return [frame for frame in self.frames if isinstance(frame, wire.SubAgentAsk)]

        await eventually(lambda: len(found()) >= count)
        return found()

    def cancels(self) -> list[str]:
        """Return the calls that were taken back."""
        return [frame.call_id for frame in self.frames if isinstance(frame, wire.SubAgentCancel)]

    async def questions(self, count: int) -> list[wire.Ask]:
        """Wait until so many questions were asked, and return them."""

        def found() -> list[wire.Ask]:
            return [frame for frame in self.frames if isinstance(frame, wire.Ask)]

        await eventually(lambda: len(found()) >= count)
        return found()

    def closed(self) -> list[str]:
        """Return the questions that nobody waits for any more."""
        return [frame.id for frame in self.frames if isinstance(frame, wire.AskClosed)]

    async def _send_workspace(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        if self.workspace_away:
            self.workspace_away -= 1
            return web.Response(status=503)
        body, kind = self.workspace, "application/zstd"
        if self.begins_with is not None and STATE_TYPE in request.headers.get("Accept", ""):
            body, kind = b"".join(self._frames(self.begins_with)), STATE_TYPE
        if body is None:
            return web.Response(status=404)
        if self.holding is not None:
            response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": kind})
            await response.prepare(request)
            await response.write(body[:-1])
            await self.holding.wait()
            if request.transport is not None:  # else the runner is gone
                await response.write(body[-1:])
            return response
        return web.Response(body=body, content_type=kind)

    def _frames(self, body: bytes) -> Iterator[bytes]:
        """Yield a state with its parts, as the gateway sends it."""
        head = json.loads(body.partition(b"\n")[0])
        yield json.dumps({"type": "state", "bytes": len(body)}).encode() + b"\n" + body
        for name in [*filter(None, [head["whole"]]), *head["packs"]]:
            pack = self.packs[name]
            yield json.dumps({"type": "pack", "id": name, "bytes": len(pack)}).encode() + b"\n" + pack
        yield b'{"type":"end","bytes":0}\n'

    def kept(self, call: str | None = None) -> list[bytes]:
        """Return the states that were stored: the run's own, or the copy for a call."""
        return [body for query, body in self.states if query.get("call") == call and body]

    def names(self, number: int = -1, call: str | None = None) -> set[str]:
        """Return what stands in a stored state."""
        line, _, data = self.kept(call)[number].partition(b"\n")
        assert json.loads(line)["whole"] is None
        return {path.partition("/")[2] for path in decode_entries(data)[0]}

    def go_on(self) -> None:
        """Let the next run begin with what the last one kept."""
        self.begins_with = self.kept()[-1]
        self.frames.clear()
        self.readies.clear()
        self.acked = 0

    async def _take_pack(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        body, name = await request.read(), request.match_info["name"]
        if self.keeping is not None:
            await self.keeping.wait()
        if self.put_away:
            self.put_away -= 1
            return web.Response(status=503)
        if self.refuses_packs:
            return web.json_response({"error": {"message": self.refuses_packs}}, status=409)
        assert name == hashlib.sha256(body).hexdigest()
        self.packs[name] = body
        return web.Response(status=204)

    async def _take_state(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        body = await request.read()
        if body:
            head = json.loads(body.partition(b"\n")[0])
            missing = [name for name in head["packs"] if name not in self.packs]
            if missing:
                return web.json_response({"missing": missing})
        self.states.append((dict(request.query), body))
        return web.Response(status=204)

    async def _take_look(self, request: web.Request) -> web.StreamResponse:
        self.looks[request.match_info["id"]] = await request.read()
        return web.Response(status=204)

    async def _give_file(self, request: web.Request) -> web.StreamResponse:
        found = self.files[int(request.match_info["number"])]
        self.asked += 1
        if self.away:
            self.away -= 1
            found = (503, "Not now.")
        if isinstance(found, tuple):
            return web.json_response({"error": {"message": found[1]}}, status=found[0])
        return web.Response(body=io.BytesIO(found))

    async def _take_file(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.file_status:
            status, words = self.file_status.pop(0)
            return web.json_response({"error": {"message": words}}, status=status)
        self.sent.append((dict(request.query), body))
        return web.Response(status=204)

    async def _serve(self, request: web.Request) -> web.Response:
        self.served.append((request.raw_path, request.headers.get("Authorization")))
        return web.Response(text="served")

    async def _take_pull(self, request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.read())
        self.pulls.append(asked)
        status, body = self.pull_answers.pop(0) if self.pull_answers else (200, {"text": f"Did: {asked['action']}."})
        return web.json_response(body, status=status)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Authorization", "")
        self.model_keys.append(key)
        if key != f"Bearer {self.token}":
            return web.json_response({"error": {"message": "this pod is not known"}}, status=401)
        assert self._client is not None
        url = f"{self._model}/v1/{request.match_info['rest']}"
        async with self._client.post(
            url, data=io.BytesIO(await request.read()), headers={"Content-Type": "application/json"}
        ) as answer:
            response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
            await response.prepare(request)
            try:
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            except (OSError, ClientError):  # a cut above is a cut below
                if request.transport:
                    request.transport.abort()
            return response

    async def _ask_git(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=404) if self.tools.git is None else await self.tools.git(request)

    async def _ask_server(self, request: web.Request) -> web.StreamResponse:
        """Let a pod that shows its token ask the tool servers."""
        key = request.headers.get("Authorization", "")
        self.tools.keys.append(key)
        if key != f"Bearer {self.token}" or self.tools.broker is None or not self.connected:
            return web.Response(status=401)
        return await self.tools.broker.handle(request, Identity("tg-1", 1, 1, "pod", "uid", "job"))
