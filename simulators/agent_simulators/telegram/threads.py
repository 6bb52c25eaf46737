"""Which thread a message stands in: a topic, or a thread of replies, which is none; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent_simulators.telegram.checks import Refused

if TYPE_CHECKING:
    from agent_simulators.telegram.chats import Chat

GENERAL = 1
_THREADED = frozenset({"private", "supergroup"})
"""Chats in which a reply bears the number of its thread."""


def topic_of(message: dict[str, Any]) -> int | None:
    """Return the topic of a message: its thread, if it says that this is a topic."""
    return message.get("message_thread_id") if message.get("is_topic_message") else None


def thread_fields(chat: Chat, topic: int | None, reply: dict[str, Any] | None) -> dict[str, Any]:
    """Return how a message tells of its thread.

    A topic comes with `is_topic_message`. A reply outside of topics bears the number of the thread's first message and
    no such flag, in private chats too; General of a forum has no number (telegram-bot-api 10.0).
    """
    if topic:
        return {"message_thread_id": topic, "is_topic_message": True}
    if reply is None or chat.type not in _THREADED or chat.forum:
        return {}
    return {"message_thread_id": reply.get("message_thread_id") or reply["message_id"]}


def find_topic(chat: Chat, number: int | None) -> int | None:
    """Return the topic that a bot sends to; where there are no topics a number is ignored.

    Raises:
        Refused: it is General, which is never named; or no topic, in a forum or a private chat; or it is closed.
    """
    if number is None or (chat.type != "private" and not chat.forum):
        return None
    if number == GENERAL:
        raise Refused("Bad Request: message thread not found")
    if number not in chat.topics:
        raise Refused("Bad Request: Message thread not found")
    if chat.topics[number].closed:
        raise Refused("Bad Request: TOPIC_CLOSED")
    return number
