"""The connections to model providers: one pool, kept open so that a call needs no new handshake."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from agent_gateway.httppool import CONNECT_SECONDS, HttpPool

log = logging.getLogger(__name__)
READ_SECONDS: Final = 300.0
"""The longest silence of a provider, as pi itself waits."""
KEEP_ALIVE_SECONDS: Final = 55.0


class Upstream:
    """A client of providers."""

    def __init__(self) -> None:
        self._pool = HttpPool(
            aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
            keep_alive=KEEP_ALIVE_SECONDS, auto_decompress=False, skip_auto_headers={"User-Agent", "Content-Type"},
        )  # fmt: skip
        self._tasks: set[asyncio.Task[None]] = set()
        self._used_at = float("-inf")

    async def close(self) -> None:
        """End what is under way for `spawn`, then close the connections."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        await self._pool.close()

    def warm(self, url: str) -> None:
        """Open a connection where none stands ready: a run comes that will need it.

        It is a HEAD request without a key; whatever answers, the connection stays.
        """
        if time.monotonic() - self._used_at < KEEP_ALIVE_SECONDS - 5:
            return
        self._used_at = time.monotonic()
        self.spawn(self._warm(url))

    @asynccontextmanager
    async def post(self, url: str, headers: CIMultiDict[str], body: bytes) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request of this very length; no redirect is followed."""
        target = URL(url, encoded=True)
        async with self._pool.get().post(target, headers=headers, data=body, allow_redirects=False) as answer:
            del body  # it is sent
            self._used_at = time.monotonic()
            yield answer

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside; `close` waits for it."""
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _warm(self, url: str) -> None:
        timeout = aiohttp.ClientTimeout(total=10)
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._pool.get().head(url, timeout=timeout, allow_redirects=False) as answer:
                log.debug("llm_warm", extra={"status": answer.status})
