"""Bodies on their way: who may have how many at once, and how slow the other side may be."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import Final

from aiohttp import web

from agent_gateway.metrics import LIMITS
from agent_gateway.quotas import Limit
from agent_gateway.rates import Buckets, Rate
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.tokens import Denied
from agent_gateway.store.workspaces import CHUNK_BYTES

READ_SECONDS: Final = 60.0
"""For the next byte of an upload."""
WRITE_SECONDS: Final = 30.0
"""For a piece of a download to be taken."""
WAIT_SECONDS: Final = 1.0
"""For a place to become free."""
PIECE_BYTES: Final = 64 << 10
GRACE_SECONDS: Final = 60.0
"""In which a body may come or go as slowly as it likes."""
UPLOADED: Final = Rate(16 << 20, 256 << 20)
"""Bytes of one run's uploads: all its files at once, and one that stores again and again leaves the database to others."""
LEAST_RATE: Final = 32 << 10
"""Bytes a second, on average, behind that: a body holds one of few places."""
MOST_DOWNLOADS: Final = 64
"""In all: each holds less than a mebibyte."""
MOST_UPLOADS: Final = 16
"""In all: each holds a few mebibytes."""
MOST_KEEPS: Final = 8
"""Of these, of files that are kept: nobody waits for one, and whoever sends a file finds room."""


class TooLarge(Exception):
    """What is sent is over its limit; the text names it."""


class TooSlow(Denied):
    """The other side does not read or send."""

    def __init__(self, words: str) -> None:
        super().__init__(408, words)


class Stream(StrEnum):
    """What is moved."""

    SESSION = "session"
    WORKSPACE = "workspace"
    FILE = "file"
    UPLOAD = "upload"
    KEEP = "keep"
    LOOK = "look"


_MOST: Final = {
    Stream.SESSION: 1,
    Stream.WORKSPACE: 1,
    Stream.FILE: 2,
    Stream.UPLOAD: 1,
    Stream.KEEP: 1,
    Stream.LOOK: 1,
}
"""Of one run at once; its runner moves one after the other."""
_UP: Final = frozenset({Stream.UPLOAD, Stream.KEEP, Stream.LOOK})


class Streams:
    """The places of bodies under way: so many of a run, and so many of all, as their memory allows.

    Args:
        downloads: Of all runs at once.
        uploads: Of all runs at once.
        read_seconds: For the next bytes of an upload to come.
        write_seconds: For the next piece of a download to be taken.
        wait_seconds: For a place to become free.
        uploaded: Bytes of a run's uploads; what comes faster is read later.
        clock: Seconds that never go back.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        downloads: int = MOST_DOWNLOADS,
        uploads: int = MOST_UPLOADS,
        *,
        read_seconds: float = READ_SECONDS,
        write_seconds: float = WRITE_SECONDS,
        wait_seconds: float = WAIT_SECONDS,
        uploaded: Rate = UPLOADED,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._uploaded: Buckets[tuple[int, int]] = Buckets(uploaded, clock)
        self._sleep = sleep
        self._most = {False: downloads, True: uploads}
        self._read_seconds = read_seconds
        self._write_seconds = write_seconds
        self._wait_seconds = wait_seconds
        self._freed = asyncio.Event()
        """Set, and replaced by another, when a place is free."""
        self._of_run: Counter[tuple[int, int, Stream]] = Counter()
        self._of_all: Counter[bool] = Counter()
        self._keeps = 0

    @contextlib.asynccontextmanager
    async def hold(self, caller: Identity, kind: Stream) -> AsyncIterator[None]:
        """Take one of a run's places; the one before may just be ending.

        Raises:
            Denied: the run has none left, or all are taken.
        """
        key = (caller.thread_id, caller.run, kind)  # of a run: the pod of the one before may be stuck on a lost node
        up = kind in _UP
        try:
            async with asyncio.timeout(self._wait_seconds):
                while self._of_run[key] >= _MOST[kind] or self._is_full(kind):
                    await self._freed.wait()
        except TimeoutError as error:
            LIMITS.labels(Limit.STREAMS).inc()
            words = f"Other files are on their way: ask again in a moment (limit: {Limit.STREAMS})."
            raise Denied(503, words) from error
        self._of_run[key] += 1
        self._of_all[up] += 1
        self._keeps += kind is Stream.KEEP
        try:
            yield
        finally:
            self._of_all[up] -= 1
            self._keeps -= kind is Stream.KEEP
            self._of_run[key] -= 1
            self._of_run += Counter()  # without those that have none
            self._freed.set()
            self._freed = asyncio.Event()

    def _is_full(self, kind: Stream) -> bool:
        up = kind in _UP
        return self._of_all[up] >= self._most[up] or (kind is Stream.KEEP and self._keeps >= MOST_KEEPS)

    def write(self, request: web.Request, response: web.StreamResponse) -> Writer:
        """Return what writes a prepared answer."""
        return Writer(request, response, self._write_seconds)

    async def read(self, request: web.Request, caller: Identity, limit: int, over: str) -> AsyncIterator[bytes]:
        """Yield a request's body in rows' sizes, as `read_chunks` does, and no faster than its run may send."""
        bucket = self._uploaded.of((caller.thread_id, caller.run))
        async for chunk in read_chunks(request, limit, over, self._read_seconds):
            if wait := bucket.owe(len(chunk)):
                await self._sleep(wait)
            yield chunk


class Pace:
    """Whether a body comes or goes fast enough.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._total = 0

    def add(self, size: int) -> None:
        """Note that so many bytes have moved.

        Raises:
            TooSlow: they should be more by now.
        """
        self._total += size
        late = self._clock() - self._since - GRACE_SECONDS
        if late > 0 and self._total < late * LEAST_RATE:
            raise TooSlow("The body moves too slowly.")


