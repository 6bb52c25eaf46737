"""Who did what."""

from __future__ import annotations

from agent_gateway.store.session import Room


class AuditQueries(Room):
    """The audit."""

    async def add(self, person_id: int | None, action: str, subject: str) -> None:
        """Record who asked for what."""
        await self._session.execute("add_audit", person_id, action, subject)

    async def count(self, person_id: int, action: str, seconds: float) -> int:
        """Count what a person did in the last seconds."""
        return int(await self._session.value("count_audit", person_id, action, seconds))
