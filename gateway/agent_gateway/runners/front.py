"""Before HTTP: what a source address may open, how long a request's head may take, and who must read and how much.

aiohttp waits for ever for a head and for a reader. Its protocol is wrapped, so that this is decided where bytes arrive.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from typing_extensions import override

from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Bucket, Buckets, Rate
from agent_gateway.runners.addresses import read_address
from agent_gateway.runners.valve import Valve

OPENED: Final = Rate(10, 60)
REQUESTS: Final = Rate(20, 120)
SERVICE_REQUESTS: Final = Rate(100, 1000)
"""A package manager asks once or twice for each of hundreds of packages."""
SOCKET_BYTES: Final = Rate(2 << 20, 16 << 20)
HEAD_SECONDS: Final = 5.0
"""For the whole head of a request."""
UNREAD_SECONDS: Final = 30.0
"""That what was written may wait for the other side to read."""
_SHARE: Final = 0.75
"""Of the files that a process may open, for connections of pods; the rest is for Postgres, providers and Telegram."""
_OTHERWISE: Final = 65_536


def count_files(share: float) -> int:
    """Return a share of the files that the process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return int((soft if soft != resource.RLIM_INFINITY else _OTHERWISE) * share)


@dataclass(frozen=True, slots=True)
class FrontLimits:
    """What each source address may do, and all together.

    A pod has an address of its own; where several share one (source NAT), `by_address` is off.
    """

    by_address: bool = True
    connections: int = 16
    """Open at once, of an address: a runner's WebSocket, its streams, and the model calls of its agent."""
    opened: Rate = OPENED
    """New connections, of an address."""
    requests: Rate = REQUESTS
    """Of an address."""
    service_requests: Rate = SERVICE_REQUESTS
    """Of an address, for package registries and other services."""
    all_connections: int = 0
    """Open at once, of all; 0: what the process may have."""
    name: str = "connections"
    """Of that bound."""
    socket_bytes: Rate = SOCKET_BYTES
    """Of a WebSocket, before its reading pauses."""
    head_seconds: float = HEAD_SECONDS
    unread_seconds: float = UNREAD_SECONDS


DEFAULTS: Final = FrontLimits()


