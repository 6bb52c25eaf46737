"""The store of one gateway: a pool of connections with limits, and transactions that only a leader can have."""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Self

import asyncpg
from typing_extensions import override

from agent_gateway.errors import LeadershipLost
from agent_gateway.events import Events
from agent_gateway.metrics import CONNECTION_HELD, CONNECTION_WAIT
from agent_gateway.store.dsn import read_dsn
from agent_gateway.store.errors import Away, told_of_poolers, translated
from agent_gateway.store.hooks import NewDelivery
from agent_gateway.store.rooms import Rooms
from agent_gateway.store.sql import QUERIES, WRITING
from agent_gateway.store.transaction import Fence, Transaction

CONNECT_SECONDS: Final = 5.0
ACQUIRE_SECONDS: Final = 5.0
"""How long a task waits for a free connection."""
STATEMENT_SECONDS: Final = 20.0
_CANCEL_SECONDS: Final = 5.0
"""By so much the client waits longer than the server: the server's own word frees its locks."""
POOL_SIZE: Final = 10
INBOX_CHANNEL: Final = "openclaw_inbox"
"""Where a webhook of any replica tells the leader of an update."""
APPLICATION: Final = "openclaw-gateway"
INSTANCE: Final = secrets.token_hex(4)
"""Tells this process's sessions from those of another gateway."""
AGAIN: Final = frozenset({"settle_due", "begin_reaction", "settle_reaction", "retry_reaction"})
"""Queries whose loss costs a look or a call that is made again: no disk is waited for."""
SESSION_SETTINGS: Final = {
    # a gateway that is lost in the middle of a write must not hold its locks until TCP gives up
    "idle_in_transaction_session_timeout": "8s",
    "lock_timeout": "8s",
    "statement_timeout": f"{STATEMENT_SECONDS:g}s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
    # no statement of ours runs for as long as it takes to compile it
    "jit": "off",
    # where many messages hold a word, their places must fit: else messages are cut into words anew, for seconds
    "work_mem": "16MB",
}


