"""The WebSocket to the gateway: connect, say hello, send what is unacknowledged, connect again."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp

from agent_contract import wire
from agent_contract.base import Wire
from agent_contract.names import PATH_CONNECT, PATH_FILES, PATH_SESSION, PATH_WORKSPACE, ExitCode
from agent_runner.logs import Log
from agent_runner.outbox import Outbox, Wait
from agent_runner.workspace import TooLargeError, WorkspaceError

LOST_AFTER = 300.0
"""Seconds without a welcome after which a runner gives up."""
DENIED_FOR = 15.0
"""Seconds of "not you" that are believed: the gateway may learn of this run a moment later than its pod starts."""
ANSWER_WITHIN = 20.0
"""Seconds for the answer to a new connection: whoever took it may be gone, and nothing else would tell."""
HEARTBEAT = 15.0
PAUSES = (0.1, 5.0)
_STREAM = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=60)
_REFUSED = 409
_TOO_LARGE = 413
_UNAVAILABLE = 503
_ANSWERED = (400, 403, 404, 409, 413)
"""Answers that asking again does not change; their words are for a person."""


class Declined(Exception):
    """The gateway will not move this file; the text says why."""


class Unavailable(aiohttp.ClientError):
    """The gateway cannot move this file now; the text says why."""


class Host(Protocol):
    """What the link asks and tells; every call is quick."""

    def hello(self) -> wire.Hello:
        """Return the first frame of a connection."""

    def on_frame(self, frame: wire.GatewayFrame) -> None:
        """Take one frame of the gateway, a welcome included."""

    def on_step(self, step: str) -> None:
        """Note the time of a step of the start."""

    def on_link_ended(self, code: ExitCode, reason: str) -> None:
        """Take notice that no further connection is tried."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the gateway is, and the file that holds what proves us."""

    url: str
    token: Path

    def headers(self) -> dict[str, str]:
        """Return the headers of one request; the kubelet replaces the token, so it is read each time."""
        return {"Authorization": f"Bearer {self.token.read_text().strip()}"}


class _EndedError(Exception):
    """The gateway will never serve this runner."""


