"""What updates tell of the places where conversations are held, rather than what is asked there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from pydantic import StrictBool, StrictStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as strict_dataclass

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import MalformedUpdate, Moved, RefusalKind, Refused, TelegramProblem
from agent_gateway.telegram.inbound.foreign import MOST_TITLE, clean_line
from agent_gateway.telegram.inbound.reading import GENERAL_TOPIC, Said, TelegramInt, describe_problems, read_message
from agent_gateway.telegram.ports import BotIdentity

_SERVICE = {
    "forum_topic_closed", "forum_topic_reopened", "forum_topic_edited", "general_forum_topic_hidden", "new_chat_title",
    "migrate_to_chat_id", "migrate_from_chat_id",
}  # fmt: skip
_T = TypeVar("_T")
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


@strict_dataclass(frozen=True)
class _Chat:
    id: TelegramInt


@strict_dataclass(frozen=True)
class _Member:
    status: StrictStr
    is_member: StrictBool = False
    can_send_messages: StrictBool = True


@strict_dataclass(frozen=True)
class _Membership:
    """What the bot may do in a chat has changed. Of a status, the library demands each right that it knows: not we."""

    chat: _Chat
    new_chat_member: _Member


_MEMBERSHIP: Final = TypeAdapter(_Membership)
_NEW_ID: Final[TypeAdapter[int | None]] = TypeAdapter(TelegramInt | None)


def read_change(raw: Any, bot: BotIdentity) -> VenueEvent | None:
    """Read what an update tells of a place; None for one that tells of something else.

    Raises:
        MalformedUpdate: It has not Telegram's shape; the text names fields, never contents.
    """
    if not isinstance(raw, Mapping):
        return None
    if "my_chat_member" in raw:
        return _read_membership(_validate(_MEMBERSHIP, raw["my_chat_member"], "my_chat_member"), bot)
    message = raw.get("message")
    if isinstance(message, Mapping) and not _SERVICE.isdisjoint(message):
        return _read_service(read_message(raw, "message"), bot)
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


def _validate(shape: TypeAdapter[_T], raw: Any, kind: str) -> _T:
    try:
        return shape.validate_python(raw)
    except ValidationError as error:
        raise MalformedUpdate(describe_problems(kind, error)) from None


def _read_membership(change: _Membership, bot: BotIdentity) -> VenueEvent:
    member = change.new_chat_member
    there = member.status in _THERE or (member.status == "restricted" and member.is_member and member.can_send_messages)
    return VenueEvent(Address(bot.id, change.chat.id), VenueEventKind.CHAT_BACK if there else VenueEventKind.CHAT_GONE)


def _read_service(said: Said, bot: BotIdentity) -> VenueEvent | None:
    message, facts = said.message, said.facts
    chat = Address(bot.id, facts.chat_id)
    hidden = message.general_forum_topic_hidden is not None
    topic = Address(bot.id, facts.chat_id, GENERAL_TOPIC if hidden else facts.topic_id)
    moved_to = _validate(_NEW_ID, message.migrate_to_chat_id, "message.migrate_to_chat_id")
    moved_from = _validate(_NEW_ID, message.migrate_from_chat_id, "message.migrate_from_chat_id")
    if moved_to is not None:
        return VenueEvent(chat, VenueEventKind.MOVED, moved_to=Address(bot.id, moved_to))
    if moved_from is not None:
        general = GENERAL_TOPIC if facts.is_forum else None
        return VenueEvent(
            Address(bot.id, moved_from), VenueEventKind.MOVED, moved_to=Address(bot.id, facts.chat_id, general)
        )
    if message.forum_topic_closed is not None or hidden:
        return VenueEvent(topic, VenueEventKind.CLOSED)
    if message.forum_topic_reopened is not None:
        return VenueEvent(topic, VenueEventKind.REOPENED)
    renamed = message.forum_topic_edited
    if renamed is not None and (name := clean_line(renamed.name, MOST_TITLE)):
        return VenueEvent(topic, VenueEventKind.RENAMED, name)
    if title := clean_line(message.new_chat_title, MOST_TITLE):
        return VenueEvent(chat, VenueEventKind.CHAT_RENAMED, title)
    return None
