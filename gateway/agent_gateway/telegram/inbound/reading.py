"""One row of getUpdates, read through the library; the facts that are stored or acted upon have one strict shape. Pure.

python-telegram-bot turns JSON into objects, keeps what it does not know in `api_kwargs`, and checks no types. So each
fact that a database or a call takes goes through `Facts`, and what only describes a message is taken as far as it is of
the kind that it should be. A part of another version than the library's spoils nothing but itself: it is left out, and
the rest is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass as plain_dataclass
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationError
from pydantic.dataclasses import dataclass
from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.warnings import PTBUserWarning

from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.attachments import Media, read_media

TelegramInt = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
MessageId = Annotated[StrictInt, Field(ge=0, le=2**53)]
Offset = Annotated[StrictInt, Field(ge=0, le=2**31)]
GENERAL_TOPIC: Final = 1
_CORE: Final = frozenset(
    {"message_id", "date", "edit_date", "chat", "from", "sender_chat", "message_thread_id", "is_topic_message", "text"}
    | {"entities", "caption", "caption_entities", "reply_to_message", "media_group_id", "is_automatic_forward"}
    | {"photo", "document", "voice", "audio", "video", "video_note", "animation", "sticker", "rich_message"}
    | {"forum_topic_closed", "forum_topic_reopened", "forum_topic_edited", "general_forum_topic_hidden"}
    | {"new_chat_title", "migrate_to_chat_id", "migrate_from_chat_id"}
)
"""The fields of a message without which it would say something else."""
_TELLING: Final = _CORE | frozenset(
    {"quote", "external_reply", "forward_origin", "contact", "location", "venue", "poll", "dice", "checklist", "game"}
    | {"forum_topic_created", "via_bot", "reply_markup"}
)
"""The fields of a message that anything here reads."""
_FAULTS: Final = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, RecursionError)
_MOST_PROBLEMS: Final = 10
_KINDS: Final = ("message", "edited_message")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Mark:
    """A marked range of a text; `offset` and `length` count UTF-16 units."""

    type: StrictStr
    offset: Offset
    length: Offset
    url: StrictStr | None = None
    language: StrictStr | None = None
    user_id: TelegramInt | None = None


@dataclass(frozen=True)
class Facts:
    """What is stored of a message, or acted upon."""

    message_id: MessageId
    chat_id: TelegramInt
    chat_type: StrictStr
    chat_title: StrictStr | None
    is_forum: StrictBool | None
    sender_id: TelegramInt | None
    sender_is_bot: StrictBool | None
    sender_names: tuple[StrictStr | None, StrictStr | None]
    language: StrictStr | None
    sender_chat_id: TelegramInt | None
    thread_id: MessageId | None
    in_topic: StrictBool | None
    text: StrictStr | None
    marks: tuple[Mark, ...]
    reply_to: MessageId | None
    album: Annotated[StrictStr, Field(pattern=r"^\w{1,64}$")] | None
    is_automatic_forward: StrictBool | None

    @property
    def private(self) -> bool:
        """Tell whether it was written to the bot alone."""
        return self.chat_type == ChatType.PRIVATE

    @property
    def topic_id(self) -> int | None:
        """Return the topic of its conversation."""
        return find_topic(self.thread_id, in_topic=self.in_topic is True, forum=self.is_forum is True)

    @property
    def threaded(self) -> bool:
        """Tell whether it stands in the comments of a post or a thread of replies: only a reply stays there."""
        group = self.chat_type in {ChatType.GROUP, ChatType.SUPERGROUP}
        return group and self.is_forum is not True and self.thread_id is not None and self.in_topic is not True


@plain_dataclass(frozen=True, slots=True)
class Said:
    """A message: its facts, and all that the library knows of it."""

    facts: Facts
    message: Message
    media: Media | None = None
    """Its own file."""


@dataclass(frozen=True)
class Press:
    """A pressed button. A bot may be told an inline id in place of the message (Bot API 10.5, `callback_query_mode`)."""

    id: Annotated[StrictStr, Field(min_length=1, max_length=128)]
    sender_id: TelegramInt
    sender_names: tuple[StrictStr | None, StrictStr | None]
    language: StrictStr | None
    data: Annotated[StrictStr, Field(max_length=256)] | None
    chat_id: TelegramInt | None
    message_id: MessageId | None
    topic_id: MessageId | None


def find_topic(thread_id: int | None, *, in_topic: bool, forum: bool) -> int | None:
    """Return the topic that a message belongs to.

    A thread id alone is that of a thread of replies, in every kind of chat; General is told without any
    (tdlib/telegram-bot-api: `is_topic_message` is written for topics other than General alone).
    """
    if in_topic:
        return thread_id
    return GENERAL_TOPIC if forum else None


def find_room(message: Mapping[str, Any]) -> tuple[int, int | None] | None:
    """Return the chat and topic of a raw message, whatever else of it can be read; None where it names no chat."""
    chat, thread_id = message.get("chat"), message.get("message_thread_id")
    chat_id = chat.get("id") if isinstance(chat, Mapping) else None
    if not isinstance(chat, Mapping) or not isinstance(chat_id, int):
        return None
    topic = find_topic(
        thread_id if isinstance(thread_id, int) else None,
        in_topic=message.get("is_topic_message") is True,
        forum=chat.get("is_forum") is True,
    )
    return chat_id, topic


def read_message(raw: Mapping[str, Any], kind: str) -> Said:
    """Read the message of an update; `kind` is message or edited_message.

    Raises:
        MalformedUpdate: It cannot be read, or a fact has the wrong type. The text names places, never contents.
    """
    return _read_leniently(raw, kind, lambda update: _said(getattr(update, kind)))


def read_press(raw: Mapping[str, Any]) -> Press:
    """Read a pressed button.

    Raises:
        MalformedUpdate: It cannot be read, or a fact has the wrong type. The text names places, never contents.
    """
    return _read_leniently(raw, "callback_query", lambda update: _press(update.callback_query))


def _read_leniently(raw: Mapping[str, Any], kind: str, take: Callable[[Update], _T]) -> _T:
    """Read an update whole, then with ever fewer of the fields that need not be understood."""
    problem = MalformedUpdate(f"{kind}: unreadable")
    for kept in (None, _TELLING, _CORE):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PTBUserWarning)
                return take(Update.de_json(_prune({"update_id": 0, kind: raw[kind]}, kept)))
        except ValidationError as error:
            problem = MalformedUpdate(describe_problems(kind, error))
        except _FAULTS as error:
            problem = MalformedUpdate(f"{kind}: unreadable ({type(error).__name__})")
    raise problem


def describe_problems(kind: str, error: ValidationError) -> str:
    """Return which fields of an update have the wrong type, without what they hold."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{kind}.{'.'.join(map(str, p['loc']))}: {p['type']}" for p in problems[:_MOST_PROBLEMS])


