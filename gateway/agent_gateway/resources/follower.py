"""Looks at each resource that changed, by name, outside of the watch."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod

from agent_gateway.kube import KubeError
from agent_gateway.store.errors import Away

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 5.0


class Follower(ABC):
    """Keeps names of changed resources, each at most once, and looks at one after the other."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._changed = asyncio.Event()

    def changed(self, name: str) -> None:
        """Note that a resource changed or went."""
        self._names[name] = None
        self._changed.set()

    async def run(self) -> None:
        """Look at what changed, for ever; what the database or the API server does not let is tried again."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            names, self._names = list(self._names), {}
            for name in names:
                try:
                    await self.look(name)
                except (Away, KubeError) as error:
                    _log.warning("adopt_failed", extra={"resource": name, "error": type(error).__name__})
                    self.later(name, _RETRY_SECONDS)

    def later(self, name: str, seconds: float) -> None:
        """Look at a resource again after a while."""
        asyncio.get_running_loop().call_later(seconds, self.changed, name)

    @abstractmethod
    async def look(self, name: str) -> None:
        """Look at one resource."""
