"""Gives pods bundles that their clones begin with, as long as the server still lets the key read, and has what is in them."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from aiohttp import web

from agent_gateway.connections.answers import NO_CACHE
from agent_gateway.connections.rules import Target
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.upstream import Refusal, Upstream
from agent_gateway.metrics import LIMITS
from agent_gateway.mirrors.capture import FORM, TooLarge, capture
from agent_gateway.mirrors.shelf import Bundle, Shelf

_log = logging.getLogger(__name__)
AT_ONCE: Final = 2
"""Captures."""
CAPTURE_SECONDS: Final = 3600.0
OLD_SECONDS: Final = 6 * 3600.0
"""After so long a bundle whose branch has moved is captured anew, when it is used."""
REST_SECONDS: Final = 3600.0
"""So long nothing is captured of a repository that could not be."""
MOST_RESTING: Final = 1024
_OID = re.compile(r"[0-9a-f]{40}")
MEDIA_TYPE: Final = "application/x-git-bundle"


class Mirror:
    """Serves bundles, and captures what is missing beside.

    What a bundle holds is what the branch held when it was captured. It is given only where the server, asked now with the
    connection's key, still has that commit in its default branch: the rest of a clone comes from the server itself.

    Args:
        upstream: Asks servers.
        shelf: Keeps bundles.
        clock: Seconds since 1970.
    """

    def __init__(self, upstream: Upstream, shelf: Shelf, clock: Callable[[], float] = time.time) -> None:
        self._upstream = upstream
        self._shelf = shelf
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._resting: OrderedDict[str, float] = OrderedDict()
        self._tidied = False

    async def serve(self, connection: Connection, target: Target) -> web.StreamResponse:
        """Answer with a repository's bundle.

        Raises:
            Refusal: there is none, or the server does not let the key read.
        """
        await self._tidy()
        head = await self._read_head(connection, target)
        found = await asyncio.to_thread(self._shelf.find, target.repository)
        if found is not None and not await self._holds(connection, target, found, head):
            await asyncio.to_thread(self._shelf.drop, target.repository)
            _log.info("mirror_dropped", extra={"connection": connection.name})
            found = None
        if head is not None and (found is None or self._is_old(found, head)):
            self._begin(connection, target, head)
        if found is None:
            raise Refusal(404, "There is no bundle of this repository yet.")
        response = web.FileResponse(found.path, headers=NO_CACHE)
        response.content_type = MEDIA_TYPE
        return response

    async def close(self) -> None:
        """End what is being captured."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait(self) -> None:
        """Wait until nothing is being captured."""
        while self._tasks:
            await asyncio.wait(set(self._tasks.values()))

    async def _tidy(self) -> None:
        if not self._tidied:
            self._tidied = True
            await asyncio.to_thread(self._shelf.tidy)

    async def _read_head(self, connection: Connection, target: Target) -> str | None:
        """Return the newest commit of the default branch, as the server lets the key read it now."""
        head = await self._upstream.find_head(connection, target.path, FORM)
        return head if head is not None and _OID.fullmatch(head) else None

    async def _holds(
        self, connection: Connection, target: Target, found: Bundle, head: str | None
    ) -> bool:  # fmt: skip
        """Say whether all that a bundle holds is still in the default branch: what was rewritten is not given any more."""
        if head is None:
            return False
        return await self._upstream.descends(connection, target.path, found.oid, [head], FORM)

    def _is_old(self, found: Bundle, head: str) -> bool:
        return found.oid != head and self._clock() - found.made_at > OLD_SECONDS

    def _begin(self, connection: Connection, target: Target, head: str) -> None:
        name = target.repository
        rests = self._resting.get(name, 0.0) > self._clock()
        if name in self._tasks or len(self._tasks) >= AT_ONCE or rests:
            return
        task = self._tasks[name] = asyncio.create_task(self._capture(connection, target, head))
        task.add_done_callback(lambda _: self._tasks.pop(name, None))

    async def _capture(self, connection: Connection, target: Target, head: str) -> None:
        coming = self._shelf.begin(target.repository)
        begun = self._clock()
        try:
            async with asyncio.timeout(CAPTURE_SECONDS):
                await capture(self._upstream, connection, target.path, head, self._shelf, coming)
            await asyncio.to_thread(self._shelf.put, coming)
            _log.info(
                "mirror_captured", extra={"connection": connection.name, "seconds": round(self._clock() - begun, 1)}
            )
        except TooLarge:
            LIMITS.labels("git-mirror").inc()
            self._rest(target, "too large")
        except (Refusal, OSError, TimeoutError) as error:
            self._rest(target, type(error).__name__)
        finally:
            await asyncio.to_thread(coming.unlink, missing_ok=True)

    def _rest(self, target: Target, why: str) -> None:
        """Leave a repository alone for a while."""
        _log.warning("mirror_not_captured", extra={"connection": target.connection, "why": why})
        self._resting[target.repository] = self._clock() + REST_SECONDS
        while len(self._resting) > MOST_RESTING:
            self._resting.popitem(last=False)
