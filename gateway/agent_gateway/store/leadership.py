"""Who leads, as the database knows it: a lock of a session of its own, and an epoch that each write checks."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any, Final

import asyncpg

from agent_gateway.errors import LeadershipLost, OtherBot, OtherName
from agent_gateway.store.database import (
    ACQUIRE_SECONDS,
    CONNECT_SECONDS,
    SESSION_SETTINGS,
    Store,
    bound_socket,
    build_session_name,
)
from agent_gateway.store.dsn import POOLED, BadDsn, read_dsn
from agent_gateway.store.errors import Away, told_of_poolers, translated
from agent_gateway.store.sql import QUERIES
from agent_gateway.store.transaction import Fence

SESSION_SECONDS: Final = 10
"""After so long without a word the server ends the lock's session: a hung leader's lock is free again."""
FENCE_SECONDS: Final = 2.0
"""How long a take-over waits for the former leader's transactions, before it ends their sessions and once more after."""
_LOCK: Final = "openclaw-gateway"
_STANDBY: Final = "openclaw-gateway-standby"
_log = logging.getLogger(__name__)


class LeaderLock:
    """The lock's session.

    Args:
        connection: Of asyncpg, for nothing else.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, dsn: str, bot_id: int, *, answer_seconds: float) -> LeaderLock:
        """Connect; each call is answered within `answer_seconds` or raises.

        Raises:
            Away: there is no answer.
            BadDsn: the DSN cannot be used, or what stands between does not keep a session for us.
        """
        settings = {
            **SESSION_SETTINGS, "idle_session_timeout": f"{SESSION_SECONDS}s",
            "application_name": build_session_name(bot_id, "lock"),
        }  # fmt: skip
        with translated(), told_of_poolers():
            connection = await asyncpg.connect(
                read_dsn(dsn).url, timeout=CONNECT_SECONDS, command_timeout=answer_seconds, server_settings=settings
            )
        lock = cls(connection)
        try:
            with translated():
                await bound_socket(connection)
                held = await connection.fetchval("SELECT current_setting('idle_session_timeout')")
        except Away:
            lock.terminate()
            raise
        if held != settings["idle_session_timeout"]:
            lock.terminate()
            raise BadDsn(POOLED)
        return lock

    async def wait_in_line(self) -> None:
        """Let the leader know that somebody stands by.

        Raises:
            Away: the session ended.
        """
        with translated():
            await self._connection.execute(f"SELECT pg_advisory_lock_shared(hashtext('{_STANDBY}'))")

    async def try_take(self) -> bool:
        """Take the lock if it is free; who has it stands by no more.

        Raises:
            Away: the session ended.
        """
        with translated():
            taken = bool(await self._connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", _LOCK))
            if taken:
                await self._connection.execute(f"SELECT pg_advisory_unlock_shared(hashtext('{_STANDBY}'))")
            return taken

    async def has_successor(self) -> bool:
        """Say whether somebody stands by.

        Raises:
            Away: the session ended.
        """
        query = "SELECT CASE WHEN pg_try_advisory_lock(hashtext($1)) THEN NOT pg_advisory_unlock(hashtext($1)) ELSE true END"
        with translated():
            return bool(await self._connection.fetchval(query, _STANDBY))

    async def ping(self, seconds: float | None = None) -> bool:
        """Keep the session; say whether the database can be written.

        Args:
            seconds: How long the answer may take; as long as any other where None.

        Raises:
            Away: it ended, and with it the lock; or there is no answer.
        """
        with translated():
            return str(await self._connection.fetchval("SHOW transaction_read_only", timeout=seconds)) == "off"

    async def listen(self, channel: str, hear: Callable[[], None]) -> None:
        """Have `hear` called when another process says something on a channel: a hint that may be lost.

        Raises:
            Away: the session ended.
        """
        with translated():
            await self._connection.add_listener(channel, lambda *_: hear())

    async def close(self) -> None:
        """Give the lock back at once."""
        try:
            with translated():
                await self._connection.close(timeout=1)
        except Away:
            self.terminate()

    def terminate(self) -> None:
        """End the session without a word to a server that may not listen."""
        self._connection.terminate()


async def check_owner(store: Store, bot_name: str) -> None:
    """Refuse a database of another bot, or of this bot under another name.

    Raises:
        OtherBot: it belongs to another bot.
        OtherName: its AgentThreads bear another name of this bot.
        Away: it is out of reach.
    """
    with translated():
        async with store.pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
            await _check_owner(connection, store.bot_id, bot_name)


async def take_over(store: Store, bot_name: str) -> Fence:
    """Begin a new epoch; the store writes in it from now on.

    A transaction of the former leader that does not end is ended with its session.

    Raises:
        OtherBot: the database belongs to another bot.
        OtherName: it belongs to this bot under another name.
        Away: it is out of reach, or a session that is in the way cannot be ended.
    """
    epoch = await _begin_epoch(store, bot_name)
    if epoch is None:
        await _end_former_sessions(store)
        epoch = await _begin_epoch(store, bot_name)
    if epoch is None:
        raise Away("a transaction of the former leader does not end: its session is waited for")
    store.fence = Fence(store.bot_id, epoch)
    with contextlib.suppress(LeadershipLost):
        await store.outbox.reset_sending()
    return store.fence


async def _begin_epoch(store: Store, bot_name: str) -> int | None:
    """Return the new epoch; None where transactions of the former leader are in the way."""
    try:
        with translated():
            async with store.pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
                await _check_owner(connection, store.bot_id, bot_name)
                await connection.execute(QUERIES["limit_lock_wait"], f"{FENCE_SECONDS * 1000:.0f}")
                await connection.execute(QUERIES["close_fence"])
                return int(await connection.fetchval(QUERIES["take_over"], store.bot_id, bot_name))
    except Away as error:
        if isinstance(error.__cause__, asyncpg.LockNotAvailableError):
            return None
        raise


async def _end_former_sessions(store: Store) -> None:
    try:
        with translated():
            async with store.pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                ended = await connection.fetch(QUERIES["end_fenced_sessions"])
    except Away as error:
        if not isinstance(error.__cause__, asyncpg.InsufficientPrivilegeError):
            raise
        _log.warning("former_sessions_stay", extra={
            "problem": "Postgres does not let this role end the former leader's sessions: they end by themselves in seconds"
        })  # fmt: skip
        return
    _log.warning("former_sessions_ended", extra={"count": len(ended)})


async def _check_owner(connection: Any, bot_id: int, bot_name: str) -> None:
    other = await connection.fetchval(QUERIES["other_bot"], bot_id)
    if other is not None:
        raise OtherBot(
            f"This database belongs to bot {other}, and the token is of bot {bot_id}. Install another "
            "release with a database of its own for another bot, or put the old token back."
        )
    name = await connection.fetchval("SELECT bot_name FROM leader WHERE bot_id = $1", bot_id)
    if name is not None and name != bot_name:
        raise OtherName(
            f"This release calls its bot {name}, and BOT_NAME (telegram.botName) is {bot_name} now. The names of its "
            f"AgentThreads begin with {name} and cannot change: set it to {name} again."
        )
