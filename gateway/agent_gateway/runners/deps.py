"""What the runners' port works with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from agent_gateway.accounts.signer import Signer
from agent_gateway.models.proxy import LlmProxy
from agent_gateway.quotas import Quotas
from agent_gateway.rates import Buckets, Rate
from agent_gateway.runners.denials import Denials
from agent_gateway.runners.flights import Flights
from agent_gateway.runners.front import Front
from agent_gateway.runners.handshake import Handshakes
from agent_gateway.runners.identity import Authenticator
from agent_gateway.runners.looks import Looks
from agent_gateway.runners.memorycalls import MemoryDoor
from agent_gateway.runners.pool import WarmPool
from agent_gateway.runners.ports import (
    Apis,
    Children,
    Classes,
    Git,
    People,
    PromptNotes,
    Pulls,
    ToolServers,
    Views,
    Wakes,
)
from agent_gateway.runners.pullcalls import CALLS
from agent_gateway.runners.registry import Registry
from agent_gateway.runners.streams import Streams
from agent_gateway.store import Store
from agent_gateway.telegram.ports import FileSource

FOUND_AT_ONCE: Final = 2
"""Beginnings of sessions: of an earlier release's conversation, lines of some megabytes are read for each."""
FETCHES: Final = Rate(0.5, 60)
"""Files of turns, of a run: each is a call of Telegram's API, whose limits are all conversations'."""
PACKS: Final = Rate(8, 256)
"""Parts of kept files, of a run."""
STATES: Final = Rate(0.5, 20)
"""States of them, of a run: one for each turn and each sub-agent."""


@dataclass(frozen=True, slots=True)
class RunnerDeps:
    """What the runners' port works with."""

    store: Store
    views: Views
    wake: Wakes
    registry: Registry
    authenticator: Authenticator
    proxy: LlmProxy
    children: Children
    people: People
    classes: Classes
    files: FileSource
    notes: PromptNotes
    is_admin: Callable[[int], bool]
    """Whom the words of providers on settings are shown to."""
    git: Git
    apis: Apis
    pulls: Pulls
    looks: Looks
    signer: Signer
    tool_servers: ToolServers
    memory: MemoryDoor
    quotas: Quotas = field(default_factory=Quotas)
    streams: Streams = field(default_factory=Streams)
    finding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FOUND_AT_ONCE))
    connections: set[asyncio.Task[None]] = field(default_factory=set)
    """One task for each open WebSocket."""
    front: Front = field(default_factory=Front)
    handshakes: Handshakes = field(default_factory=Handshakes)
    pool: WarmPool = field(default_factory=WarmPool)
    flights: Flights = field(default_factory=Flights)
    denials: Denials = field(default_factory=Denials)
    fetches: Buckets[tuple[int, int]] = field(default_factory=lambda: Buckets(FETCHES, time.monotonic))
    packs: Buckets[tuple[int, int]] = field(default_factory=lambda: Buckets(PACKS, time.monotonic))
    pull_calls: Buckets[tuple[int, int]] = field(default_factory=lambda: Buckets(CALLS, time.monotonic))
    states: Buckets[tuple[int, int]] = field(default_factory=lambda: Buckets(STATES, time.monotonic))


DEPS: web.AppKey[RunnerDeps] = web.AppKey("deps", RunnerDeps)
