"""What rooms of the store are made on: named queries over the pool, or over one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from agent_gateway.store.rooms import Rooms
    from agent_gateway.store.transaction import Transaction

SLICE_BYTES: Final = 256 << 10
"""Of a row of bytes that are read at once."""


class Session(ABC):
    """Runs named queries. Each raises what `store.errors` names.

    Args:
        bot_id: Whose conversations.
    """

    def __init__(self, bot_id: int) -> None:
        self.bot_id = bot_id

    @abstractmethod
    async def row(self, name: str, *args: Any) -> Any:
        """Return the first row of a query, or None."""

    @abstractmethod
    async def rows(self, name: str, *args: Any) -> list[Any]:
        """Return every row of a query."""

    @abstractmethod
    async def value(self, name: str, *args: Any) -> Any:
        """Return the first column of the first row of a query, or None."""

    @abstractmethod
    async def execute(self, name: str, *args: Any) -> str:
        """Write; return the server's command tag, as in `DELETE 3`."""

    @property
    @abstractmethod
    def tx(self) -> Transaction:
        """Return the transaction that this session is; RuntimeError where it is none."""

    @abstractmethod
    def unit(self) -> AbstractAsyncContextManager[Transaction]:
        """Join the transaction of this session, or open one of its own."""

    async def pages(self, name: str, key: Any, size: int) -> AsyncIterator[Any]:
        """Yield rows in the order of their ordinals, in pages of a `size` that the query counts: rows, or their bytes.

        No connection is held in between: whoever reads them slowly keeps nobody else from the database.
        """
        after = -1
        while rows := await self.rows(name, key, after, size):
            for row in rows:
                yield row
            after = rows[-1]["ordinal"]

    async def slices(self, name: str, key: Any) -> AsyncIterator[bytes]:
        """Yield what stands in rows of bytes, ordinal by ordinal, in slices of at most `SLICE_BYTES`.

        No connection is held in between, and no more than a slice is ever in memory.
        """
        ordinal, begin = 0, 1
        while (row := await self.row(name, key, ordinal, begin, SLICE_BYTES)) is not None:
            yield row["data"]
            begin += SLICE_BYTES
            if begin > row["bytes"]:
                ordinal, begin = ordinal + 1, 1


class Room:
    """The queries of one kind of fact.

    On the store each method that writes is a transaction of its own; on a transaction it is part of that.
    """

    def __init__(self, session: Rooms) -> None:
        self._session = session

    @property
    def _tx(self) -> Transaction:
        """Of what is only part of a transaction, as it holds rows or takes several statements."""
        return self._session.tx

    @property
    def _bot_id(self) -> int:
        return self._session.bot_id


Values = Sequence[Any]
Records = Iterable[Values]
