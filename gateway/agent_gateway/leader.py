"""One gateway at a time polls, dispatches, sends and holds runners.

A session advisory lock says who; its session times out in the server, so that a hung leader's lock is free again. The
epoch says it once more in each write, so that a former leader's late write is refused by the database itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import asyncpg

from agent_gateway.errors import DatabaseAway, LeadershipLost, OtherBot
from agent_gateway.store import Fence, Store
from agent_gateway.store.database import FAULTS, describe
from agent_gateway.store.sql import QUERIES

PING_SECONDS = 2.0
SILENCE_SECONDS = 5.0
"""Without an answer for so long, every effect stops: well before the server frees the lock."""
_SESSION_TIMEOUT_MS = 10_000
_LOCK = "openclaw-gateway"
_log = logging.getLogger(__name__)


async def take_over(store: Store, bot_name: str) -> Fence:
    """Begin a new epoch; the store writes in it from now on.

    Raises:
        OtherBot: the database belongs to another bot.
    """
    async with store.pool.acquire() as connection, connection.transaction():
        other = await connection.fetchval(QUERIES["other_bot"], store.bot_id)
        if other is not None:
            raise OtherBot(
                f"This database belongs to bot {other}, and the token is of bot {store.bot_id}. Install another release "
                "with a database of its own for another bot, or put the old token back."
            )
        epoch = await connection.fetchval(QUERIES["take_over"], store.bot_id, bot_name)
    store.fence = Fence(store.bot_id, epoch)
    await store.reset_sending()
    return store.fence


class Leader:
    """The lock, and whether we may still act on it."""

    def __init__(self, store: Store, dsn: Callable[[], str], bot_name: str) -> None:
        self._store = store
        self._dsn = dsn
        self._bot_name = bot_name
        self._connection: asyncpg.Connection | None = None
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
            DatabaseAway: the database is out of reach.
        """
        try:
            await self._wait_for_lock()
            fence = await take_over(self._store, self._bot_name)
        except FAULTS as error:
            raise DatabaseAway(describe(error)) from error
        _log.info("leading", extra={"step": "leading", "epoch": fence.epoch})

    async def _wait_for_lock(self) -> None:
        self._connection = await asyncpg.connect(
            self._dsn(), timeout=10, command_timeout=SILENCE_SECONDS,
            server_settings={"idle_session_timeout": str(_SESSION_TIMEOUT_MS), "application_name": "leader"},
        )  # fmt: skip
        waited = False
        while not await self._connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", _LOCK):
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
        if self._connection is None:
            raise LeadershipLost("this gateway does not lead")
        while True:
            await asyncio.sleep(PING_SECONDS)
            try:
                await self._connection.fetchval("SELECT 1")
            except FAULTS as error:
                self._store.fence = None
                raise LeadershipLost("the lock's session with the database ended") from error
            self._answered = time.monotonic()

    async def release(self) -> None:
        """Give the lock back at once, so that the next gateway need not wait."""
        self._store.fence = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                await connection.close(timeout=2)
            except FAULTS:
                connection.terminate()
