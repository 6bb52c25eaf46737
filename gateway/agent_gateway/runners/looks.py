"""What pods are asked of their workspaces for people: each question waits a while for its answer, and for that one alone."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from aiohttp import web

from agent_contract import wire
from agent_gateway.diffs.report import MOST_BYTES
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.registry import Link
from agent_gateway.runners.streams import Stream, Streams, check_announced
from agent_gateway.runners.tokens import Denied

SECONDS: Final = 10.0
"""After so long nobody waits for a pod any more."""
_OVER: Final = f"What is seen in a workspace has at most {MOST_BYTES >> 20} MiB (limit: look)."


class Links(Protocol):
    """Which runner holds which thread."""

    def link(self, thread_id: int) -> Link | None:
        """Return what is known of a thread's runner."""
        ...


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, and by whom its answer may be told."""

    thread_id: int
    run: int
    answer: asyncio.Future[bytes]


class Looks:
    """Asks runners, and takes what they answer.

    Args:
        registry: Which are connected.
        seconds: How long an answer is waited for.
    """

    def __init__(self, registry: Links, seconds: float = SECONDS) -> None:
        self._registry = registry
        self._seconds = seconds
        self._asked: dict[str, _Asked] = {}

    def can_ask(self, thread_id: int) -> bool:
        """Say whether a pod holds the conversation now."""
        link = self._registry.link(thread_id)
        return link is not None and link.ready and link.connected

    async def ask(self, thread_id: int, what: Literal["changes", "branches"]) -> bytes | None:
        """Return what a conversation's pod sees; None where there is none, or it does not answer in time."""
        link = self._registry.link(thread_id)
        if link is None or not link.ready:
            return None
        look_id = f"look-{uuid.uuid4()}"
        asked = self._asked[look_id] = _Asked(thread_id, link.run, asyncio.get_running_loop().create_future())
        try:
            if not await link.send(wire.Look(id=look_id, what=what)):
                return None
            async with asyncio.timeout(self._seconds):
                return await asked.answer
        except TimeoutError:
            return None
        finally:
            del self._asked[look_id]

    async def take(self, request: web.Request, identity: Identity, streams: Streams) -> web.Response:
        """Take an answer of the very run that was asked; its contents are whoever waits' to check.

        Raises:
            TooLarge: it is larger than it may be.
            Denied: nobody waits for it, or it comes too slowly.
        """
        self._find(request, identity)
        check_announced(request, MOST_BYTES, _OVER)
        async with streams.hold(identity, Stream.LOOK):
            body = b"".join([chunk async for chunk in streams.read(request, identity, MOST_BYTES, _OVER)])
        asked = self._find(request, identity)  # still
        if not asked.answer.done():
            asked.answer.set_result(body)
        return web.Response(status=204)

    def _find(self, request: web.Request, identity: Identity) -> _Asked:
        asked = self._asked.get(request.match_info["id"])
        if asked is None or (asked.thread_id, asked.run) != (identity.thread_id, identity.run):
            raise Denied(404, "Nobody waits for this.")
        return asked
