"""What was found out about connections, and what administrators were told of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from agent_gateway.store.session import Room


@dataclass(frozen=True, slots=True)
class Noted:
    """What is known of a connection.

    Attributes:
        times: Looks in a row that found the same.
        since: The microsecond of the first of them.
        told: What administrators were told last; None where it can be used, as far as they know.
    """

    times: int
    since: int
    told: str | None


class ConnectionQueries(Room):
    """Connections."""

    async def note(self, name: str, reason: str) -> Noted:
        """Record what a look has found."""
        row = await self._tx.row("note_connection", self._bot_id, name, reason)
        return Noted(row["times"], row["since"], row["told"])

    async def mark_told(self, name: str, told: str | None) -> None:
        """Record what administrators are told."""
        await self._tx.execute("mark_connection_told", self._bot_id, name, told)

    async def keep_only(self, names: Collection[str]) -> None:
        """Forget the connections that are no more."""
        await self._session.execute("forget_connections", self._bot_id, list(names))