class Link:
    """Holds one connection at a time, as long as the gateway lets it."""

    def __init__(
        self,
        address: Address,
        outbox: Outbox,
        host: Host,
        log: Log,
        clock: Callable[[], float] = time.monotonic,
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        """Nothing is connected before `run`."""
        self._address = address
        self._outbox = outbox
        self._host = host
        self._log = log
        self._clock = clock
        self._answer_within = answer_within
        self._wake = asyncio.Event()
        self._urgent: list[Wire] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session: aiohttp.ClientSession | None = None
        self._closing = False
        self._denied_at: float | None = None
        self._seen_at = self._clock()
        self.welcomed = False

    def wake(self) -> None:
        """Tell that the outbox has something to send."""
        self._wake.set()

    def send_now(self, frame: Wire) -> None:
        """Send a frame without a number, if connected: a new connection's hello says it again."""
        if self.welcomed:
            self._urgent.append(frame)
            self._wake.set()

    async def run(self) -> None:
        """Connect again and again; returns when the gateway refuses, is lost, or after `close`."""
        pause, longest = PAUSES
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=5)) as self._session:
            while not self._closing:
                try:
                    if await self._serve(self._session):
                        pause = PAUSES[0]
                    problem = "closed"
                except _EndedError as error:
                    self._host.on_link_ended(ExitCode.REFUSED, str(error))
                    return
                except (aiohttp.ClientError, OSError, TimeoutError, wire.FrameError) as error:
                    problem = f"{type(error).__name__}: {error}"[:200]
                if self._closing:
                    return
                away = self._clock() - self._seen_at
                self._log.warning("gateway_away", seconds=round(away, 1), problem=problem)
                if away > LOST_AFTER:
                    self._host.on_link_ended(ExitCode.GATEWAY_LOST, f"no gateway for {LOST_AFTER:.0f} s: {problem}")
                    return
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, longest)

    async def close(self) -> None:
        """Say goodbye to the connection; bounded by a second."""
        self._closing = True
        if self._socket is not None:
            try:
                await asyncio.wait_for(self._socket.close(), 1)
            except (TimeoutError, OSError, aiohttp.ClientError) as error:
                self._log.debug("close_cut_short", problem=type(error).__name__)

    async def fetch_session(self, target: Path, header: str, lines: int) -> str:
        """Write the stored session below a header line into `target`; return the last line.

        Raises:
            OSError, aiohttp.ClientError, TimeoutError: the stream broke or is not of the length it was announced with.
        """
        if self._session is None:
            raise ConnectionError("not connected")
        last, count, rest = b"", 0, b""
        url = self._address.url + PATH_SESSION
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30)
        async with self._session.get(url, headers=self._address.headers(), timeout=timeout) as response:
            response.raise_for_status()
            with target.open("wb") as file:
                file.write(header.encode() + b"\n")
                async for chunk in response.content.iter_any():
                    file.write(chunk)
                    *whole, rest = (rest + chunk).split(b"\n")
                    filled = [line for line in whole if line]
                    count += len(filled)
                    last = filled[-1] if filled else last
                if rest:
                    file.write(b"\n")
                    last, count = rest, count + 1
        if count < lines:
            raise ConnectionError(f"{count} session lines came instead of {lines}")
        return last.decode()

    async def fetch_workspace(self) -> AsyncIterator[bytes]:
        """Yield the packed files that this run begins with.

        Raises:
            OSError, aiohttp.ClientError, TimeoutError: the stream broke.
        """
        if self._session is None:
            raise ConnectionError("not connected")
        url = self._address.url + PATH_WORKSPACE
        async with self._session.get(url, headers=self._address.headers(), timeout=_STREAM) as response:
            response.raise_for_status()
            async for chunk in response.content.iter_any():
                yield chunk

    async def put_workspace(self, chunks: AsyncIterator[bytes], limit: int, call_id: str | None = None) -> None:
        """Store packed files: this run's own, or the copy for the sub-agent of a call.

        Raises:
            TooLargeError: they are over `limit` or the gateway's own; and what `chunks` raises.
            WorkspaceError: the gateway does not take them.
            OSError, aiohttp.ClientError, TimeoutError: the stream broke.
        """
        if self._session is None:
            raise ConnectionError("not connected")
        url = self._address.url + PATH_WORKSPACE
        query = {"limit": str(limit)} | ({} if call_id is None else {"call": call_id})
        async with self._session.put(
            url, params=query, data=chunks, headers=self._address.headers(), timeout=_STREAM
        ) as response:
            if response.status == _TOO_LARGE:
                raise TooLargeError((await response.json())["error"]["message"])
            if response.status == _REFUSED:
                raise WorkspaceError((await response.json())["error"]["message"])
            response.raise_for_status()

    async def fetch_file(self, turn: int, number: int) -> AsyncIterator[bytes]:
        """Yield a file that came with a turn.

        Raises:
            Declined: it cannot be had.
            OSError, aiohttp.ClientError, TimeoutError: the stream broke.
        """
        if self._session is None:
            raise ConnectionError("not connected")
        url = f"{self._address.url}{PATH_FILES}/{turn}/{number}"
        async with self._session.get(url, headers=self._address.headers(), timeout=_STREAM) as response:
            await _check(response)
            async for chunk in response.content.iter_any():
                yield chunk

    async def put_file(self, path: Path, name: str, turn: int, call_id: str, caption: str) -> None:
        """Hand over a file for the chat; the same call id twice is one file.

        Raises:
            Declined: the gateway does not take it.
            OSError, aiohttp.ClientError, TimeoutError: the stream broke.
        """
        if self._session is None:
            raise ConnectionError("not connected")
        url = self._address.url + PATH_FILES
        said = base64.urlsafe_b64encode(caption.encode()).decode()
        query = {"turn": str(turn), "call": call_id, "name": name, "caption": said}
        with path.open("rb") as file:
            async with self._session.put(
                url, params=query, data=file, headers=self._address.headers(), timeout=_STREAM
            ) as response:
                await _check(response)

    async def _serve(self, session: aiohttp.ClientSession) -> bool:
        self.welcomed = False
        url = self._address.url + PATH_CONNECT
        try:
            async with asyncio.timeout(self._answer_within):
                socket = await session.ws_connect(
                    url, headers=self._address.headers(), heartbeat=HEARTBEAT, max_msg_size=wire.MAX_FRAME_BYTES
                )
        except aiohttp.WSServerHandshakeError as error:
            self._note_denied(error.status)
            raise
        self._denied_at = None
        self._host.on_step("connected")
        async with socket:
            self._socket = socket
            sender: asyncio.Task[None] | None = None
            try:
                await socket.send_str(wire.encode(self._host.hello()))
                async for message in socket:
                    frame = wire.decode_gateway(message.data) if message.type is aiohttp.WSMsgType.TEXT else None
                    if isinstance(frame, wire.Welcome):
                        self._welcome(frame)
                        sender = sender or asyncio.create_task(self._send(socket))
                    self._take(frame)
            finally:
                self._socket = None
                was, self.welcomed = self.welcomed, False
                if was:
                    self._seen_at = self._clock()
                self._urgent.clear()
                if sender:
                    sender.cancel()
                    await asyncio.gather(sender, return_exceptions=True)
        return was

    def _note_denied(self, status: int) -> None:
        if status not in (401, 403):
            self._denied_at = None
            return
        now = self._clock()
        self._denied_at = now if self._denied_at is None else self._denied_at
        if now - self._denied_at > DENIED_FOR:
            raise _EndedError(f"the gateway answers {status}: it does not accept this pod's token")

    def _welcome(self, frame: wire.Welcome) -> None:
        self._outbox.ack(frame.acked)
        self._outbox.rewind()
        self.welcomed = True
        self._seen_at = self._clock()

    def _take(self, frame: wire.GatewayFrame | None) -> None:
        if isinstance(frame, wire.Refused):
            raise _EndedError(frame.reason)
        if isinstance(frame, wire.Ack):
            self._outbox.ack(frame.seq)
        if frame is not None:
            self._host.on_frame(frame)

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            while True:
                self._wake.clear()
                while self._urgent:
                    await socket.send_str(wire.encode(self._urgent.pop(0)))
                frame = self._outbox.take(self._clock())
                if not isinstance(frame, Wait):
                    await socket.send_str(wire.encode(frame))
                    continue
                try:
                    await asyncio.wait_for(self._wake.wait(), frame.seconds)
                except TimeoutError:
                    continue
        except (OSError, aiohttp.ClientError) as error:
            self._log.debug("send_failed", problem=type(error).__name__)
            await socket.close()


async def _check(response: aiohttp.ClientResponse) -> None:
    """Raise for an answer that is none of what was asked for."""
    if response.status in _ANSWERED:
        raise Declined(str((await response.json())["error"]["message"]))
    if response.status == _UNAVAILABLE:
        raise Unavailable(str((await response.json())["error"]["message"]))
    response.raise_for_status()
