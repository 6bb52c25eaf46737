"""Git over the gateway: the pod's token off, the forge's key on, and no push unread.

Everything streams. Of a push, only its list of commands and, where a fast-forward must be proven, its workflow files looked
at or a person asked, the front of its pack are held back; nothing goes upstream before the decision.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import aiohttp
from aiohttp import web

from agent_contract import wire
from agent_contract.repositories import RepositoryRule
from agent_gateway.atwork import AtWork
from agent_gateway.connections.answers import (
    SMALL,
    check_type,
    collect,
    limited,
    pass_on,
    refuse,
    relay,
)
from agent_gateway.connections.lfs import Lfs
from agent_gateway.connections.offers import build_offers
from agent_gateway.connections.probes import Prober
from agent_gateway.connections.receiving import Receiver
from agent_gateway.connections.rules import Target, find_rules, may_write, read_target
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.underway import Receiving
from agent_gateway.connections.upstream import Refusal, Upstream
from agent_gateway.effects import WakePush
from agent_gateway.errors import ClassUnknown
from agent_gateway.mirrors.mirror import Mirror
from agent_gateway.runners.identity import Identity

log = logging.getLogger(__name__)

MAX_FETCH: Final = 16 << 20
"""Bytes of a request to fetch: some megabytes of `have` lines at the most."""
MOST_AT_ONCE: Final = 32
"""Requests of one run; git-lfs makes eight, a clone with submodules some more."""
MOST_IN_ALL: Final = 256
"""Requests of all runs."""
_SERVICES: Final = {"service=git-upload-pack": "git-upload-pack", "service=git-receive-pack": "git-receive-pack"}


class Rights(Protocol):
    """Knows what each pod may do."""

    async def read(self, identity: Identity) -> Sequence[Sequence[RepositoryRule]]:
        """Return the rules of a pod's agent, then those of each agent above it, as they stand now.

        Raises:
            ClassUnknown: they cannot be read now.
        """

    async def read_sources(self, identity: Identity) -> Sequence[RepositoryRule]:
        """Return rules to read what the skills and templates of a pod's own class come from, whatever else it is left.

        Raises:
            ClassUnknown: they cannot be read now.
        """


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request is for, and what may be done with it."""

    target: Target
    connection: Connection
    rules: tuple[RepositoryRule, ...]


