"""One unit of work: one connection, one transaction, fenced; what follows from it is told once it is committed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from agent_gateway.effects import Effect, WakeThread
from agent_gateway.errors import LeadershipLost
from agent_gateway.store.errors import Undone, translated
from agent_gateway.store.rooms import Rooms
from agent_gateway.store.session import Records
from agent_gateway.store.sql import QUERIES, fill

_ONE_ROW: Final = "SELECT 1"
"""How the server tells of a query that found a row."""
_DONE: Final = "COMMIT"
"""How it tells of an end that holds; of a transaction in which a statement failed it says ROLLBACK, and no error."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Which leader's writes count."""

    bot_id: int
    epoch: int


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

    async def begin(self, fence: Fence, *, durable: bool = True) -> None:
        """Open it, for a leader; both in one round trip.

        Args:
            fence: Which leader's.
            durable: Its end waits for the database's disk.

        Raises:
            LeadershipLost: another gateway took over.
            Away: the database does not answer.
        """
        begin = "BEGIN" if durable else "BEGIN; SET LOCAL synchronous_commit = off"
        with translated():
            held = await self._connection.execute(f"{begin}; {fill('fence', fence.bot_id, fence.epoch)}")
        if held != _ONE_ROW:
            raise LeadershipLost("another gateway leads")

    async def commit(self) -> None:
        """Commit it, and record in the same round trip which threads are to be looked at.

        So a hint that is lost costs seconds.

        Raises:
            Away: whether it is committed is not known.
            Undone: nothing is, as an error inside it was passed over.
        """
        due = sorted({effect.thread_id for effect in self._effects if isinstance(effect, WakeThread)})
        with translated():
            ended = await self._connection.execute(f"{fill('mark_due', due)}; {_DONE}" if due else _DONE)
        if ended != _DONE:
            raise Undone("all of a transaction was undone: an error inside it was passed over")

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
