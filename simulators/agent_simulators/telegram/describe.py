"""A message as an event tells of it, as it is at that moment; pure."""

from __future__ import annotations

import copy
from typing import Any

from agent_simulators.telegram.richblocks import flatten

SERVICE = (
    "forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened", "migrate_to_chat_id",
    "migrate_from_chat_id", "new_chat_members",
)  # fmt: skip
"""The fields of messages that tell of something in place of being said."""
FILES = ("photo", "document", "voice", "audio", "video", "video_note", "animation", "sticker")
_OTHERS = (
    "contact", "location", "venue", "poll", "checklist", "dice", "paid_media", "gift", "story",
)  # fmt: skip


def text_of(message: dict[str, Any]) -> str:
    """Return the words of a message: its text, its caption, or those of its rich blocks."""
    rich = message.get("rich_message")
    if rich:
        return flatten(rich["blocks"])
    return str(message.get("text", message.get("caption", "")))


def describe_message(message: dict[str, Any]) -> dict[str, Any]:
    """Return who says what with a message, what is in it and under it, and what it points at."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        "message_id": message["message_id"], "text": text_of(message), "by": message["from"]["id"],
        "bot": message["from"]["is_bot"], "rich": "rich_message" in message,
        "entities": copy.deepcopy(message.get("entities", message.get("caption_entities", []))),
        "buttons": [[button["text"] for button in row] for row in rows],
        "reply_to": message.get("reply_to_message", {}).get("message_id"),
        "quote": message.get("quote", {}).get("text"), "forwarded": _origin_name(message.get("forward_origin")),
        "files": [_file_name(kind, message[kind]) for kind in FILES if message.get(kind)],
        "holds": next((kind for kind in _OTHERS if kind in message), None),
        "service": next((kind for kind in SERVICE if kind in message), None),
    }  # fmt: skip


def _file_name(kind: str, value: Any) -> str:
    name = value.get("file_name") if isinstance(value, dict) else None
    seconds = value.get("duration") if isinstance(value, dict) else None
    return str(name or (f"{kind} {seconds} s" if seconds else kind))


def _origin_name(origin: dict[str, Any] | None) -> str | None:
    """Return the name of who or what a message was forwarded from."""
    if origin is None:
        return None
    chat = origin.get("chat") or origin.get("sender_chat") or {}
    person = origin.get("sender_user", {}).get("first_name")
    return str(person or origin.get("sender_user_name") or chat.get("title") or "somebody")
