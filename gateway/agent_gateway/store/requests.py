"""Who asks to be let in, and by which links."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.store.chatrows import Button, dump_buttons
from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room

MOST_OPEN: Final = 20
"""Requests that wait at once."""
MOST_INVITATIONS: Final = 50
"""Links that are open at once."""


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One request.

    Attributes:
        id: Which the buttons name.
        subject_id: The person, or the group, that is to be let in.
        asked_by: The person who asked.
        address: Where its end is told.
        name: The person's, or the group's title.
        language: Of who asked.
        state: asked, allowed, later or never.
    """

    id: int
    subject_id: int
    asked_by: int
    address: Address
    name: str
    language: str
    state: str


class RequestQueries(Room):
    """Requests to be let in."""

    async def standing(self, subject_id: int) -> str | None:
        """Return how the request of a person or group stands: asked, allowed, later, never; None without a recent one."""
        found = await self._session.value("request_standing", self._bot_id, subject_id)
        return None if found is None else str(found)

    async def add(
        self, subject_id: int, asked_by: int, address: Address, name: str, language: str
    ) -> AccessRequest | None:
        """Record a request; None where too many wait, or this person or subject has had one within a day."""
        await self._tx.execute("hold_requests")
        await self._tx.execute("expire_request", self._bot_id, subject_id)
        row = await self._tx.row(
            "add_request",
            self._bot_id,
            subject_id,
            asked_by,
            address.chat_id,
            address.topic_id,
            name,
            language,
            MOST_OPEN,
        )
        return _build(row) if row else None

    async def lock(self, request_id: int) -> AccessRequest | None:
        """Return a request, which nobody else can decide before the transaction ends."""
        row = await self._tx.row("lock_request", request_id, self._bot_id)
        return _build(row) if row else None

    async def end(self, request_id: int, state: str, decided_by: int) -> None:
        """Record how it was decided: allowed, later or never."""
        await self._tx.execute("end_request", request_id, state, decided_by)

    async def reopen(self, subject_id: int) -> None:
        """Record that a person or group was let in by other means."""
        await self._tx.execute("reopen_request", self._bot_id, subject_id)

    async def note_private(self, person_id: int, language: str) -> None:
        """Remember that an administrator has written to the bot in private."""
        await self._session.execute("note_private", self._bot_id, person_id, language)

    async def private_chats(self, people: Collection[int]) -> list[tuple[int, str]]:
        """Return those of these people to whom the bot can write in private, each with their language."""
        rows = await self._session.rows("private_chats", self._bot_id, sorted(people))
        return [(row["id"], row["language"]) for row in rows]

    async def retell(self, old_key: str, new_key: str, text: str, buttons: Collection[Button] = ()) -> None:
        """Make what was said, or waits to be said, under a key say something else."""
        if await self._tx.value("retell", old_key, text) is None:
            await self._tx.execute("edit_status", old_key, new_key, text, dump_buttons(tuple(buttons)))

    async def invite(self, code: str, created_by: int) -> bool:
        """Remember a code that lets in whoever brings it first within a day; False where too many are open."""
        found = await self._tx.value("add_invitation", self._bot_id, code, created_by, MOST_INVITATIONS)
        return found is not None

    async def take_invitation(self, code: str) -> int | None:
        """Use a code up; return who made it, None for a wrong or old one."""
        found = await self._tx.value("take_invitation", self._bot_id, code)
        return None if found is None else int(found)


def _build(row: Any) -> AccessRequest:
    address = Address(row["bot_id"], row["chat_id"], row["topic_id"])
    return AccessRequest(
        row["id"], row["subject_id"], row["asked_by"], address, row["name"], row["language"], row["state"]
    )
