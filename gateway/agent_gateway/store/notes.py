"""Notes that last: of a conversation, of a chat, of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from agent_gateway.store.session import Room

MOST_NOTES: Final = 100
"""Of a conversation, of a chat, and of a person, each."""


class Scope(StrEnum):
    """Where a note holds."""

    CONVERSATION = "conversation"
    CHAT = "chat"
    PERSON = "person"
    """In the private chat of whoever noted it."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note.

    Attributes:
        id: Of its row.
        scope: Where it holds.
        thread_id: The conversation in which it was noted.
        person_id: Whoever noted it, or asked the agent that did.
        name: As that person bears it.
        by_agent: An agent noted it.
        text: What is to be remembered.
        at: When it was noted.
        title: Of that conversation.
    """

    id: int
    scope: Scope
    thread_id: int
    person_id: int | None
    name: str | None
    by_agent: bool
    text: str
    at: datetime
    title: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a conversation's agent was told of its notes last.

    Attributes:
        session_id: In which session.
        turn_id: With which turn.
        digest: Of what was told; `lost` where that turn was taken back or came to nothing.
        lately: It was within a day.
    """

    session_id: UUID
    turn_id: int
    digest: str
    lately: bool


class NoteQueries(Room):
    """Notes."""

    async def of(self, thread_id: int) -> list[Note]:
        """Return the notes that hold in a conversation, the newest first."""
        return [
            Note(
                row["id"],
                Scope(row["scope"]),
                row["thread_id"],
                row["person_id"],
                row["name"],
                row["call_id"] is not None,
                row["text"],
                row["created_at"],
                row["title"],
            )
            for row in await self._session.rows("notes_of", self._bot_id, thread_id, MOST_NOTES)
        ]

    async def add(
        self, thread_id: int, scope: Scope, person_id: int | None, text: str, call_id: str | None = None
    ) -> int | None:
        """Note something; None where there are as many as there may be, or where this call noted it before."""
        return await self._session.value("add_note", thread_id, scope.value, person_id, text, call_id, MOST_NOTES)  # type: ignore[no-any-return]

    async def of_call(self, thread_id: int, call_id: str) -> int | None:
        """Return what an agent's call noted."""
        return await self._session.value("note_of_call", thread_id, call_id)  # type: ignore[no-any-return]

    async def widen(self, note_id: int, scope: Scope) -> None:
        """Let a note hold elsewhere."""
        await self._session.execute("widen_note", note_id, scope.value)

    async def delete(self, note_id: int) -> None:
        """Delete a note."""
        await self._session.execute("delete_note", note_id)

    async def told(self, thread_id: int) -> Told | None:
        """Return what the agent was told last."""
        row = await self._session.row("notes_told", thread_id)
        return Told(row["session_id"], row["turn_id"], row["digest"], row["lately"]) if row is not None else None

    async def set_told(self, thread_id: int, session_id: UUID, turn_id: int, digest: str) -> None:
        """Record what the agent is told with a turn."""
        await self._session.execute("note_told", thread_id, session_id, turn_id, digest)
