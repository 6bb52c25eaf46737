"""What is said in groups beside the questions, kept for a day at most until the next question takes it along."""

from __future__ import annotations

from typing import Final

from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room

MOST_HELD: Final = 100
"""Messages that are kept of one chat or topic."""


class OverheardQueries(Room):
    """What was said in groups."""

    async def add(self, address: Address, message_id: int, name: str, text: str) -> None:
        """Keep a message; the oldest beyond the bound go."""
        await self._tx.execute("add_overheard", *_where(address), message_id, name, text)
        await self._tx.execute("trim_overheard", *_where(address), MOST_HELD)

    async def take(self, address: Address, most: int) -> list[tuple[str, str]]:
        """Return name and text of the newest messages of the last day, oldest first; they are gone with that."""
        rows = await self._tx.rows("take_overheard", *_where(address))
        kept = sorted((row for row in rows if row["fresh"]), key=lambda row: int(row["message_id"]))
        return [(row["name"], row["text"]) for row in kept[-most:]] if most else []

    async def forget(self, address: Address) -> None:
        """Delete what was said in a chat or topic."""
        await self._tx.rows("take_overheard", *_where(address))


def _where(address: Address) -> tuple[int, int, int]:
    return address.bot_id, address.chat_id, address.topic_id or 0
