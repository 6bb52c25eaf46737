"""Records that connections live: all of them in one write, as a gateway has thousands."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from agent_gateway.logs import describe_fault
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.errors import StoreError

SEEN_SECONDS: Final = 10.0
"""How often: a successor waits for the runners that were seen lately."""
_SLICE: Final = 1000
_log = logging.getLogger(__name__)


class SeenKeeper:
    """Keeps `runs.seen_at`.

    Args:
        store: Runs.
        registry: Connections of runners.
        every: Seconds between two writes.
    """

    def __init__(self, store: Store, registry: Registry, every: float = SEEN_SECONDS) -> None:
        self._store = store
        self._registry = registry
        self._every = every

    async def run(self) -> None:
        """Record it, for ever.

        Raises:
            LeadershipLost: another gateway leads.
        """
        while True:
            await asyncio.sleep(self._every)
            connected = self._registry.connected()
            try:
                for start in range(0, len(connected), _SLICE):
                    await self._store.runs.seen(connected[start : start + _SLICE])
            except StoreError as error:
                _log.warning("seen_not_recorded", extra={"error": describe_fault(error)})
