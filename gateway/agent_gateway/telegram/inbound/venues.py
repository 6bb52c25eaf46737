"""What updates tell of the places where conversations are held, rather than what is asked there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import MalformedUpdate, Moved, RefusalKind, Refused, TelegramProblem
from agent_gateway.telegram.inbound.shapes import Chat, MessageId, Part, TelegramInt, Topic
from agent_gateway.telegram.inbound.updates import GENERAL_TOPIC, clean_title
from agent_gateway.telegram.ports import BotIdentity

_SERVICE = {
    "forum_topic_closed", "forum_topic_reopened", "forum_topic_edited", "general_forum_topic_hidden", "new_chat_title",
    "migrate_to_chat_id", "migrate_from_chat_id",
}  # fmt: skip
CLOSED_WAITS = "While this topic is closed, what is asked in it waits: it is answered once the topic is reopened."
"""Also for who reads it only then."""
_P = TypeVar("_P", bound=Part)
_THERE = {"creator", "administrator", "member"}


class VenueEventKind(StrEnum):
    """What became of a topic or chat."""

    CLOSED = "closed"
    REOPENED = "reopened"
    RENAMED = "renamed"
    """A topic."""
    CHAT_RENAMED = "chat_renamed"
    TOPIC_GONE = "topic_gone"
    CHAT_GONE = "chat_gone"
    """Or the bot was blocked, removed or silenced there."""
    CHAT_BACK = "chat_back"
    MOVED = "moved"
    """The group is a supergroup now, under `moved_to`."""


@dataclass(frozen=True, slots=True)
class VenueEvent:
    """Something became of a place; of a whole chat, the address names no topic."""

    address: Address
    what: VenueEventKind
    title: str = ""
    moved_to: Address | None = None
    """The new chat; its topic is where what belonged to no topic goes on."""


class _Service(Part):
    """A message that nobody wrote: it tells what was done to the chat."""

    message_id: MessageId
    chat: Chat
    message_thread_id: MessageId | None = None
    is_topic_message: bool = False
    forum_topic_closed: Mapping[str, Any] | None = None
    forum_topic_reopened: Mapping[str, Any] | None = None
    forum_topic_edited: Topic | None = None
    general_forum_topic_hidden: Mapping[str, Any] | None = None
    new_chat_title: str | None = None
    migrate_to_chat_id: TelegramInt | None = None
    migrate_from_chat_id: TelegramInt | None = None


class _Member(Part):
    status: str
    is_member: bool = False
    can_send_messages: bool = True


class _Membership(Part):
    """What the bot may do in a chat has changed."""

    chat: Chat
    member: _Member = Field(alias="new_chat_member")


def read_change(raw: Any, bot: BotIdentity) -> VenueEvent | None:
    """Read what an update tells of a place; None for one that tells of something else.

    Raises:
        MalformedUpdate: It has not Telegram's shape; the text names fields, never contents.
    """
    if not isinstance(raw, Mapping):
        return None
    if "my_chat_member" in raw:
        return _read_membership(_validate(_Membership, raw["my_chat_member"], "my_chat_member"), bot)
    message = raw.get("message")
    if isinstance(message, Mapping) and not _SERVICE.isdisjoint(message):
        return _read_service(_validate(_Service, message, "message"), bot)
    return None


def read_problem(address: Address, problem: TelegramProblem) -> VenueEvent | None:
    """Say what a refused call tells of the place that it went to; None where it tells nothing."""
    chat = Address(address.bot_id, address.chat_id)
    if isinstance(problem, Moved):
        return VenueEvent(chat, VenueEventKind.MOVED, moved_to=Address(address.bot_id, problem.new_chat_id))
    if not isinstance(problem, Refused):
        return None
    if problem.kind is RefusalKind.CHAT_GONE:
        return VenueEvent(chat, VenueEventKind.CHAT_GONE)
    if problem.kind is RefusalKind.TOPIC_CLOSED:
        return VenueEvent(address, VenueEventKind.CLOSED)
    # General is never named in a call, and neither is no topic at all: neither can be gone
    if problem.kind is RefusalKind.THREAD_NOT_FOUND and address.topic_id not in {None, GENERAL_TOPIC}:
        return VenueEvent(address, VenueEventKind.TOPIC_GONE)
    return None


def topic_gone_text(title: str, name: str, cancelled: int) -> str:
    """Tell a person elsewhere that the topic they wrote in is gone."""
    return f"{_of('The topic', title)} is gone, so its conversation ({name}) was stopped{_waited(cancelled)}. {_KEPT}"


def chat_gone_text(title: str, name: str, cancelled: int) -> str:
    """Tell a person elsewhere that the bot cannot write any more where they asked."""
    return (
        f"I can no longer write in {_of('the chat', title)}, so its conversation ({name}) was stopped"
        f"{_waited(cancelled)}. {_KEPT}"
    )


_KEPT = "What was said stays in the history."


def _of(what: str, title: str) -> str:
    return f"{what} “{title}”" if title else what


def _waited(cancelled: int) -> str:
    if not cancelled:
        return ""
    return f"; {cancelled} waiting {'message was' if cancelled == 1 else 'messages were'} cancelled"


def _validate(model: type[_P], raw: Any, kind: str) -> _P:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        fields = "; ".join(f"{kind}.{'.'.join(map(str, p['loc']))}: {p['type']}" for p in problems)
        raise MalformedUpdate(fields) from None


def _read_membership(change: _Membership, bot: BotIdentity) -> VenueEvent:
    member = change.member
    there = member.status in _THERE or (member.status == "restricted" and member.is_member and member.can_send_messages)
    return VenueEvent(Address(bot.id, change.chat.id), VenueEventKind.CHAT_BACK if there else VenueEventKind.CHAT_GONE)


def _read_service(message: _Service, bot: BotIdentity) -> VenueEvent | None:
    chat = Address(bot.id, message.chat.id)
    topic = Address(bot.id, message.chat.id, _topic(message))
    if message.migrate_to_chat_id is not None:
        return VenueEvent(chat, VenueEventKind.MOVED, moved_to=Address(bot.id, message.migrate_to_chat_id))
    if message.migrate_from_chat_id is not None:
        old = Address(bot.id, message.migrate_from_chat_id)
        general = GENERAL_TOPIC if message.chat.is_forum else None
        return VenueEvent(old, VenueEventKind.MOVED, moved_to=Address(bot.id, message.chat.id, general))
    if message.forum_topic_closed is not None or message.general_forum_topic_hidden is not None:
        return VenueEvent(topic, VenueEventKind.CLOSED)
    if message.forum_topic_reopened is not None:
        return VenueEvent(topic, VenueEventKind.REOPENED)
    if message.forum_topic_edited is not None and message.forum_topic_edited.name:
        return VenueEvent(topic, VenueEventKind.RENAMED, clean_title(message.forum_topic_edited.name))
    if message.new_chat_title:
        return VenueEvent(chat, VenueEventKind.CHAT_RENAMED, clean_title(message.new_chat_title))
    return None


def _topic(message: _Service) -> int | None:
    if message.is_topic_message or message.chat.type == "private":
        return message.message_thread_id
    return GENERAL_TOPIC if message.chat.is_forum or message.general_forum_topic_hidden is not None else None
