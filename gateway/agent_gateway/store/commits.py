"""For whom an agent's commits are made."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who asked.

    Attributes:
        person_id: Telegram's number.
        name: As they bore it when they wrote last; empty where it is not known.
        email: The address that a linked account brings; empty where there is none.
    """

    person_id: int
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """By whom and where a turn was asked; of a sub-agent's that of the conversation it works for.

    Attributes:
        address: The chat.
        message_id: The message.
        people: Who asked, then who added words meanwhile; empty where nobody is known.
    """

    address: Address
    message_id: int | None
    people: tuple[Asker, ...] = ()


class CommitQueries(Room):
    """Who asked."""

    async def asked(self, turn_id: int) -> Asked:
        """Return by whom a turn was asked."""
        rows = await self._session.rows("asked_by", turn_id)
        if not rows:
            return Asked(Address(self._bot_id, 0), None)
        first = rows[0]
        people = tuple(
            Asker(row["person_id"], row["name"] or "", row["email"] or "")
            for row in rows
            if row["person_id"] is not None
        )
        return Asked(Address(first["bot_id"], first["chat_id"], first["topic_id"]), first["message_id"], people)