class Front:
    """Which connections there are, by source address.

    Args:
        limits: What each may.
        clock: Seconds that never go back.
    """

    def __init__(self, limits: FrontLimits = DEFAULTS, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._most = limits.all_connections or count_files(_SHARE)
        self._open: Counter[str] = Counter()
        self._opened: Buckets[str] = Buckets(limits.opened, clock)
        self._requests: Buckets[str] = Buckets(limits.requests, clock)
        self._service_requests: Buckets[str] = Buckets(limits.service_requests, clock)

    def enter(self, address: str) -> bool:
        """Let a connection in; False where there are too many."""
        if self._open.total() >= self._most:
            LIMITS.labels(self.limits.name).inc()
            if not self.make_room():
                return False
        by_address = self.limits.by_address
        if by_address and not (self._open[address] < self.limits.connections and self._opened.of(address).take()):
            LIMITS.labels("connections_address").inc()
            return False
        self._open[address] += 1
        return True

    def make_room(self) -> bool:
        """End a connection for another one; False where none is to yield."""
        return False

    def note_idle(self, wrapped: Wrapped) -> None:
        """Know that a connection has no request under way."""

    def note_busy(self, wrapped: Wrapped) -> None:
        """Know that a connection has one, or is gone."""

    def leave(self, address: str) -> None:
        """Know one connection less."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def may_ask(self, address: str, *, of_service: bool = False) -> bool:
        """Count a request, which may be one of a service; False where there are too many."""
        buckets = self._service_requests if of_service else self._requests
        if not self.limits.by_address or buckets.of(address).take():
            return True
        LIMITS.labels("requests_address").inc()
        return False

    def build_bucket(self) -> Bucket:
        """Build what a WebSocket's bytes are counted in."""
        return Bucket(self.limits.socket_bytes, self._clock)


class Wrapped(asyncio.Protocol):
    """One connection, between its transport and aiohttp's protocol.

    Args:
        build: Builds aiohttp's.
        front: Who else is connected.
    """

    def __init__(self, build: Callable[[], asyncio.Protocol], front: Front) -> None:
        self._build = build
        self._inner: asyncio.Protocol | None = None
        self._front = front
        self._limits = front.limits
        self._valve: Valve | None = None
        self._busy = False
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._room: int | None = None
        self._bucket: Bucket | None = None
        self.address = ""
        """Of the other side."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a connection of this port is a stream")
        self._valve = Valve(transport)
        self.address = read_address(transport)
        if not self._front.enter(self.address):
            transport.abort()
            return
        self._front.note_idle(self)
        self._inner = self._build()
        self._expect_head()
        self._inner.connection_made(self._valve)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head, self._unread, self._pause):
            if timer is not None:
                timer.cancel()
        if self._inner is not None:
            self._front.note_busy(self)
            self._front.leave(self.address)
            self._inner.connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._inner is None:
            return
        if not self._busy and self._head is None:
            self._expect_head()
        if self._room is not None:
            self._room -= len(data)
            if self._room < 0:
                LIMITS.labels("hello_size").inc()
                self.abort()
                return
        if self._bucket is not None:
            self._wait(self._bucket.owe(len(data)))
        self._inner.data_received(data)

    @override
    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._inner is not None else None

    @override
    def pause_writing(self) -> None:
        self._unread = asyncio.get_running_loop().call_later(self._limits.unread_seconds, self.abort)
        if self._inner is not None:
            self._inner.pause_writing()

    @override
    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        if self._inner is not None:
            self._inner.resume_writing()

    def begin(self) -> None:
        """Note that a request's head is there."""
        self._busy = True
        self._front.note_busy(self)
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def end(self) -> None:
        """Note that a request is answered; bytes that come now are the next one's head."""
        self._busy = False
        if self._valve is not None and not self._valve.is_closing():
            self._front.note_idle(self)

    def narrow(self, most: int) -> None:
        """Take no more than so many bytes from now on; the connection is cut behind them."""
        self._room = most

    def widen(self) -> None:
        """Take as many bytes as a WebSocket may have."""
        self._room, self._bucket = None, self._front.build_bucket()

    def _expect_head(self) -> None:
        self._head = asyncio.get_running_loop().call_later(self._limits.head_seconds, self.abort)

    def _wait(self, seconds: float) -> None:
        if seconds > 0 and self._pause is None and self._valve is not None:
            self._valve.hold()
            self._pause = asyncio.get_running_loop().call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        if self._valve is not None:
            self._valve.release()

    def abort(self) -> None:
        """Cut the connection."""
        if self._valve is not None:
            self._valve.abort()


class FrontSite(web.BaseSite):
    """A site of an application whose connections come through a front.

    Args:
        runner: The application's.
        host: Address to listen on.
        port: Number to listen on.
        front: Who may connect.
    """

    def __init__(self, runner: web.AppRunner, host: str, port: int, front: Front) -> None:
        super().__init__(runner)
        self._app_runner = runner
        self._host = host
        self._port = port
        self._front = front

    @property
    @override
    def name(self) -> str:
        return f"http://{self._host}:{self._port}"

    @override
    async def start(self) -> None:
        await super().start()
        build = self._app_runner.server
        if build is None:
            raise RuntimeError("the application is not set up")
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Wrapped(build, self._front), self._host, self._port, backlog=128
        )


def find_wrapped(request: web.BaseRequest) -> Wrapped:
    """Return a request's connection.

    Raises:
        ConnectionError: it is gone.
    """
    protocol = request.transport.get_protocol() if request.transport is not None else None
    if not isinstance(protocol, Wrapped):
        raise ConnectionError("the connection is gone")
    return protocol
