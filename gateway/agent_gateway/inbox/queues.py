"""The rows of the inbox, lane by lane: a lane strictly in its order, lanes in parallel, and none waits for another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.purges import Purger
from agent_gateway.store.rows import InboxRow
from agent_gateway.wake import Wake

_log = logging.getLogger(__name__)
POLL_SECONDS = 2.0
_REST_SECONDS = 1.0
"""How long a lane waits whose row could not be taken."""
_PARALLEL = 4
"""Fewer than the pool has connections: each holds one for its transaction, and commands look things up on another."""


class InboxQueues:
    """Takes the oldest row of each lane, then the next.

    Args:
        store: The inbox.
        wake: Tells that it holds something new.
        check: Raises when this process may no longer act.
        take: Takes one row; False where that is to be tried again.
    """

    def __init__(
        self, store: Store, wake: Wake, check: Callable[[], None], take: Callable[[InboxRow], Awaitable[bool]]
    ) -> None:
        self._store = store
        self._wake = wake
        self._check = check
        self._take = take
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_PARALLEL)  # first come, first served: a long lane gets no more than others

    async def run(self) -> None:
        """Take rows for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(Purger(self._store, self._check).run())
            while True:
                try:
                    self._check()
                    self._wake.inbox_due.clear()
                    for row in await self._store.inbox.next(list(self._busy)):
                        self._busy[row.lane] = group.create_task(self._work(row))
                except Away as error:
                    _log.warning("inbox_failed", extra={"error": type(error).__name__})
                    await asyncio.sleep(1)
                await _wait(self._wake.inbox_due, POLL_SECONDS)

    async def _work(self, row: InboxRow) -> None:
        try:
            async with self._slots:
                self._check()
                taken = await self._take(row)
            if not taken:
                await asyncio.sleep(_REST_SECONDS)
        finally:
            del self._busy[row.lane]
            self._wake.inbox()



async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
