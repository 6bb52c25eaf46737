"""Messages that are neither text nor file, as a line of text: places, contacts, polls, checklists, dice, stickers. Pure.

What is told of them is foreign: each part of a wrong type is left out, and none is longer than its bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from telegram import Checklist, Location, Message, Poll

from agent_gateway.telegram.inbound.foreign import clean_name
from agent_gateway.telegram.inbound.rich import read_rich

_MOST_LINE: Final = 300
_MOST_ITEMS: Final = 100
_SILENT: Final = frozenset(
    {"pinned_message", "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo"}
    | {"group_chat_created", "supergroup_chat_created", "channel_chat_created", "message_auto_delete_timer_changed"}
    | {"migrate_to_chat_id", "migrate_from_chat_id", "successful_payment", "refunded_payment", "users_shared"}
    | {"chat_shared", "connected_website", "write_access_allowed", "passport_data", "proximity_alert_triggered"}
    | {"boost_added", "chat_background_set", "checklist_tasks_done", "checklist_tasks_added", "web_app_data"}
    | {"direct_message_price_changed", "forum_topic_created", "forum_topic_edited", "forum_topic_closed"}
    | {"forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden", "giveaway_created"}
    | {"giveaway_completed", "paid_message_price_changed", "video_chat_scheduled", "video_chat_started"}
    | {"video_chat_ended", "video_chat_participants_invited", "chat_owner_left", "chat_owner_changed"}
    | {"managed_bot_created", "user_shared", "suggested_post_approved", "suggested_post_approval_failed"}
    | {"suggested_post_declined", "suggested_post_paid", "suggested_post_refunded"}
)
"""Service messages: nobody wrote them, and nobody waits for an answer."""


def is_service(raw: Mapping[str, Any]) -> bool:
    """Say whether a message tells what was done to the chat, rather than what somebody says."""
    return not _SILENT.isdisjoint(raw)


def describe(message: Message) -> str:
    """Return what a message that has no words says; empty where that cannot be told."""
    rich = read_rich(message.api_kwargs.get("rich_message"))
    if rich:
        return rich
    if message.sticker is not None:
        return clean_name(message.sticker.emoji)
    if message.dice is not None:
        return _line("dice", clean_name(message.dice.emoji), _number(message.dice.value))
    if message.contact is not None:
        person = message.contact
        return _line("contact", _join(person.first_name, person.last_name), clean_name(person.phone_number))
    if message.venue is not None:
        found = message.venue
        return _line("place", _join(found.title), clean_name(found.address, _MOST_LINE), _position(found.location))
    if message.location is not None:
        return _line("place", _position(message.location), "live" if message.location.live_period else "")
    if message.poll is not None:
        return _poll(message.poll)
    if message.checklist is not None:
        return _checklist(message.checklist)
    return _line("game", _join(message.game.title)) if message.game is not None else ""


def _line(kind: str, *facts: str) -> str:
    said = ", ".join(filter(None, facts))
    return f"[{kind}: {said}]" if said else ""


def _join(*names: object) -> str:
    return " ".join(filter(None, (clean_name(name, _MOST_LINE) for name in names)))


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _position(location: Location | None) -> str:
    if location is None:
        return ""
    both = [value for value in (location.latitude, location.longitude) if isinstance(value, int | float)]
    return f"{both[0]:.6f}, {both[1]:.6f}" if len(both) == 2 else ""


def _poll(poll: Poll) -> str:
    options = (f"- {text}" for text in _texts(poll.options, "text"))
    return "\n".join([_line("poll", _join(poll.question)), *options])


def _checklist(checklist: Checklist) -> str:
    tasks: Sequence[Any] = tuple(checklist.tasks)[:_MOST_ITEMS]
    lines = (f"- [{'x' if task.completion_date else ' '}] {_join(task.text)}" for task in tasks)
    return "\n".join([_line("checklist", _join(checklist.title)), *lines])


def _texts(items: Iterable[object], name: str) -> list[str]:
    return [_join(getattr(item, name, "")) for item in tuple(items)[:_MOST_ITEMS]]
