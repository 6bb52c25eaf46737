"""What updates tell of topics that nobody named. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.reading import read_message
from agent_gateway.telegram.ports import BotIdentity


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A topic that a client opened for a first message, with a name that the bot is meant to change.

    Bot API 9.3, ForumTopicCreated.is_name_implicit.

    Attributes:
        address: The topic.
        person_id: Who opened it.
    """

    address: Address
    person_id: int


def read_unnamed(raw: Any, bot: BotIdentity) -> Unnamed | None:
    """Read whether an update tells of a topic that nobody named; None for anything else, also of another shape."""
    message = raw.get("message") if isinstance(raw, Mapping) else None
    created = message.get("forum_topic_created") if isinstance(message, Mapping) else None
    if not isinstance(created, Mapping) or created.get("is_name_implicit") is not True:
        return None
    try:
        facts = read_message(raw, "message").facts
    except MalformedUpdate:
        return None  # what reads it as a message says what is wrong
    if facts.topic_id is None or facts.sender_id is None or facts.sender_id == bot.id:
        return None
    return Unnamed(Address(bot.id, facts.chat_id, facts.topic_id), facts.sender_id)
