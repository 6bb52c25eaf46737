"""A small gateway for the runner's tests: speaks the contract's frames and passes model calls on."""

from __future__ import annotations

import asyncio
import io
from typing import Any, TypeVar

from aiohttp import ClientError, ClientSession, WSMsgType, web
from aiohttp.test_utils import TestServer

from agent_contract import wire
from agent_contract.base import Wire
from agent_contract.names import PATH_CONNECT, PATH_FILES, PATH_LLM, PATH_SESSION, PATH_WORKSPACE
from tests.support.eventually import eventually

E = TypeVar("E")
Frame = wire.EventFrame | wire.Entries | wire.Leave | wire.SubAgentAsk | wire.SubAgentCancel


class TestGateway:
    """Holds what the runner said, in the order of its numbers, each number once."""

    __test__ = False

    def __init__(self, token: str = "token-1") -> None:
        self.token = token
        self.stored: list[str] = []
        self.frames: list[Frame] = []
        self.workspace: bytes | None = None
        self.put: dict[str | None, bytes] = {}
        self.put_limit: int | None = None
        self.workspace_away = 0
        """How many requests for the workspace are answered with "not now" first."""
        self.put_away = 0
        """How many workspaces are answered with "not now" before one is taken."""
        self.puts: list[dict[str, str]] = []
        """What the requests with workspaces said of them."""
        self.holding: asyncio.Event | None = None
        """Until it is set, a workspace that is asked for lacks its last byte."""
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
        self.repeated = 0
        self.hellos: list[wire.Hello] = []
        self.readies: list[wire.Ready] = []
        self.acking = True
        self.acked = 0
        self.refusal: str | None = None
        self.status: int | None = None
        self.on_leave: Wire | None = wire.Goodbye()
        self.model_keys: list[str] = []
        self._socket: web.WebSocketResponse | None = None
        self._model = ""
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
        app.router.add_put(PATH_WORKSPACE, self._take_workspace)
        app.router.add_get(PATH_FILES + "/{turn}/{number}", self._give_file)
        app.router.add_put(PATH_FILES, self._take_file)
        app.router.add_post(PATH_LLM + "/{provider}/{rest:.*}", self._complete)
        self._server = TestServer(app, port=port)
        await self._server.start_server()

    async def stop(self) -> None:
        """Go away."""
        await self.drop()
        if self._client:
            await self._client.close()
        if self._server:
            await self._server.close()

    async def drop(self) -> None:
        """Cut the connection without a word."""
        socket, self._socket = self._socket, None
        if socket is not None and (transport := socket._req and socket._req.transport):
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
        await eventually(lambda: self.readies or (self.connected and self.hellos[-1].ready), timeout=30)

    async def ask(self, turn: int, text: str, timeout: float = 30) -> list[Any]:  # noqa: ASYNC109
        """Give a turn and return its events."""
        await self.send(wire.Turn(id=turn, text=text))
        return await self.ended(turn, timeout)

    async def ended(self, turn: int, timeout: float = 30) -> list[Any]:  # noqa: ASYNC109
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
                if isinstance(frame, wire.Leave) and self.on_leave is not None:
                    await socket.send_str(wire.encode(self.on_leave))

    async def _welcome(self, socket: web.WebSocketResponse, hello: wire.Hello) -> None:
        self.hellos.append(hello)
        if self.refusal is not None:
            await socket.send_str(wire.encode(wire.Refused(reason=self.refusal)))
            return
        welcome = wire.Welcome(
            thread="tg-1",
            session_id="00000000-0000-0000-0000-000000000001",
            session_lines=len(self.stored),
            acked=self.acked,
            workspace=self.workspace is not None,
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

        await eventually(lambda: len(found()) >= count, timeout=30)
        return found()

    def cancels(self) -> list[str]:
        """Return the calls that were taken back."""
        return [frame.call_id for frame in self.frames if isinstance(frame, wire.SubAgentCancel)]

    async def _send_workspace(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        if self.workspace is None:
            return web.Response(status=404)
        if self.workspace_away:
            self.workspace_away -= 1
            return web.Response(status=503)
        if self.holding is not None:
            response = web.StreamResponse(headers={"Content-Length": str(len(self.workspace))})
            await response.prepare(request)
            await response.write(self.workspace[:-1])
            await self.holding.wait()
            if request.transport is not None:  # else the runner is gone
                await response.write(self.workspace[-1:])
            return response
        return web.Response(body=self.workspace)

    async def _take_workspace(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        body = await request.read()
        self.puts.append(dict(request.query))
        if self.put_away:
            self.put_away -= 1
            return web.Response(status=503)
        if self.put_limit is not None and len(body) > self.put_limit:
            return web.json_response({"error": {"message": "It is over the limit."}}, status=413)
        self.put[request.query.get("call")] = body
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
