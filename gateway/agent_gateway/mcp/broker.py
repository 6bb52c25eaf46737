"""Tool servers over the gateway: the pod's token off, the server's key on, and no tool that the class does not list.

Only what a pod asks goes through: a POST with one message, and a DELETE that ends a session. There is no stream of a server's
own (GET, which a server need not have): it would hold two connections a server for as long as each pod lives, for
questions that are not let through anyway.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import web

from agent_contract.names import PATH_MCP
from agent_gateway.atwork import AtWork
from agent_gateway.bulk import do_aside
from agent_gateway.connections.answers import limited
from agent_gateway.connections.upstream import Refusal
from agent_gateway.mcp.answers import build_error, encode_hidden
from agent_gateway.mcp.events import TooLong
from agent_gateway.mcp.ports import Rights, Server
from agent_gateway.mcp.relay import WRITE_SECONDS, Relay, build_late
from agent_gateway.mcp.requests import MAX_REQUEST, Malformed, NotAllowed, Said, TooMany, read_said
from agent_gateway.mcp.room import BYTES, Room, Share
from agent_gateway.mcp.rules import Allowed, find_allowed
from agent_gateway.mcp.sessions import HEADER, Sessions
from agent_gateway.mcp.upstream import McpUpstream, list_secrets
from agent_gateway.rates import Bucket, Buckets, Rate
from agent_gateway.runners.identity import Identity

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 16
"""Requests of one run."""
MOST_IN_ALL: Final = 512
"""Requests of all runs."""
SPARE_SECONDS: Final = 5.0
BODY_SECONDS: Final = 30.0
"""For a request to arrive."""
END_SECONDS: Final = 5.0
"""For the end of a session."""
_PATH = re.compile(rf"{PATH_MCP}/(?P<name>[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?)")
_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_VERSION_HEADER: Final = "MCP-Protocol-Version"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request is for."""

    server: Server
    allowed: Allowed
    session: str | None
    """The server's own id."""
    headers: dict[str, str]


