"""Who has a place where there are not enough for all."""

from __future__ import annotations

from agent_gateway.store.database import Database


class SlotQueries(Database):
    """The places of people."""

    async def count_slots(self) -> dict[int, int]:
        """Count the runs that are not over by who wrote last in their conversation; sub-agents are not counted."""
        return {row["person_id"]: row["places"] for row in await self._rows("count_places")}
