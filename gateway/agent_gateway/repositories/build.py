"""Puts together what pods' git goes over, what their workspaces begin with, and what people choose from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from agent_contract import wire
from agent_gateway.connections.broker import Broker
from agent_gateway.connections.build import build_broker
from agent_gateway.effects import PrepareRun
from agent_gateway.mirrors.shelf import Shelf, build_shelf
from agent_gateway.repositories.listing import Listing
from agent_gateway.repositories.preparing import Preparations
from agent_gateway.resources.values import ClassValue, Narrower
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentRow, Thread


class ClassReader(Protocol):
    """What classes and AgentThreads say."""

    async def find_own(self, thread_name: str, own: SubAgentRow | None) -> ClassValue | None:
        """Return a thread's class; None where it is not known."""

    def find_narrower(self, thread_name: str) -> Narrower:
        """Return what a conversation's AgentThread leaves of its class's rules."""


class Settings(Protocol):
    """What the gateway's settings say."""

    @property
    def connections_file(self) -> Path | None:
        """The connections, as the chart writes them."""

    @property
    def mirrors_dir(self) -> Path | None:
        """Where large repositories are kept warm; None where they are not."""

    @property
    def mirrors_size(self) -> str:
        """How much of them is kept."""


@dataclass(frozen=True, slots=True)
class Repositories:
    """All that pods are given of repositories.

    Attributes:
        broker: Their git's requests.
        preparations: What their workspaces begin with.
        listing: What people choose from.
    """

    broker: Broker
    preparations: Preparations
    listing: Listing

    async def handle(self, request: web.Request, identity: Identity) -> web.StreamResponse:
        """Answer a request of a pod's git."""
        return await self.broker.handle(request, identity)

    async def offer(self, identity: Identity) -> list[wire.GitConnection] | None:
        """Return what a pod's git sends here; None where that is not known now."""
        return await self.broker.offer(identity)

    async def build(
        self, thread: Thread, child: SubAgentRow | None
    ) -> tuple[list[wire.Checkout], list[wire.SetupStep]]:  # fmt: skip
        """Return what a run's workspace begins with."""
        return await self.preparations.build(thread, child)

    async def record(self, thread: Thread, run: int, frame: wire.Prepared) -> None:
        """Record how far a part of it is, with the acknowledgement."""
        await self.preparations.record(thread, run, frame)

    async def close(self) -> None:
        """Close the connections to git servers."""
        await self.broker.close()

    @property
    def hosts(self) -> dict[str, str]:
        """Return the hosts of the gateway's connections, by their names."""
        return {name: one.host for name, one in self.broker.connections.items()}


def build_repositories(
    file: Path | None, store: Store, classes: ClassReader, registry: Registry, shelf: Shelf | None = None
) -> Repositories:
    """Build all of it.

    Args:
        file: The connections, as the chart writes them.
        store: What is stored.
        classes: What agents may do, and begin with.
        registry: Connections of runners.
        shelf: Where large repositories are kept warm; None where they are not.

    Raises:
        BadConnections: the file cannot be used.
    """
    broker = build_broker(file, store, classes, shelf)
    preparations = Preparations(store, classes, broker.connections, registry, mirrors=broker.mirrors)
    return Repositories(broker, preparations, Listing(broker.connections, broker.get_session))


def build_configured(settings: Settings, store: Store, classes: ClassReader, registry: Registry) -> Repositories:
    """Build all of it as the settings say; runners are told what people choose.

    Raises:
        BadConnections: the file with the connections cannot be used.
    """
    shelf = build_shelf(settings.mirrors_dir, settings.mirrors_size)
    made = build_repositories(settings.connections_file, store, classes, registry, shelf)
    store.events.on(PrepareRun, made.preparations.send)
    return made