class Writer:
    """Writes a response in pieces, as fast as it is read and no slower than it may be.

    Args:
        request: Which is answered.
        response: The answer, prepared.
        seconds: For each piece.
    """

    def __init__(self, request: web.Request, response: web.StreamResponse, seconds: float) -> None:
        self._request = request
        self._response = response
        self._seconds = seconds
        self._pace = Pace()

    async def write(self, data: bytes) -> None:
        """Write; the connection is cut where nobody reads.

        Raises:
            TooSlow: nobody does, or too slowly.
        """
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            try:
                async with asyncio.timeout(self._seconds):
                    await self._response.write(piece)
                self._pace.add(len(piece))
            except (TimeoutError, TooSlow) as error:
                self.abort()
                raise TooSlow("Nobody reads the answer.") from error

    async def finish(self) -> None:
        """Write the end, and wait until all is taken; the connection is cut where nobody reads.

        Raises:
            TooSlow: nobody does.
        """
        try:
            async with asyncio.timeout(self._seconds):
                await self._response.write_eof()
        except TimeoutError as error:
            self.abort()
            raise TooSlow("Nobody reads the answer.") from error

    def abort(self) -> None:
        """Cut the connection, so that a part is never taken for the whole."""
        if self._request.transport is not None:
            self._request.transport.abort()


def check_announced(request: web.Request, limit: int, over: str) -> None:
    """Raise TooLarge, with the words of `over`, for a body that is announced with more than `limit` bytes."""
    if request.content_length is not None and request.content_length > limit:
        raise TooLarge(over)


async def read_chunks(request: web.Request, limit: int, over: str, seconds: float) -> AsyncIterator[bytes]:
    """Yield a request's body in rows' sizes. A sender that waits to be asked for it is asked with the first.

    Args:
        request: Whose body.
        limit: The most bytes.
        over: The words where there are more.
        seconds: For the next bytes to come.

    Raises:
        TooLarge: more than `limit` bytes came.
        TooSlow: none came for so long, or too few.
    """
    await ask_for_body(request)
    pace, total, held = Pace(), 0, bytearray()
    while True:
        try:
            async with asyncio.timeout(seconds):
                part = await request.content.readany()
        except TimeoutError as error:
            raise TooSlow("The body does not come.") from error
        if not part:
            break
        pace.add(len(part))
        total += len(part)
        if total > limit:
            raise TooLarge(over)
        held += part
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)


async def expect_later(request: web.Request) -> None:
    """Answer `Expect: 100-continue` with nothing yet: what refuses a body is to be said before it comes (RFC 9110, 10.1.1)."""


async def ask_for_body(request: web.Request) -> None:
    """Ask for the body that a sender holds back."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