class McpBroker:
    """Serves `/mcp/`.

    Args:
        servers: Connections by name.
        rights: What each pod may do.
        upstream: Asks servers.
        spare: Seconds beyond a call's own time, in which the agent gives up by itself.
        rate: Bytes of each run.
        room: Bytes that are held, of all runs.
        write_seconds: For a pod to take what it is given.
    """

    def __init__(
        self,
        servers: Mapping[str, Server],
        rights: Rights,
        upstream: McpUpstream,
        spare: float = SPARE_SECONDS,
        rate: Rate = BYTES,
        room: Room | None = None,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        self._spare = spare
        self._write_seconds = write_seconds
        self._bytes: Buckets[tuple[int, int]] = Buckets(rate, time.monotonic)
        self._alone = asyncio.Lock()
        self._servers = servers
        self._rights = rights
        self._upstream = upstream
        self._sessions = Sessions()
        self._room = room or Room()
        self._at_work = AtWork(MOST_AT_ONCE, MOST_IN_ALL)

    async def handle(self, request: web.Request, identity: Identity) -> web.StreamResponse:
        """Answer one request of a pod. Its path is read as it came, not as a router would tidy it."""
        try:
            with self._at_work.hold(identity.thread_id, _build_full):
                asked = await self._find(request, identity)
                if request.method == "DELETE":
                    return await self._end(asked)
                return await self._ask(request, identity, asked)
        except Refusal as refusal:
            refusal.count()
            log.info("mcp_refused", extra={"status": refusal.status})
            return web.Response(status=refusal.status, text=f"{refusal}\n")

    async def close(self) -> None:
        """Close the connections to servers."""
        await self._upstream.close()

    async def _find(self, request: web.Request, identity: Identity) -> _Asked:
        path = _PATH.fullmatch(request.raw_path)
        if path is None:
            raise Refusal(404, "There is no such tool server: say /mcp/<connection>.")
        allowed = find_allowed(await self._rights.read_servers(identity), path["name"])
        server = self._servers.get(path["name"])
        if server is None or allowed is None:
            raise Refusal(404, f"{path['name']} is not among the tool servers of this agent.")
        if request.method not in ("POST", "DELETE"):
            raise Refusal(405, "Only POST and DELETE are served here.")
        session = None
        if (shown := request.headers.get(HEADER)) is not None:
            session = self._sessions.open(identity, server.name, shown)
            if session is None:
                raise Refusal(404, "This session is not known here any more.")
        version = request.headers.get(_VERSION_HEADER, "")
        headers = {
            "Accept": "application/json, text/event-stream",
            "Accept-Encoding": "identity",
            "User-Agent": "openclaw-gateway",
        }
        if _VERSION.fullmatch(version):
            headers[_VERSION_HEADER] = version
        return _Asked(server, allowed, session, headers)

    async def _ask(self, request: web.Request, identity: Identity, asked: _Asked) -> web.StreamResponse:
        bucket = self._bytes.of((identity.thread_id, identity.run))
        with self._room.lend() as share:
            try:
                said = await self._hear(request, asked, share, bucket)
            except NotAllowed as error:
                if error.request_id is None:
                    return web.Response(status=202)
                words = build_error(error.request_id, error.code, str(error))
                return web.Response(body=encode_hidden(words, ()), content_type="application/json")
            share.set(len(said.body))
            try:
                return await self._pass_on(request, identity, asked, said, share, bucket)
            except TimeoutError as error:
                raise Refusal(504, build_late(asked.server.name)) from error

    async def _hear(self, request: web.Request, asked: _Asked, share: Share, bucket: Bucket) -> Said:
        """Return what goes on of what a pod says; what it said itself is not held any longer then."""
        body = await _read_body(request, share, bucket)
        try:
            said = await do_aside(len(body), self._alone, partial(read_said, body, asked.allowed))
        except Malformed as error:
            raise Refusal(400, str(error)) from error
        except TooLong as error:
            raise _too_large() from error
        except TooMany as error:
            words = "A message holds more values than are read (limit: mcp-values)."
            raise Refusal(413, words, "mcp-values") from error
        share.set(len(body) + len(said.body))
        return said

    async def _pass_on(
        self, request: web.Request, identity: Identity, asked: _Asked, said: Said, share: Share, bucket: Bucket
    ) -> web.StreamResponse:
        server = asked.server
        deadline = asyncio.get_running_loop().time() + asked.allowed.timeout + self._spare
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                call = self._upstream.call(
                    server, "POST", asked.session, {**asked.headers, "Content-Type": "application/json"}, said.body
                )
                answer = await stack.enter_async_context(call)
            headers: dict[str, str] = {}
            hidden = list_secrets(server)
            if (given := answer.headers.get(HEADER)) is not None:
                sealed = self._sessions.seal(identity, server.name, given)
                # the id reaches the pod as it is
                if sealed is None or any(secret in given.encode() for secret in hidden):
                    raise Refusal(502, f"{server.name} names its session as no tool server would.")
                headers[HEADER] = sealed
            relay = Relay(
                request, said, asked.allowed, hidden, server.name, headers,
                share, bucket, self._alone, deadline, self._write_seconds,
            )  # fmt: skip
            return await relay.give(answer)

    async def _end(self, asked: _Asked) -> web.Response:
        if asked.session is None:
            raise Refusal(400, f"A session is named by {HEADER}.")
        try:
            async with (
                asyncio.timeout(END_SECONDS),
                self._upstream.call(asked.server, "DELETE", asked.session, asked.headers),
            ):
                return web.Response(status=204)
        except TimeoutError as error:
            raise Refusal(504, build_late(asked.server.name)) from error


async def _read_body(request: web.Request, share: Share, bucket: Bucket) -> bytes:
    if request.content_type != "application/json" or "Content-Encoding" in request.headers:
        raise Refusal(415, "A message is JSON, and not packed.")
    if (request.content_length or 0) > MAX_REQUEST:
        raise _too_large()
    pieces = []
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in limited(request.content.iter_any(), MAX_REQUEST, _too_large()):
                if not bucket.take(len(piece)):
                    words = (
                        "The agent says more to tool servers than it may now: try again in a moment (limit: mcp-bytes)."
                    )
                    raise Refusal(429, words, "mcp-bytes")
                share.set(share.count + len(piece))
                pieces.append(piece)
    except TimeoutError as error:
        raise Refusal(408, "The message did not arrive in time.") from error
    return b"".join(pieces)


def _too_large() -> Refusal:
    return Refusal(413, f"A message may have {MAX_REQUEST >> 20} MiB (limit: mcp-request).", "mcp-request")


def _build_full() -> Refusal:
    return Refusal(
        429, "Too many calls of tool servers at once: try again in a moment (limit: mcp-requests).", "mcp-requests"
    )
