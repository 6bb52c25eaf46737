"""Topics that nobody named."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room


@dataclass(frozen=True, slots=True)
class UnnamedTopic:
    """One that is to be given a title.

    Attributes:
        address: Which.
        attempts: How often Telegram could not be told.
        asked: The first question in it.
        answer: What was answered to that.
    """

    address: Address
    attempts: int
    asked: str
    answer: str


class TopicQueries(Room):
    """Topics."""

    async def add(self, address: Address) -> None:
        """Record that a topic has a name that nobody gave it."""
        if address.topic_id is not None:
            await self._session.execute("add_topic", self._bot_id, address.chat_id, address.topic_id)

    async def settle(self, address: Address, state: str) -> bool:
        """Record that it was titled, or named by a person, or that Telegram refuses; False where that was settled before."""
        where = (self._bot_id, address.chat_id, address.topic_id or 0)
        return await self._session.value("settle_topic", *where, state) is not None

    async def retry(self, address: Address, seconds: float) -> None:
        """Count an attempt; it is due again after so many seconds."""
        await self._session.execute("retry_topic", self._bot_id, address.chat_id, address.topic_id or 0, seconds)

    async def due(self, most: int) -> list[UnnamedTopic]:
        """Return topics in which something was answered, longest due first."""
        rows = await self._session.rows("due_topics", self._bot_id, most)
        return [
            UnnamedTopic(Address(self._bot_id, r["chat_id"], r["topic_id"]), r["attempts"], r["asked"], r["answer"])
            for r in rows
        ]
