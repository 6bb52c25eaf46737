"""What is kept for a while only: which rows go, how often that is looked at, and one slice of it.

Turns, messages, threads, runs, accounts of what was spent, audit and the session entries of conversations are history and stay.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.store.database import Store
from agent_gateway.store.errors import StoreError

SLICE_ROWS: Final = 500
SLICE_SECONDS: Final = 5.0
"""A slice that takes longer is given up and rolled back; the rows it locked are free again."""
_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
_AGAIN_SECONDS: Final = 300.0
"""After a slice that failed."""
_BETWEEN_SLICES_SECONDS: Final = 0.05
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Purge:
    """One kind of rows that go.

    Attributes:
        query: Its named query, whose one parameter is how many rows a slice may remove.
        every: Seconds from a look that found nothing more to the next.
        rows: In a slice. Fewer where each has much below it.
    """

    query: str
    every: float
    rows: int = SLICE_ROWS


PURGES: Final = (
    Purge("purge_inbox", _HOUR),
    Purge("purge_outbox", _HOUR),
    Purge("purge_refusals", _HOUR),
    Purge("purge_files", _HOUR, rows=50),
    Purge("purge_loose_workspaces", _HOUR, rows=10),
    Purge("purge_old_workspaces", _DAY, rows=10),
    Purge("purge_copied_states", _HOUR, rows=50),
    Purge("purge_kept_states", _DAY, rows=50),
    Purge("purge_undone_states", _HOUR, rows=50),
    Purge("purge_undos", _DAY),
    Purge("purge_kept_packs", _HOUR, rows=10),
    Purge("purge_reactions", _DAY),
    Purge("purge_tools", _DAY),
    Purge("purge_steers", _DAY),
    Purge("purge_parts", _DAY),
    Purge("purge_views", _DAY),
    Purge("purge_claims", _DAY),
    Purge("purge_entries", _DAY, rows=20),
    Purge("purge_quotas", _HOUR),
    Purge("purge_confirms", _DAY),
    Purge("purge_decisions", _DAY),
    Purge("purge_jobs", _DAY),
    Purge("purge_overheard", _HOUR),
    Purge("purge_pairings", _HOUR),
    Purge("purge_requests", _DAY),
    Purge("purge_invitations", _HOUR),
    Purge("purge_pulls", _DAY, rows=50),
    Purge("purge_topics", _DAY),
    Purge("purge_schedules", _DAY),
    Purge("purge_schedule_turns", _DAY),
    Purge("purge_usage", _DAY),
    Purge("purge_hook_deliveries", _HOUR),
    Purge("purge_check_results", _DAY),
    Purge("purge_searches", _DAY),
    Purge("purge_console_requests", _DAY),
)


async def purge_slice(store: Store, purge: Purge) -> int:
    """Remove at most `purge.rows` rows in a transaction of their own; return how many went.

    Raises:
        LeadershipLost: another gateway leads.
        StoreError: as `TooSlow`, for a slice of more than `SLICE_SECONDS`; nothing went then.
    """
    async with store.transaction() as tx:
        await tx.row("limit_statement", str(int(SLICE_SECONDS * 1000)))
        status = await tx.execute(purge.query, purge.rows)
    return int(status.rsplit(" ", 1)[-1])


class Purger:
    """Keeps every purge going, one slice at a time: one that fails or is slow waits, and the others take their turns.

    Args:
        store: Where the rows are.
        check: Raises when this process may no longer act.
        purges: Which.
    """

    def __init__(self, store: Store, check: Callable[[], None], purges: Sequence[Purge] = PURGES) -> None:
        self._store = store
        self._check = check
        self._purges = tuple(purges)
        self._one = asyncio.Semaphore(1)  # first come, first served: a long purge lets the others in between its slices

    async def run(self) -> None:
        """Purge until cancelled, or until `check` raises."""
        async with asyncio.TaskGroup() as group:
            for purge in self._purges:
                group.create_task(self._keep(purge), name=purge.query)

    async def _keep(self, purge: Purge) -> None:
        while True:
            pause = await self._look(purge)
            await asyncio.sleep(pause)

    async def _look(self, purge: Purge) -> float:
        """Remove one slice; return the seconds to the next look."""
        try:
            async with self._one:
                self._check()
                gone = await purge_slice(self._store, purge)
        except StoreError as error:
            _log.warning("purge_failed", extra={"purge": purge.query, "error": type(error).__name__})
            return _AGAIN_SECONDS
        return purge.every if gone < purge.rows else _BETWEEN_SLICES_SECONDS
