"""Who leads, as the database knows it: a lock of a session of its own, and an epoch that each write checks."""

from __future__ import annotations

import contextlib
from typing import Any, Final

import asyncpg

from agent_gateway.errors import LeadershipLost, OtherBot
from agent_gateway.store.database import APPLICATION, CONNECT_SECONDS, SESSION_SETTINGS, Fence, Store, bound_socket
from agent_gateway.store.errors import Away, translated
from agent_gateway.store.sql import QUERIES

SESSION_SECONDS: Final = 10
"""After so long without a word the server ends the lock's session: a hung leader's lock is free again."""
_LOCK: Final = "openclaw-gateway"


class LeaderLock:
    """The lock's session.

    Args:
        connection: Of asyncpg, for nothing else.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, dsn: str, *, answer_seconds: float) -> LeaderLock:
        """Connect; each call is answered within `answer_seconds` or raises.

        Raises:
            Away: there is no answer.
        """
        settings = {
            **SESSION_SETTINGS, "idle_session_timeout": f"{SESSION_SECONDS}s", "application_name": f"{APPLICATION}-leader",
        }  # fmt: skip
        with translated():
            connection = await asyncpg.connect(
                dsn, timeout=CONNECT_SECONDS, command_timeout=answer_seconds, server_settings=settings
            )
            await bound_socket(connection)
        return cls(connection)

    async def try_take(self) -> bool:
        """Take the lock if it is free.

        Raises:
            Away: the session ended.
        """
        with translated():
            return bool(await self._connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", _LOCK))

    async def ping(self) -> None:
        """Keep the session.

        Raises:
            Away: it ended, and with it the lock.
        """
        with translated():
            await self._connection.fetchval("SELECT 1")

    async def close(self) -> None:
        """Give the lock back at once."""
        try:
            with translated():
                await self._connection.close(timeout=2)
        except Away:
            self._connection.terminate()


async def take_over(store: Store, bot_name: str) -> Fence:
    """Begin a new epoch; the store writes in it from now on.

    Raises:
        OtherBot: the database belongs to another bot.
        Away: it is out of reach.
    """
    with translated():
        async with store.pool.acquire() as connection, connection.transaction():
            other = await connection.fetchval(QUERIES["other_bot"], store.bot_id)
            if other is not None:
                raise OtherBot(
                    f"This database belongs to bot {other}, and the token is of bot {store.bot_id}. Install another "
                    "release with a database of its own for another bot, or put the old token back."
                )
            epoch = await connection.fetchval(QUERIES["take_over"], store.bot_id, bot_name)
    store.fence = Fence(store.bot_id, epoch)
    with contextlib.suppress(LeadershipLost):
        await store.outbox.reset_sending()
    return store.fence
