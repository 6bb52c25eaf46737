"""Which messages do not bear the reaction that they should."""

from __future__ import annotations

from collections.abc import Collection

from agent_gateway.store.chatrows import DueReaction
from agent_gateway.store.rows import Address, TurnState
from agent_gateway.store.session import Room


class ReactionQueries(Room):
    """Reactions."""

    async def due(self, busy: Collection[int], exclude_chats: Collection[int], most: int) -> list[DueReaction]:
        """Return turns whose message does not bear the reaction that it should, oldest first, but for busy ones."""
        rows = await self._session.rows("due_reactions", self._bot_id, list(busy), list(exclude_chats), most)
        return [
            DueReaction(
                turn_id=row["turn_id"],
                address=Address(row["bot_id"], row["chat_id"], row["topic_id"]),
                message_id=row["message_id"],
                state=TurnState(row["state"]),
                reason=row["reason"],
                begun=row["begun"],
                attempts=row["attempts"],
            )
            for row in rows
        ]

    async def begin(self, turn_id: int) -> None:
        """Record that eyes may stand on the message of a turn from now on."""
        await self._session.execute("begin_reaction", turn_id)

    async def settle(self, turn_id: int) -> None:
        """Record that nothing more is to be done on the message of a turn."""
        await self._session.execute("settle_reaction", turn_id)

    async def retry(self, turn_id: int, delay: float) -> None:
        """Make the outcome of a turn due again after `delay` seconds."""
        await self._session.execute("retry_reaction", turn_id, delay)