class Broker:
    """Serves `/git/`.

    Args:
        connections: By name.
        rights: What each may do.
        receiver: Takes pushes.
        upstream: Asks git servers.
        mirror: Gives what clones begin with; None where nothing is kept.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        rights: Rights,
        receiver: Receiver,
        upstream: Upstream,
        mirror: Mirror | None = None,
    ) -> None:
        self.connections = connections
        self._rights = rights
        self._receiver = receiver
        self._upstream = upstream
        self._mirror = mirror
        self._lfs = Lfs(upstream)
        self.at_work = AtWork(MOST_AT_ONCE, MOST_IN_ALL)

    async def handle(self, request: web.Request, identity: Identity) -> web.StreamResponse:
        """Answer one request of a pod. Its path is read as it came, not as a router would tidy it."""
        try:
            with self.at_work.hold(identity.thread_id, _build_full):
                asked = await self._find(request, identity)
                return await self._dispatch(request, identity, asked)
        except Refusal as refusal:
            refusal.count()
            log.info("git_refused", extra={"status": refusal.status})
            return refuse(request, refusal)

    @property
    def mirrors(self) -> bool:
        """Say whether clones may begin with a bundle."""
        return self._mirror is not None

    def get_session(self) -> aiohttp.ClientSession:
        """Return the HTTP connections that git servers are asked over."""
        return self._upstream.get_session()

    def wake(self, effect: WakePush) -> None:
        """Let a push that waits go on at once when it was decided."""
        self._receiver.wake(effect)

    def build_prober(self) -> Prober:
        """Build what asks whether they can be used, over the same HTTP connections."""
        return Prober(self._upstream)

    async def close(self) -> None:
        """Close the connections to git servers, and end what looks at pushes."""
        await self._receiver.close()
        if self._mirror is not None:
            await self._mirror.close()
        await self._upstream.close()

    async def offer(self, identity: Identity) -> list[wire.GitConnection] | None:
        """Return what a pod's git sends here, by its agent's own rules; None where these cannot be read now."""
        if not self.connections:
            return []
        try:
            own, *_ = await self._rights.read(identity)
        except ClassUnknown:
            return None
        return build_offers(own, self.connections)

    async def _find(self, request: web.Request, identity: Identity) -> _Asked:
        target = read_target(request.raw_path.partition("?")[0])
        connection = self.connections.get(target.connection) if target else None
        if target is None or connection is None:
            raise Refusal(404, "There is no such repository: say /git/<connection>/<owner>/<repository>.git.")
        rules = find_rules(await self._rights.read(identity), target)
        if rules is None:
            rules = find_rules([await self._rights.read_sources(identity)], target)
        if rules is None:
            raise Refusal(404, f"{target.path} is not among the repositories of this agent.")
        packed = request.headers.get("Content-Encoding")
        if packed is not None and (packed.lower() != "gzip" or target.rest != "git-upload-pack"):
            raise Refusal(415, "Only a request to fetch may be packed, and with gzip.")
        return _Asked(target, connection, rules)

    async def _dispatch(self, request: web.Request, identity: Identity, asked: _Asked) -> web.StreamResponse:
        rest, query = asked.target.rest, request.raw_path.partition("?")[2]
        match request.method, rest, query:
            case "GET", "info/refs", service if service in _SERVICES:
                return await self._advertise(request, asked, _SERVICES[service])
            case "GET", "bundle", "" if self._mirror is not None:
                return await self._mirror.serve(asked.connection, asked.target)
            case "POST", "git-upload-pack", "":
                return await self._fetch(request, asked)
            case "POST", "git-receive-pack", "":
                receiving = Receiving(request, identity, asked.target, asked.connection, asked.rules)
                return await self._receiver.take(receiving)
            case method, rest, "" if rest.startswith("info/lfs/"):
                return await self._lfs.handle(
                    request, method, asked.target, asked.connection, asked.rules, identity.thread_id
                )
            case _:
                raise Refusal(404, "Only git's smart HTTP protocol and Git LFS are served here.")

    async def _advertise(self, request: web.Request, asked: _Asked, service: str) -> web.StreamResponse:
        if service == "git-receive-pack" and not may_write(asked.rules):
            raise Refusal(403, f"{asked.target.path} may only be read by this agent.")
        async with self._upstream.call(
            asked.connection, asked.target.path, f"info/refs?service={service}", write=service == "git-receive-pack",
            headers=pass_on(request.headers), expected=f"application/x-{service}-advertisement",
        ) as answer:  # fmt: skip
            return await relay(request, answer)

    async def _fetch(self, request: web.Request, asked: _Asked) -> web.StreamResponse:
        check_type(request, "application/x-git-upload-pack-request")
        headers = {**pass_on(request.headers), "Content-Type": "application/x-git-upload-pack-request"}
        if "Content-Encoding" in request.headers:
            headers["Content-Encoding"] = "gzip"  # it is passed on as it came
        chunks = limited(
            request.content.iter_any(), MAX_FETCH, Refusal(413, "The request to fetch is too large.", "git-fetch")
        )
        body: bytes | AsyncIterator[bytes] = chunks
        if (request.content_length or SMALL) < SMALL:
            body = await collect(chunks)
        async with self._upstream.call(
            asked.connection, asked.target.path, "git-upload-pack", write=False, headers=headers, body=body,
            expected="application/x-git-upload-pack-result",
        ) as answer:  # fmt: skip
            return await relay(request, answer)


def _build_full() -> Refusal:
    return Refusal(429, "Too many requests to repositories at once: try again in a moment.", "git-requests")
