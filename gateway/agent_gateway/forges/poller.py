"""Looks at pull requests that are open: a few at once, less often the longer nothing is heard of them, then no more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from agent_gateway.connections.settings import Connection
from agent_gateway.forges.events import PullEvents
from agent_gateway.forges.http import ForgeError, ForgeLimited
from agent_gateway.forges.opening import choose, keep_opened
from agent_gateway.forges.pace import compute_retry
from agent_gateway.forges.rests import Rests
from agent_gateway.forges.values import Forge, Place, Seen
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Buckets, Rate
from agent_gateway.store import Store
from agent_gateway.store.pulls import DuePull, PullRow

POLL_SECONDS: Final = 2.0
AT_ONCE: Final = 4
"""Pull requests that are looked at together; each takes about five calls, of which GitHub counts those with news."""
LOOKS: Final = Rate(0.2, 12)
"""Of a connection."""
_log = logging.getLogger(__name__)


class PullPoller:
    """Looks.

    Args:
        connections: By name.
        forges: By what they are.
        store: Which are due.
        events: Takes what was seen.
        check: Raises when this process may no longer act.
        rests: Knows which connections are left alone.
        poll: Seconds between two looks for what is due.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        forges: Mapping[str, Forge],
        store: Store,
        events: PullEvents,
        check: Callable[[], None],
        rests: Rests,
        *,
        poll: float = POLL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connections = connections
        self._forges = forges
        self._store = store
        self._events = events
        self._check = check
        self._poll = poll
        self._looks: Buckets[str] = Buckets(LOOKS, clock)
        self._rests = rests

    async def run(self) -> None:
        """Look for ever.

        Raises:
            LeadershipLost: another gateway leads.
            StoreError: the database does not tell what is due.
        """
        while True:
            if self._connections:
                await self.look_at_due()
            await asyncio.sleep(self._poll)

    async def look_at_due(self) -> int:
        """Look at what is due, as far as it may be looked at now; return how many there were."""
        resting = self._rests.list_resting()
        resting |= {name for name in self._connections if not self._looks.of(name).has()}
        due = await self._store.pulls.due(resting, AT_ONCE)
        self._check()
        await asyncio.gather(*(self._look(one) for one in due))
        return len(due)

    async def _look(self, due: DuePull) -> None:
        row = due.row
        connection = self._connections.get(row.connection)
        forge = self._forges.get(connection.forge) if connection is not None else None
        if connection is None or forge is None:
            await self._store.pulls.unseen(row.id, None, "The connection is not there any more.")
            return
        if not self._looks.of(connection.name).take():
            return  # one of the others took the last; it stays due
        try:
            seen = await self._ask(forge, Place(connection, row.path), due)
        except ForgeLimited as limited:
            LIMITS.labels("forge-rate").inc()
            _log.warning("forge_limited", extra={"connection": connection.name, "seconds": limited.seconds})
        except ForgeError as error:
            await self._fail(row, error)
        else:
            if seen is not None:
                self._check()
                await self._events.take(row.id, seen)

    async def _ask(self, forge: Forge, place: Place, due: DuePull) -> Seen | None:
        """Return how one is; None of one whose opening nobody heard the end of, which is found or forgotten."""
        row = due.row
        if row.number is not None:
            return await forge.look(place, row.number, row.sha, row.etags)
        found = choose(await forge.find(place, row.head, row.base), row.wanted_at)
        self._check()
        if found is None:
            await self._store.pulls.drop_unfound(row.id)
        else:
            await keep_opened(self._store, due.address, due.language, row, found)
        return None

    async def _fail(self, row: PullRow, error: ForgeError) -> None:
        pause = compute_retry(row)
        _log.info("pull_not_seen", extra={"pull": row.id, "error": type(error).__name__, "again_in": pause})
        await self._store.pulls.unseen(row.id, pause, str(error))
