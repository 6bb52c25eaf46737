"""A push on its way: who sent it where, and how far it has been read."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.fronts import Front
from agent_gateway.connections.packs import PackHead
from agent_gateway.connections.pktline import PktReader
from agent_gateway.connections.pushes import Push
from agent_gateway.connections.rules import Target
from agent_gateway.connections.settings import Connection
from agent_gateway.runners.identity import Identity


@dataclass(slots=True)
class Receiving:
    """A push on its way."""

    request: web.Request
    identity: Identity
    target: Target
    connection: Connection
    rules: Sequence[RepositoryRule]
    began: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Reading:
    """How far a push has been read, and the answer, once it has begun."""

    push: Push
    reader: PktReader
    head: PackHead
    front: Front | None = None
    """What was read of its pack, where it had to be."""
    response: web.StreamResponse | None = None

    def chunks(self) -> AsyncIterator[bytes]:
        """Return the whole pack: what was read of it, and the rest."""
        return self.front.chunks() if self.front is not None else self.reader.rest()

    def close(self) -> None:
        """Let go of what was read."""
        if self.front is not None:
            self.front.close()
