"""Groups that may not use the bot, and when it leaves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent_gateway.store.session import Room

GRACE_SECONDS: Final = 86_400.0
"""So long an administrator may let a group in before the bot leaves it."""
MOST_GROUPS: Final = 200
"""Groups that are watched at once; of more, the oldest are left at once."""
MOST_DUE: Final = 20


@dataclass(frozen=True, slots=True)
class UnknownGroup:
    """A group whose time is over.

    Attributes:
        chat_id: Which.
        attempts: How often leaving it has failed.
        used: Somebody who may use the bot has a conversation there.
    """

    chat_id: int
    attempts: int
    used: bool


class GuestQueries(Room):
    """Groups in which the bot is a guest of people whom it does not know."""

    async def watch(self, chat_id: int, seconds: float = GRACE_SECONDS) -> None:
        """Leave a group after so long unless it is let in by then, and no later where it was watched before."""
        await self._session.execute("watch_group", self._bot_id, chat_id, seconds, MOST_GROUPS)

    async def due(self) -> list[UnknownGroup]:
        """Return groups whose time is over."""
        rows = await self._session.rows("due_groups", self._bot_id, MOST_DUE)
        return [UnknownGroup(row["chat_id"], row["attempts"], row["used"]) for row in rows]

    async def unwatch(self, chat_id: int) -> None:
        """Watch a group no more: it is known, or left."""
        await self._session.execute("unwatch_group", self._bot_id, chat_id)

    async def postpone(self, chat_id: int, seconds: float) -> None:
        """Try again to leave a group after so long."""
        await self._session.execute("postpone_group", self._bot_id, chat_id, seconds)
