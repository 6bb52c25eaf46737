"""Who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent_gateway.store.session import Room

NEWEST: Final = 2**62
"""Behind the newest act."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did.

    Attributes:
        id: Grows with each act.
        at: When.
        person_id: Who; None where the gateway did it by itself.
        name: As that person bears it now; None where nobody has told.
        action: What, in a word.
        subject: To what.
    """

    id: int
    at: datetime
    person_id: int | None
    name: str | None
    action: str
    subject: str


class AuditQueries(Room):
    """The audit."""

    async def add(self, person_id: int | None, action: str, subject: str) -> None:
        """Record who asked for what."""
        await self._session.execute("add_audit", person_id, action, subject)

    async def count(self, person_id: int, action: str, seconds: float) -> int:
        """Count what a person did in the last seconds."""
        return int(await self._session.value("count_audit", person_id, action, seconds))

    async def page(self, most: int, before: int = NEWEST, person_id: int | None = None) -> list[Act]:
        """Return acts before one, the newest first: of everybody, or of one person."""
        one = () if person_id is None else (person_id,)
        name = "audit_page" if person_id is None else "audit_page_of"
        rows = await self._session.rows(name, self._bot_id, before, most, *one)
        return [Act(r["id"], r["at"], r["person_id"], r["name"], r["action"], r["subject"]) for r in rows]
