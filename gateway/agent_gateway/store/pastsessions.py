"""The sessions of a conversation: the present one, and those before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from agent_gateway.store.session import Room

MOST_SESSIONS: Final = 40
"""Earlier sessions that are listed."""


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session.

    Attributes:
        id: Of its lines.
        ended_at: When another took its place; None: it is the present one.
        name: As people named it.
        first: What was asked in it first.
        began_at: When that was.
        questions: How many were asked in it, up to a hundred.
    """

    id: UUID
    ended_at: datetime | None
    name: str | None
    first: str | None
    began_at: datetime | None
    questions: int


class PastSessionQueries(Room):
    """Sessions."""

    async def of(self, thread_id: int) -> list[PastSession]:
        """Return the present session of a conversation, then those that ended, the newest first."""
        rows = await self._session.rows("sessions_of", thread_id, MOST_SESSIONS)
        return [
            PastSession(row["session_id"], row["ended_at"], row["name"], row["text"], row["began_at"], row["questions"])
            for row in rows
        ]

    async def name(self, thread_id: int, name: str) -> None:
        """Name the present session."""
        await self._session.execute("name_session", thread_id, name)

    async def resume(self, thread_id: int, session_id: UUID) -> None:
        """Let an earlier session of a conversation be the present one, whose place it takes; nothing where it is none.

        The conversation is held, and nothing is at work in it.
        """
        if await self._tx.value("take_past_session", thread_id, session_id) is None:
            return
        await self._tx.execute("keep_session", thread_id)
        await self._tx.execute("resume_session", thread_id, session_id)
        await self._tx.execute("forget_results", thread_id)
