"""One unit of work: one connection, one transaction, fenced; what follows from it is told once it is committed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from typing_extensions import override

from agent_gateway.effects import Effect, WakeThread
from agent_gateway.store.errors import translated
from agent_gateway.store.rooms import Rooms
from agent_gateway.store.session import Records
from agent_gateway.store.sql import QUERIES


class Transaction(Rooms):
    """The rooms of the store over one connection.

    Nothing inside may wait for the network or for a second connection: what is needed is read before, and what follows
    is an effect.
    """

    def __init__(self, bot_id: int, connection: Any) -> None:
        super().__init__(bot_id)
        self._connection = connection
        self._effects: list[Effect] = []

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return what follows, in order."""
        return tuple(self._effects)

    def after(self, *effects: Effect) -> None:
        """Note what follows once this is committed. An effect is a hint: one that is lost is found by what is due."""
        self._effects += effects

    @override
    async def row(self, name: str, *args: Any) -> Any:
        with translated():
            return await self._connection.fetchrow(QUERIES[name], *args)

    @override
    async def rows(self, name: str, *args: Any) -> list[Any]:
        with translated():
            return list(await self._connection.fetch(QUERIES[name], *args))

    @override
    async def value(self, name: str, *args: Any) -> Any:
        with translated():
            return await self._connection.fetchval(QUERIES[name], *args)

    @override
    async def execute(self, name: str, *args: Any) -> str:
        with translated():
            return str(await self._connection.execute(QUERIES[name], *args))

    async def many(self, name: str, records: Records) -> None:
        """Write once for each record."""
        with translated():
            await self._connection.executemany(QUERIES[name], records)

    async def stream(self, name: str, *args: Any) -> AsyncIterator[Any]:
        """Yield rows as they are read, never all in memory."""
        cursor = self._connection.cursor(QUERIES[name], *args, prefetch=100)
        rows = cursor.__aiter__()
        while True:
            try:
                with translated():
                    row = await rows.__anext__()
            except StopAsyncIteration:
                return
            yield row

    @property
    @override
    def tx(self) -> Transaction:
        return self

    @override
    @contextlib.asynccontextmanager
    async def unit(self) -> AsyncIterator[Transaction]:
        yield self

    async def mark_due(self) -> None:
        """Record which threads are to be looked at, so that a hint that is lost costs seconds."""
        due = sorted({effect.thread_id for effect in self._effects if isinstance(effect, WakeThread)})
        if due and "mark_due" in QUERIES:
            await self.execute("mark_due", due)
