"""The WebSocket to the gateway: connect, say hello, send what is unacknowledged, connect again."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable
from typing import Protocol

from agent_contract import wire
from agent_contract.base import Wire
from agent_contract.names import PATH_CONNECT, ExitCode
from agent_runner.httpclient import StatusError
from agent_runner.logs import Log
from agent_runner.outbox import Outbox, Wait
from agent_runner.transfers import Address
from agent_runner.websocket import WebSocket, open_websocket

LOST_AFTER = 300.0
"""Seconds without a welcome after which a runner gives up."""
DENIED_FOR = 15.0
"""Seconds of "not you" that are believed: the gateway may learn of this run a moment later than its pod starts."""
ANSWER_WITHIN = 20.0
"""Seconds for the answer to a new connection: whoever took it may be gone, and nothing else would tell."""
HEARTBEAT = 15.0
PAUSES = (0.1, 5.0)


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
        self._connection: WebSocket | None = None
        self._closing = False
        self._denied_at: float | None = None
        self._fault: Exception | None = None
        """What ended the sender, which nobody waits for."""
        self._seen_at = self._clock()
        self._pause = PAUSES[0]
        self.welcomed = False
        self._held = False
        """The gateway knows this pod, which no conversation has yet."""

    def wake(self) -> None:
        """Tell that the outbox has something to send."""
        self._wake.set()

    def send_now(self, frame: Wire) -> None:
        """Send a frame without a number, if connected: a new connection's hello says it again."""
        if self.welcomed:
            self._urgent.append(frame)
            self._wake.set()

    async def run(self) -> None:
        """Connect again and again; returns when the gateway refuses, is lost, or after `close`.

        Raises:
            Exception: a fault of this program. A link that went on would hold the run, and say nothing.
        """
        while not self._closing:
            try:
                await self._serve()
                problem, code = "closed", ExitCode.GATEWAY_LOST
            except _EndedError as error:
                self._host.on_link_ended(ExitCode.REFUSED, str(error))
                return
            except (OSError, wire.FrameError) as error:
                problem = f"{type(error).__name__}: {error}"[:200]
                unknown = isinstance(error, socket.gaierror)
                code = ExitCode.NAME_UNKNOWN if unknown else ExitCode.GATEWAY_LOST
            if self._closing:
                return
            away = self._clock() - self._seen_at
            self._log.warning("gateway_away", seconds=round(away, 1), problem=problem)
            if away > LOST_AFTER:
                self._host.on_link_ended(code, f"no gateway for {LOST_AFTER:.0f} s: {problem}")
                return
            await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))
            self._pause = min(self._pause * 2, PAUSES[1])

    async def close(self) -> None:
        """Say goodbye to the connection; bounded by a second."""
        self._closing = True
        if self._connection is not None:
            try:
                await asyncio.wait_for(self._connection.close(), 1)
            except OSError as error:
                self._log.debug("close_cut_short", problem=type(error).__name__)

    async def _serve(self) -> None:
        self.welcomed = False
        url = self._address.url + PATH_CONNECT
        try:
            async with asyncio.timeout(self._answer_within):
                connection = await open_websocket(
                    url, self._address.headers(), heartbeat=HEARTBEAT, limit=wire.MAX_FRAME_BYTES
                )
        except StatusError as error:
            self._note_denied(error.status)
            raise
        self._denied_at = None
        self._host.on_step("connected")
        async with connection:
            self._connection = connection
            sender: asyncio.Task[None] | None = None
            try:
                await connection.send_text(wire.encode(self._host.hello()))
                async for text in connection:
                    frame = None if text is None else wire.decode_gateway(text)
                    if isinstance(frame, wire.Held):
                        self._held = True
                        self._log.info("held")
                    if isinstance(frame, wire.Welcome):
                        self._welcome(frame)
                        sender = sender or asyncio.create_task(self._send(connection))
                    self._take(frame)
            finally:
                self._connection = None
                was, self.welcomed, self._held = self.welcomed or self._held, False, False
                if was:  # whichever way it ended
                    self._seen_at, self._pause = self._clock(), PAUSES[0]
                self._urgent.clear()
                if sender:
                    sender.cancel()
                    await asyncio.wait({sender})
        if self._fault is not None:
            raise self._fault

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

    async def _send(self, connection: WebSocket) -> None:
        try:
            while True:
                self._wake.clear()
                while self._urgent:
                    await connection.send_text(wire.encode(self._urgent.pop(0)))
                frame = self._outbox.take(self._clock())
                if not isinstance(frame, Wait):
                    await connection.send_text(wire.encode(frame))
                    continue
                try:
                    await asyncio.wait_for(self._wake.wait(), frame.seconds)
                except TimeoutError:
                    continue
        except OSError as error:
            self._log.debug("send_failed", problem=type(error).__name__)
        except Exception as error:  # noqa: BLE001  # raised where it is waited for
            self._fault = error
        await connection.close()  # whoever reads does not wait for a sender that has ended
