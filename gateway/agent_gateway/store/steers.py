"""Words for turns that are under way, and edits of messages."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.store.rows import PASTE, Turn
from agent_gateway.store.session import Room
from agent_gateway.store.turns import build_turn, describe_asked


@dataclass(frozen=True, slots=True)
class AskedMessage:
    """What a message asked for.

    Attributes:
        turn: The newest turn of it.
        person_id: Who wrote it.
        text: What it said.
        told: What the agent was told last of an edit of it.
        steered: It was words for the turn, which ran already.
    """

    turn: Turn
    person_id: int | None
    text: str
    told: str | None
    steered: bool


class SteerQueries(Room):
    """Steers and edits."""

    async def add(
        self,
        turn: Turn,
        kind: str,
        update_id: int,
        message_id: int | None,
        person_id: int | None,
        text: str,
    ) -> int | None:
        """Attach words to a turn; None where it has ended, or this update did so before. `kind` is steer or edit."""
        number = await self._tx.value("add_steer", turn.id, kind, update_id, message_id, person_id, text)
        if number is not None and kind == "steer":
            await self._tx.execute("add_message", turn.thread_id, turn.id, "user", text)
        return None if number is None else int(number)

    async def count_unread(self, turn_id: int) -> int:
        """Count words and edits that the agent has not read yet."""
        return int(await self._session.value("count_steers", turn_id))

    async def unread(self, turn_id: int) -> list[tuple[int, str]]:
        """Return the words that the agent has not read yet, oldest first."""
        return [(row["id"], row["text"]) for row in await self._session.rows("wanted_steers", turn_id)]

    async def mark_read(self, turn_id: int, steer_id: int, thread_id: int, run: int, seq: int) -> None:
        """Record, with the acknowledgement, that the agent has read words."""
        async with self._session.unit() as tx:
            await tx.execute("steer_read", steer_id, turn_id)
            await tx.execute("acked", thread_id, run, seq)

    async def unread_edits(self, turn: Turn) -> list[str]:
        """Return how messages of earlier turns were edited; when the turn begins they are told."""
        return [row["text"] for row in await self._session.rows("unread_edits", turn.thread_id, turn.id)]

    async def asked_by_message(self, thread_id: int, message_id: int) -> AskedMessage | None:
        """Return what a message asked for last, a turn or words for one; None where it asked nothing."""
        asked = await self._session.row("turn_by_message", thread_id, message_id)
        row = asked if asked is not None else await self._session.row("turn_by_steer", thread_id, message_id)
        if row is None:
            return None
        told = await self._session.value("last_edit", thread_id, message_id)
        return AskedMessage(build_turn(row), row["said_by"], row["said"], told, steered=asked is None)

    async def edit_turn(self, turn_id: int, text: str) -> bool:
        """Replace the text of a turn that asks again and waits; False where it waits no more, or asked several messages."""
        row = await self._tx.row("edit_turn", turn_id, text, PASTE)
        if row is None:
            return False
        await self._tx.execute("edit_message", turn_id, describe_asked(text, build_turn(row).files))
        return True
