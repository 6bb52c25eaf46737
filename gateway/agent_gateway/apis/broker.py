"""HTTP over the gateway: the pod's token off, the service's key on, and nothing that no rule allows. All of it streams."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict

from agent_contract import wire
from agent_contract.apis import ApiRule, list_scopes
from agent_gateway.apis.answers import build_error, give
from agent_gateway.apis.headers import build_request_headers
from agent_gateway.apis.offers import build_offers
from agent_gateway.apis.paths import Asked, read_asked
from agent_gateway.apis.rules import find_room, knows, list_paths
from agent_gateway.apis.settings import Api
from agent_gateway.apis.upstream import ApiUpstream
from agent_gateway.atwork import AtWork
from agent_gateway.connections.answers import limited
from agent_gateway.connections.upstream import Refusal
from agent_gateway.errors import ClassUnknown
from agent_gateway.runners.identity import Identity

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 32
"""Requests of one run; package managers make a dozen."""
MOST_IN_ALL: Final = 512
"""Requests of all runs."""
DEADLINE_SECONDS: Final = 3600.0
"""Of one request, with its answer."""
RIGHTS_SECONDS: Final = 3.0
"""How long rules that were read are believed: a package manager asks hundreds of times in a row."""
_MOST_KNOWN: Final = 1024
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_MOUNTS: Final = frozenset({"from", "mount"})
_BODILESS: Final = frozenset({"GET", "HEAD"})

Levels = Sequence[Sequence[ApiRule]]


class Rights(Protocol):
    """Knows what each pod may do."""

    async def read_apis(self, identity: Identity) -> Levels:
        """Return the rules of a pod's agent, then those of each agent above it, as they stand now.

        Raises:
            ClassUnknown: they cannot be read now.
        """


class ApiBroker:
    """Serves `/http/`.

    Args:
        apis: By name.
        rights: What each may do.
        upstream: Asks the services.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        apis: Mapping[str, Api],
        rights: Rights,
        upstream: ApiUpstream,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._apis = apis
        self._scoped = frozenset(api.name for api in apis.values() if api.format == "npm")
        self._rights = rights
        self._upstream = upstream
        self._clock = clock
        self._at_work = AtWork(MOST_AT_ONCE, MOST_IN_ALL)
        self._known: dict[int, tuple[float, Levels]] = {}

    async def handle(self, request: web.Request, identity: Identity) -> web.StreamResponse:
        """Answer one request of a pod. Its path is read as it came, not as a router would tidy it."""
        try:
            with self._at_work.hold(identity.thread_id, _build_full):
                async with asyncio.timeout(DEADLINE_SECONDS):
                    return await self._handle(request, identity)
        except Refusal as refusal:
            refusal.count()
            log.info("api_refused", extra={"status": refusal.status})
            return build_error(refusal)
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # it may be in the middle of its answer
            return build_error(Refusal(504, "The service took too long."))

    async def close(self) -> None:
        """Close the connections to services."""
        await self._upstream.close()

    async def offer(self, identity: Identity) -> list[wire.ApiConnection] | None:
        """Return what a pod reaches here, by its agent's own rules; None where these cannot be read now."""
        if not self._apis:
            return []
        try:
            levels = await self._rights.read_apis(identity)
        except ClassUnknown:
            return None
        return build_offers(levels, self._apis)

    async def _handle(self, request: web.Request, identity: Identity) -> web.StreamResponse:
        asked = read_asked(request.raw_path, scoped=self._scoped)
        if asked is None:
            raise Refusal(
                400, "The gateway passes on plain paths alone: no empty parts, dots that climb or coded slashes."
            )
        levels = await self._read(identity)
        api = self._apis.get(asked.name)
        if api is None or not knows(levels, asked.name):
            raise Refusal(404, f"{asked.name} is not among the services of this agent.")
        room = self._check(request, asked, levels)
        if api.format == "oci" and request.method == "POST":
            asked = _drop_mount(asked)
        headers = build_request_headers(request.headers, api)
        body = _read_body(request, headers, room)
        async with self._upstream.call(api, asked, request.method, headers, body) as answer:
            mine = [one for one in self._apis.values() if knows(levels, one.name)]
            return await give(request, answer, api, mine, keeps=_knows_itself(request, api, levels))

    def _check(self, request: web.Request, asked: Asked, levels: Levels) -> int:
        """Return how many bytes the body may have.

        Raises:
            Refusal: no rule allows the request, or it is none that is passed on.
        """
        method = request.method
        if method not in _METHODS or "Upgrade" in request.headers:
            raise Refusal(405, "The gateway passes on plain requests alone: GET, HEAD, POST, PUT, PATCH and DELETE.")
        room = find_room(levels, asked.name, asked.path, method)
        if room is None:
            raise Refusal(403, f"The agent's class allows no {method} of this path at {asked.name}.")
        if method in _BODILESS and request.body_exists:
            raise Refusal(400, f"A {method} has no body.")
        return room

    async def _read(self, identity: Identity) -> Levels:
        now = self._clock()
        until, levels = self._known.get(identity.thread_id, (0.0, ()))
        if now < until:
            return levels
        levels = await self._rights.read_apis(identity)
        if len(self._known) >= _MOST_KNOWN:
            self._known = {thread: known for thread, known in self._known.items() if now < known[0]}
        if len(self._known) < _MOST_KNOWN:
            self._known[identity.thread_id] = (now + RIGHTS_SECONDS, levels)
        return levels


def _read_body(request: web.Request, headers: CIMultiDict[str], room: int) -> AsyncIterator[bytes] | None:
    if request.method in _BODILESS or not request.body_exists:
        return None
    over = Refusal(
        413, f"The body is larger than {room} bytes, which is all that the agent's class allows.", "api-body"
    )
    if request.content_length is not None:
        if request.content_length > room:
            raise over
        headers["Content-Length"] = str(request.content_length)
    return limited(request.content.iter_any(), room, over)


def _knows_itself(request: web.Request, api: Api, levels: Levels) -> bool:
    """Say whether the one asks who needs no address mended: npm, of the registry that it is set up to ask for everything.

    It finds these by the registry's host (`replace-registry-host`), and so its lock files name no address of a pod.
    """
    if api.format != "npm" or not request.headers.get("User-Agent", "").startswith("npm/"):
        return False
    return not list_scopes(list_paths(levels, api.name))


def _drop_mount(asked: Asked) -> Asked:
    """Take from the start of an upload what would have it come from another repository, which no rule was asked about."""
    kept = [part for part in re.split("[&;]", asked.query) if unquote(part.partition("=")[0]).lower() not in _MOUNTS]
    return Asked(asked.name, asked.path, asked.raw, "&".join(kept))


def _build_full() -> Refusal:
    return Refusal(429, "Too many requests to services at once: try again in a moment.", "api-requests")
