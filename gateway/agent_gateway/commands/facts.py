"""What the cluster says of a conversation, read before a transaction begins: nothing in one may wait for the network."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread
from agent_gateway.kube import KubeError

READ_SECONDS: Final = 2.0
"""How long an answer of the API server is waited for; then the last known one serves."""
REST_SECONDS: Final = 5.0
"""A class that could not be read is not asked for again so soon."""
MOST_CLASSES: Final = 100
"""Classes that are remembered."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one conversation's resource and its class."""

    resource: AgentThread | None = None
    found_class: AgentClass | None = None
    """None: it could not be read since this process began."""

    @property
    def class_name(self) -> str:
        """The class that the conversation has, or would have."""
        return self.resource.spec.class_ref.name if self.resource is not None else names.DEFAULT_CLASS


class Resources(Protocol):
    """AgentThreads as they are known here, and their classes."""

    def cached(self, name: str) -> AgentThread | None:
        """Return an AgentThread as it was seen last."""

    async def agent_class(self, name: str) -> AgentClass:
        """Return a class. It may ask the API server."""


class FactReader:
    """Reads facts, each with a bound.

    Args:
        resources: Where they are.
        seconds: How long an answer is waited for.
        clock: Monotonic seconds.
    """

    def __init__(
        self, resources: Resources, *, seconds: float = READ_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._resources = resources
        self._seconds = seconds
        self._clock = clock
        self._known: OrderedDict[str, AgentClass] = OrderedDict()
        self._resting: dict[str, float] = {}
        """Until when a class is not asked for."""

    async def read(self, thread_name: str) -> Facts:
        """Return what is known of the conversation with an AgentThread of that name."""
        resource = self._resources.cached(thread_name)
        return Facts(resource, await self._read_class(Facts(resource).class_name))

    async def _read_class(self, name: str) -> AgentClass | None:
        if self._clock() < self._resting.get(name, 0.0):
            return self._known.get(name)
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._resources.agent_class(name)
        except (TimeoutError, KubeError):
            self._resting = {n: until for n, until in self._resting.items() if until > self._clock()}
            self._resting[name] = self._clock() + REST_SECONDS
            return self._known.get(name)
        self._known[name] = found
        self._known.move_to_end(name)
        while len(self._known) > MOST_CLASSES:
            self._known.popitem(last=False)
        return found