def _prune(raw: dict[str, Any], kept: frozenset[str] | None) -> dict[str, Any]:
    if kept is None:
        return raw
    pruned = {key: _keep(value, kept) if key in _KINDS else value for key, value in raw.items()}
    query = raw.get("callback_query")
    if isinstance(query, dict) and "message" in query:
        pruned["callback_query"] = query | {"message": _keep(query["message"], kept)}
    return pruned


def _keep(message: object, kept: frozenset[str]) -> object:
    """Return a message with some of its fields; Telegram sends what it replies to one deep."""
    if not isinstance(message, dict):
        return message
    rest = {key: value for key, value in message.items() if key in kept}
    replied = rest.get("reply_to_message")
    if isinstance(replied, dict):
        rest["reply_to_message"] = {k: v for k, v in replied.items() if k in kept and k != "reply_to_message"}
    return rest


def _said(message: Message) -> Said:
    sender, replied = message.from_user, message.reply_to_message
    text = message.text if message.text is not None else message.caption
    facts = Facts(
        message_id=message.message_id,
        chat_id=message.chat.id,
        chat_type=message.chat.type,
        chat_title=message.chat.title,
        is_forum=message.chat.is_forum,
        sender_id=sender.id if sender else None,
        sender_is_bot=sender.is_bot if sender else None,
        sender_names=(sender.first_name, sender.last_name) if sender else (None, None),
        language=sender.language_code if sender else None,
        sender_chat_id=message.sender_chat.id if message.sender_chat else None,
        thread_id=message.message_thread_id,
        in_topic=message.is_topic_message,
        text=text,
        marks=read_marks(message),
        reply_to=replied.message_id if replied else None,
        album=message.media_group_id,
        is_automatic_forward=message.is_automatic_forward,
    )
    return Said(facts, message, read_media(message))


def read_marks(message: Message) -> tuple[Mark, ...]:
    """Return how a message's text, or its caption, is marked."""
    entities = message.entities if message.text is not None else message.caption_entities
    return tuple(
        Mark(e.type, e.offset, e.length, e.url, e.language, e.user.id if e.user is not None else None) for e in entities
    )


def _press(query: CallbackQuery | None) -> Press:
    if query is None:
        raise TypeError("no button")
    under, names = query.message, (query.from_user.first_name, query.from_user.last_name)
    topic = None
    if isinstance(under, Message) and under.is_accessible:  # of one that is too old, the topic is left out
        thread_id, in_topic = under.message_thread_id, under.is_topic_message is True
        topic = find_topic(thread_id, in_topic=in_topic, forum=under.chat.is_forum is True)
    return Press(
        id=query.id,
        sender_id=query.from_user.id,
        sender_names=names,
        language=query.from_user.language_code,
        data=query.data,
        chat_id=under.chat.id if under else None,
        message_id=under.message_id if under else None,
        topic_id=topic,
    )
