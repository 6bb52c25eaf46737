"""Who has a place where there are not enough for all."""

from __future__ import annotations

from agent_gateway.store.session import Room


class SlotQueries(Room):
    """The places of people."""

    async def count(self) -> dict[int, int]:
        """Count the runs that are not over by who wrote last in their conversation; sub-agents are not counted."""
        return {row["person_id"]: row["places"] for row in await self._session.rows("count_places")}
