"""The calls that open and name topics."""

from __future__ import annotations

from telegram import Bot

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import Refused
from agent_gateway.telegram.outbound.outcomes import translated


class TopicCalls:
    """Opens and names topics. Each call raises what `telegram.errors` names.

    Args:
        bot: The library's.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def name_topic(self, address: Address, name: str) -> None:
        """Give a topic a name; "not modified" is success. The address names a topic other than General."""
        if address.topic_id is None:
            return
        try:
            await translated(self._bot.edit_forum_topic(address.chat_id, address.topic_id, name=name))
        except Refused as refusal:
            if "not_modified" not in refusal.description.lower():
                raise

    async def open_topic(self, address: Address, name: str) -> Address:
        """Open a topic in a chat, and return where it is."""
        topic = await translated(self._bot.create_forum_topic(address.chat_id, name))
        return Address(address.bot_id, address.chat_id, topic.message_thread_id)
