"""The pool, and the transaction that only a leader can have."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final, Self

import asyncpg

from agent_gateway.errors import DatabaseAway, LeadershipLost
from agent_gateway.store.sql import QUERIES

Connection = Any
"""An asyncpg connection, from the pool or not."""


FAULTS: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What may come of a database that is away, or of a connection that it ended (the last is no kind of the others)."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Which leader's writes count."""

    bot_id: int
    epoch: int


class Database:
    """A pool of connections; everything else of the store stands on it."""

    def __init__(self, pool: asyncpg.Pool, bot_id: int) -> None:
        self.pool = pool
        self.bot_id = bot_id
        self.fence: Fence | None = None

    @classmethod
    async def open(cls, dsn: str, bot_id: int, *, size: int = 10) -> Self:
        """Connect.

        Raises:
            DatabaseAway: there is no answer, or it refuses us; the text never holds the password.
        """
        try:
            pool = await asyncpg.create_pool(dsn, min_size=2, max_size=size, command_timeout=30, timeout=10)
        except FAULTS as error:
            raise DatabaseAway(describe(error)) from error
        return cls(pool, bot_id)

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()

    @contextlib.asynccontextmanager
    async def fenced(self) -> AsyncIterator[Connection]:
        """Open a transaction that holds only while we lead.

        Raises:
            LeadershipLost: another gateway took over.
        """
        if self.fence is None:
            raise LeadershipLost("this gateway does not lead")
        async with self.pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(QUERIES["fence"], self.fence.bot_id, self.fence.epoch):
                raise LeadershipLost("another gateway leads")
            yield connection

    async def _row(self, name: str, *args: Any) -> Any:
        return await self.pool.fetchrow(QUERIES[name], *args)

    async def _rows(self, name: str, *args: Any) -> list[Any]:
        return list(await self.pool.fetch(QUERIES[name], *args))

    async def _pages(self, name: str, key: Any, size: int) -> AsyncIterator[Any]:
        """Yield rows in the order of their ordinals, in pages of a `size` that the query counts: rows, or their bytes.

        No connection is held in between: whoever reads them slowly keeps nobody else from the database.
        """
        after = -1
        while rows := await self._rows(name, key, after, size):
            for row in rows:
                yield row
            after = rows[-1]["ordinal"]

    async def _value(self, name: str, *args: Any) -> Any:
        return await self.pool.fetchval(QUERIES[name], *args)

    async def _write(self, name: str, *args: Any) -> None:
        async with self.fenced() as connection:
            await connection.execute(QUERIES[name], *args)


def describe(error: BaseException) -> str:
    """Say in words why the database does not answer, without anything of the DSN."""
    if isinstance(error, asyncpg.InvalidPasswordError | asyncpg.InvalidAuthorizationSpecificationError):
        return "Postgres refuses the user or password: check DATABASE_URL"
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return "Postgres has no database of that name: check DATABASE_URL"
    return f"Postgres is out of reach ({type(error).__name__}): check DATABASE_URL and that it runs"
