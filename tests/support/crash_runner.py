"""Plays a runner over the gateway's real port: one sequence of frames, acknowledgements, and the same again after a reconnect."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import socket as sockets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from agent_contract import names, wire
from agent_contract.base import Wire
from agent_contract.keptfiles import STATE_TYPE
from tests.support.crash_points import Mode, Points
from tests.support.crash_script import find_pack, perform

_AGAIN_SECONDS = 0.1
_LOOK_SECONDS = 0.02
_DELIVER_SECONDS = 5.0
"""How long a runner that is ended waits for what it said to be taken."""
_DENIED_SECONDS = 15.0
_CALL = aiohttp.ClientTimeout(total=10)
WORKSPACE = b"packed files"


@dataclass
class Home:
    """Where a runner lives.

    Attributes:
        url: Of the gateway's port.
        session: Makes its calls.
        points: Of this run.
    """

    url: str
    session: aiohttp.ClientSession
    points: Callable[[], Points]


class PlayedRunner:
    """One pod's runner, from its start to its exit code."""

    def __init__(self, home: Home, thread: str, run: int, token: str, *, one_turn: bool) -> None:
        self._home = home
        self._headers = {"Authorization": f"Bearer {token}", "Accept": STATE_TYPE}
        self._one_turn = one_turn
        self.thread, self.run = thread, run
        self.code: int | None = None
        self.prompts: list[str] = []
        self.lines: list[str] = []
        """Session lines that it wrote, in order."""
        self.restored: list[str] = []
        self.files: bytes | None = None
        self.result: str | None = None
        self.turn: int | None = None
        self.aborted = asyncio.Event()
        self.hangs = False
        """It works until somebody stops it."""
        self.results: dict[str, asyncio.Future[wire.SubAgentResult]] = {}
        self.decided: dict[str, asyncio.Future[wire.Decision]] = {}
        self.decisions: list[tuple[float, wire.Decision]] = []
        """What was told of questions, each time, and when (monotonic seconds)."""
        self._seen: list[int] = []
        self._waiting: asyncio.Queue[wire.Turn] = asyncio.Queue()
        self._frames: list[Any] = []
        self._number = self._acked = self._sent = 0
        self._ready = False
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._added = asyncio.Event()
        self._end = asyncio.Event()
        self._exit = 0
        self._delivers = False
        self._leaving = False

    # --- what happens to it ---------------------------------------------------------------------

    def terminate(self) -> None:
        """End it as the kubelet does: what it said is still taken, the running turn is told by whoever sees why."""
        self._finish(143, deliver=True)

    def leave(self, reason: str = "idle") -> None:
        """Keep the files and ask to leave."""
        if not self._leaving and not self._end.is_set():
            self._leaving = True
            self._leave_task = asyncio.create_task(self._keep_and_leave(reason))

    def cut(self) -> None:
        """Cut the connection to the gateway without a word."""
        wire_end = self._socket.get_extra_info("socket") if self._socket is not None else None
        if wire_end is not None:
            wire_end.shutdown(sockets.SHUT_RDWR)

    async def live(self) -> int:
        """Run to the end; return the exit code."""
        works = [asyncio.create_task(work) for work in (self._stay_connected(), self._work())]
        try:
            ending = asyncio.create_task(self._end.wait())
            await asyncio.wait({*works, ending}, return_when=asyncio.FIRST_COMPLETED)
            for work in works:
                if work.done():
                    work.result()
            if self._delivers:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_DELIVER_SECONDS):
                        while self._frames or (self.turn is not None and self.aborted.is_set()):  # noqa: ASYNC110
                            await asyncio.sleep(_LOOK_SECONDS)
        finally:
            for work in [*works, ending]:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            self.code = self._exit
        return self._exit

    # --- what it says -----------------------------------------------------------------------------

    def add(self, build: Callable[[int], Any]) -> None:
        """Say a frame, which is given the next number."""
        self._number += 1
        self._frames.append(build(self._number))
        self._added.set()

    def event(self, event: Any) -> None:
        turn = self.turn
        self.add(lambda seq: wire.EventFrame(seq=seq, turn=turn, event=event))

    def entry(self, entry_id: str, message: dict[str, Any]) -> None:
        before = self.lines or self.restored
        parent = json.loads(before[-1])["id"] if before else None
        line = json.dumps({"type": "message", "id": entry_id, "parentId": parent, "message": message})
        self.lines.append(line)
        self.add(lambda seq: wire.Entries(seq=seq, lines=[line]))

    async def send_file(self, call_id: str, name: str, data: bytes) -> None:
        """Hand over a file for the chat."""
        said = base64.urlsafe_b64encode(b"a file").decode()
        query = {"turn": str(self.turn), "call": call_id, "name": name, "caption": said}
        await self._call("PUT", names.PATH_FILES, data, **query)

    async def copy_workspace(self, call_id: str) -> None:
        """Store a copy of the files for a sub-agent."""
        await self._keep(self.turn or 0, call=call_id)

    # --- its life -----------------------------------------------------------------------------------

    def _finish(self, code: int, *, deliver: bool = False) -> None:
        if not self._end.is_set():
            self._exit, self._delivers = code, deliver
            self._end.set()

    async def _work(self) -> None:
        while True:
            turn = await self._waiting.get()
            self.aborted.clear()
            self.turn = turn.id
            self.prompts.append(turn.text)
            await perform(self, turn)
            self.turn = None
            if self._one_turn:
                self.leave("done")
            elif not self.aborted.is_set():
                await self._keep(turn.id)

    async def _keep_and_leave(self, reason: str) -> None:
        if not self._one_turn:
            await self._keep(self._seen[-1] if self._seen else 0)
        self.add(lambda seq: wire.Leave(seq=seq, reason=reason))

    async def _keep(self, turn: int, **query: str) -> None:
        """Store the files as they are after a turn; parts that have gone meanwhile are sent again."""
        name = hashlib.sha256(WORKSPACE).hexdigest()
        state = json.dumps({"packs": [name], "files": 1, "size": len(WORKSPACE)}).encode() + b"\n"
        answer = b"missing"
        while answer:
            await self._call("PUT", f"{names.PATH_PACKS}/{name}", WORKSPACE)
            answer = await self._call("PUT", names.PATH_STATES, state, turn=str(turn), **query)

    async def _call(self, method: str, path: str, data: bytes | None = None, **query: str) -> bytes:
        """Make one HTTP call, again and again until it is answered as it should."""
        while True:
            name = f"answer:{method} {path.partition('/packs/')[0]}"
            mode = self._home.points().reach(name)
            if mode is Mode.BEFORE:
                self._home.points().kill()
            try:
                async with self._home.session.request(
                    method, self._home.url + path, params=query, data=data, headers=self._headers, timeout=_CALL
                ) as response:
                    answer = await response.read()
                    if mode is Mode.AFTER:
                        self._home.points().kill()
                    if response.status < 300 and mode not in {Mode.AFTER, Mode.LOST}:
                        return answer
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _stay_connected(self) -> None:
        denied = 0.0
        while True:
            try:
                async with self._home.session.ws_connect(
                    self._home.url + names.PATH_CONNECT, headers=self._headers, max_msg_size=wire.MAX_FRAME_BYTES
                ) as socket:
                    denied = 0.0
                    await self._serve(socket)
            except aiohttp.WSServerHandshakeError as error:
                denied = denied + _AGAIN_SECONDS if error.status in {401, 403} else 0.0
                if denied > _DENIED_SECONDS:
                    self._finish(69)
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_str(wire.encode(self._hello()))
        sender: asyncio.Task | None = None
        self._socket = socket
        try:
            async for message in socket:
                frame = wire.decode_gateway(message.data) if message.type is aiohttp.WSMsgType.TEXT else None
                if frame is None:
                    continue
                mode = self._home.points().reach(f"frame:{frame.type}")
                if mode is Mode.BEFORE:
                    self._home.points().kill()
                    return
                if isinstance(frame, wire.Welcome):
                    self._ack(frame.acked)
                    self._sent = frame.acked
                    sender = asyncio.create_task(self._send(socket, frame))
                self._take(frame)
                if mode is Mode.AFTER:
                    self._home.points().kill()
                if mode is not None:
                    return
        finally:
            self._socket = None
            if sender is not None:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)

    def _hello(self) -> wire.Hello:
        return wire.Hello(run=self.run, turns_seen=self._seen, acked=self._acked, ready=self._ready, states=True)

    def _take(self, frame: wire.GatewayFrame) -> None:
        match frame:
            case wire.Ack():
                self._ack(frame.seq)
            case wire.Turn():
                if frame.id not in self._seen and not self._end.is_set():
                    self._seen.append(frame.id)
                    self._waiting.put_nowait(frame)
            case wire.Abort():
                if frame.turn == self.turn:
                    self.aborted.set()
            case wire.SubAgentResult():
                waiting = self.results.get(frame.call_id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(frame)
            case wire.Decision():
                self.decisions.append((time.monotonic(), frame))
                decided = self.decided.get(frame.id)
                if decided is not None and not decided.done():
                    decided.set_result(frame)
            case wire.Stay():
                self._leaving = False
            case wire.Goodbye():
                self._finish(0)
            case wire.Refused():
                self._finish(69)
            case wire.Shutdown():
                self.aborted.set()
                self._finish(0, deliver=True)
            case _:
                pass

    async def say(self, frame: Wire) -> None:
        """Send a frame that has no number, over the connection that stands."""
        assert self._socket is not None
        await self._socket.send_str(wire.encode(frame))

    def _ack(self, seq: int) -> None:
        self._acked = max(self._acked, seq)
        self._frames = [f for f in self._frames if f.seq > self._acked]

    async def _send(self, socket: aiohttp.ClientWebSocketResponse, welcome: wire.Welcome) -> None:
        if not self._ready:
            if welcome.session_lines:
                self.restored = (await self._call("GET", names.PATH_SESSION)).decode().splitlines()
            if welcome.workspace:
                self.files = find_pack(await self._call("GET", names.PATH_WORKSPACE))
            self._ready = True
            await socket.send_str(wire.encode(wire.Ready()))
        while True:
            self._added.clear()
            for frame in [f for f in self._frames if f.seq > self._sent]:
                await socket.send_str(wire.encode(frame))
                self._sent = frame.seq
            await self._added.wait()
