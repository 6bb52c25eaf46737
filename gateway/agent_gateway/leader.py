"""One gateway at a time polls, dispatches, sends and holds runners.

A session advisory lock says who; its session times out in the server, so that a hung leader's lock is free again. The
epoch says it once more in each write, so that a former leader's late write is refused by the database itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from agent_gateway.errors import LeadershipLost
from agent_gateway.restored import settle_restore
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.leadership import LeaderLock, take_over

PING_SECONDS = 2.0
SILENCE_SECONDS = 5.0
"""Without an answer for so long, every effect stops: well before the server frees the lock."""
_log = logging.getLogger(__name__)


class Leader:
    """The lock, and whether we may still act on it."""

    def __init__(self, store: Store, dsn: Callable[[], str], bot_name: str) -> None:
        self._store = store
        self._dsn = dsn
        self._bot_name = bot_name
        self._lock: LeaderLock | None = None
        self._answered = 0.0

    def check(self) -> None:
        """Refuse to go on unless we lead and the database answered lately.

        Raises:
            LeadershipLost: we do not, or it did not.
        """
        if self._store.fence is None:
            raise LeadershipLost("this gateway does not lead")
        if time.monotonic() - self._answered > SILENCE_SECONDS:
            raise LeadershipLost("the database has not answered for five seconds")

    async def acquire(self) -> None:
        """Wait until we lead, then begin an epoch.

        Raises:
            OtherBot: the database belongs to another bot.
            Away: the database is out of reach.
        """
        await self._wait_for_lock()
        fence = await take_over(self._store, self._bot_name)
        await settle_restore(self._store)
        _log.info("leading", extra={"step": "leading", "epoch": fence.epoch})

    async def _wait_for_lock(self) -> None:
        self._lock = await LeaderLock.open(self._dsn(), answer_seconds=SILENCE_SECONDS)
        waited = False
        while not await self._lock.try_take():
            if not waited:
                _log.info("another gateway leads; waiting", extra={"step": "standby"})
                waited = True
            await asyncio.sleep(1)
        self._answered = time.monotonic()

    async def hold(self) -> None:
        """Ping until the lock is lost.

        Raises:
            LeadershipLost: the session is gone; its lock may be another's.
        """
        if self._lock is None:
            raise LeadershipLost("this gateway does not lead")
        while True:
            await asyncio.sleep(PING_SECONDS)
            try:
                await self._lock.ping()
            except Away as error:
                self._store.fence = None
                raise LeadershipLost("the lock's session with the database ended") from error
            self._answered = time.monotonic()

    async def release(self) -> None:
        """Give the lock back at once, so that the next gateway need not wait."""
        self._store.fence = None
        if self._lock is not None:
            lock, self._lock = self._lock, None
            await lock.close()