class Store(Rooms):
    """Everything durable. Reads take a connection for one query; each write is a transaction.

    Args:
        pool: Connections.
        bot_id: Whose conversations.
        events: Is given the effects of each committed transaction.
    """

    def __init__(self, pool: asyncpg.Pool, bot_id: int, events: Events) -> None:
        super().__init__(bot_id)
        self.pool = pool
        self.fence: Fence | None = None
        self.events = events

    @classmethod
    async def open(
        cls,
        dsn: str,
        bot_id: int,
        *,
        size: int = POOL_SIZE,
        events: Events | None = None,
    ) -> Self:
        """Connect.

        Raises:
            Away: there is no answer, or it refuses us; the text never holds the password.
            BadDsn: the DSN cannot be used, or leads to a pooler.
        """
        with translated(), told_of_poolers():
            pool = await asyncpg.create_pool(
                read_dsn(dsn).url, min_size=2, max_size=size, timeout=CONNECT_SECONDS, init=bound_socket, reset=_reset,
                command_timeout=STATEMENT_SECONDS + _CANCEL_SECONDS,
                # of what is silent too long the keepalives tell; whoever asks after a pause, or when five minutes of a
                # statement are over, is not to wait for a session and its statements to be made anew
                max_inactive_connection_lifetime=0, max_cached_statement_lifetime=0,
                server_settings={**SESSION_SETTINGS, "application_name": build_session_name(bot_id, "pool")},
            )  # fmt: skip
        return cls(pool, bot_id, events or Events())

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()

    def abandon(self) -> None:
        """End every connection at once, whatever it does: a database that is silent must not hold us."""
        self.fence = None
        self.pool.terminate()

    async def receive(self, rows: Sequence[tuple[int, str, str]]) -> None:
        """Commit (update id, queue, payload) rows of the inbox, whoever leads; rows known already are passed over.

        An update as it came is the same whoever stores it, so this alone needs no lead. The leader is told.
        """
        async with self._connection() as connection:
            with translated():
                await connection.executemany(QUERIES["receive_update"], [(self.bot_id, *row) for row in rows])

    async def receive_hook(self, new: NewDelivery) -> str:
        """Commit an event that was brought to a hook, whoever leads; return `taken`, `known`, or the limit that is reached."""
        async with self._connection() as connection:
            with translated():
                return str(await connection.fetchval(QUERIES["receive_hook"], self.bot_id, *new.to_values()))

    @contextlib.asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[Transaction]:
        """Open a transaction that holds only while we lead; its effects are performed once it is committed.

        Args:
            durable: Its end waits for the database's disk; else it may be lost within a second, where the database itself ends.

        Raises:
            LeadershipLost: another gateway took over.
            Away: nothing is known to be committed: what was asked must bear being repeated.
            Undone: nothing is committed, as an error inside it was passed over: a mistake of ours.
        """
        if self.fence is None:
            raise LeadershipLost("this gateway does not lead")
        async with self._connection() as connection:
            tx = Transaction(self.bot_id, connection)
            try:
                await tx.begin(self.fence, durable=durable)
                yield tx
                await tx.commit()
            except BaseException:
                with contextlib.suppress(Away), translated():
                    await connection.execute("ROLLBACK")
                raise
        self.events.publish(tx.effects)

    @property
    @override
    def tx(self) -> Transaction:
        raise RuntimeError("this belongs into a transaction")

    @override
    def unit(self) -> contextlib.AbstractAsyncContextManager[Transaction]:
        return self.transaction()

    @override
    async def row(self, name: str, *args: Any) -> Any:
        if name in WRITING:
            async with self._own(name) as tx:
                return await tx.row(name, *args)
        async with self._connection() as connection:
            with translated():
                return await connection.fetchrow(QUERIES[name], *args)

    @override
    async def rows(self, name: str, *args: Any) -> list[Any]:
        if name in WRITING:
            async with self._own(name) as tx:
                return await tx.rows(name, *args)
        async with self._connection() as connection:
            with translated():
                return list(await connection.fetch(QUERIES[name], *args))

    @override
    async def value(self, name: str, *args: Any) -> Any:
        if name in WRITING:
            async with self._own(name) as tx:
                return await tx.value(name, *args)
        async with self._connection() as connection:
            with translated():
                return await connection.fetchval(QUERIES[name], *args)

    @override
    async def execute(self, name: str, *args: Any) -> str:
        async with self._own(name) as tx:
            return await tx.execute(name, *args)

    def _own(self, name: str) -> contextlib.AbstractAsyncContextManager[Transaction]:
        return self.transaction(durable=name not in AGAIN)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        begun = time.perf_counter()
        with translated():
            connection = await self.pool.acquire(timeout=ACQUIRE_SECONDS)
        taken = time.perf_counter()
        CONNECTION_WAIT.observe(taken - begun)
        try:
            yield connection
        finally:
            with contextlib.suppress(Away), translated():
                await self.pool.release(connection, timeout=_CANCEL_SECONDS)
            CONNECTION_HELD.observe(time.perf_counter() - taken)


def build_session_name(bot_id: int, part: str) -> str:
    """Return what `pg_stat_activity` calls a session of this process."""
    return f"{APPLICATION}-{bot_id}-{INSTANCE}-{part}"


async def bound_socket(connection: Any) -> None:
    """Let a connection whose other side is gone end within seconds; the server's settings do the same for its side."""
    link = connection._transport.get_extra_info("socket")  # noqa: SLF001  # asyncpg has no other way to its socket
    if link is None or link.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 10_000)):
        if hasattr(socket, option):
            link.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


async def _reset(connection: Any) -> None:
    """Spare the round trip after each use: nothing here leaves a state in its session but an open transaction."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")
