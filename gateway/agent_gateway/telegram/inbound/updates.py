"""What a raw update asks for: topic rules, group rules, kinds. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from agent_gateway.store.rows import Address, Attachment
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.attachments import TooLarge, is_unreadable, read_attachment
from agent_gateway.telegram.inbound.mentions import find_mentions, is_name, replies_to_bot, strip_mentions
from agent_gateway.telegram.inbound.shapes import Callback, Message, Part, User
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wording.commands import OVERTAKING, parse_command
from agent_gateway.wording.texts import ANONYMOUS, NOTHING_ASKED, UNREADABLE, too_large_text

GENERAL_TOPIC = 1
NO_QUEUE = "-"
"""Of an update that belongs to no chat."""
PRIVATE_TITLE = "private chat"
_TITLE_LIMIT = 256
_NAME_LIMIT = 128
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_P = TypeVar("_P", bound=Part)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to ask the agent of `address`."""

    address: Address
    title: str
    person_id: int
    person_name: str
    message_id: int
    text: str
    files: tuple[Attachment, ...] = ()
    album: str | None = None
    """Telegram's id of the album that it is a part of."""
    addressed: bool = True
    """False for a part of an album in a group that says nothing itself: it belongs to what the others ask."""
    reply_to: int | None = None
    """The message that it answers."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A person's message that reads otherwise now."""

    address: Address
    person_id: int
    message_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `addressed` is false in a group when it names no bot, so that another may be meant."""

    address: Address
    title: str
    person_id: int
    person_name: str
    message_id: int
    name: str
    args: str
    addressed: bool


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button under one of the bot's messages. Of a message too old to be shown, a topic is not known."""

    address: Address
    person_id: int
    person_name: str
    message_id: int
    callback_id: str
    data: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for an agent. Where `reply` is set, a person who may use the bot is told so."""

    reason: str
    address: Address | None = None
    person_id: int | None = None
    message_id: int | None = None
    reply: str | None = None


Incoming = Prompt | Edited | Command | Pressed | Ignored


def parse(raw: Any, bot: BotIdentity, *, unaddressed: bool = False) -> Incoming:
    """Read one raw update; with `unaddressed`, what is said in a group is for the bot also where it is not named.

    Raises:
        MalformedUpdate: It has not Telegram's shape; the text names fields, never contents.
    """
    if not isinstance(raw, Mapping):
        raise MalformedUpdate("the update is not an object")
    if "callback_query" in raw:
        return _read_press(_validate(Callback, raw, "callback_query"), bot)
    if "edited_message" in raw:
        edited = _validate(Message, raw, "edited_message")
        return _read_edit(_read(edited, raw["edited_message"], bot, unaddressed=unaddressed))
    if "message" not in raw:
        kinds = sorted(str(key)[:40] for key in raw if key != "update_id")
        return Ignored(f"kind {', '.join(kinds) or 'unknown'}")
    return _read(_validate(Message, raw, "message"), raw["message"], bot, unaddressed=unaddressed)


def _validate(model: type[_P], raw: Mapping[str, Any], kind: str) -> _P:
    try:
        return model.model_validate(raw[kind])
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        fields = "; ".join(f"{kind}.{'.'.join(map(str, p['loc']))}: {p['type']}" for p in problems)
        raise MalformedUpdate(fields) from None


def build_queue_key(raw: Any) -> str:
    """Return the queue an update waits in: its conversation, or one of its own for what overtakes."""
    if not isinstance(raw, Mapping):
        return NO_QUEUE
    update_id = raw.get("update_id")
    if "callback_query" in raw:
        return f"!{update_id}" if isinstance(update_id, int) else NO_QUEUE
    message = raw.get("message", raw.get("edited_message", raw.get("my_chat_member")))
    if not isinstance(message, Mapping):
        return NO_QUEUE
    text = message.get("text")
    command = parse_command(text) if isinstance(text, str) and "message" in raw else None
    if command is not None and command.name in OVERTAKING and isinstance(update_id, int):
        return f"!{update_id}"
    chat = message.get("chat")
    chat_id = chat.get("id") if isinstance(chat, Mapping) else None
    if not isinstance(chat, Mapping) or not isinstance(chat_id, int):
        return NO_QUEUE
    thread = message.get("message_thread_id")
    topic = _topic(
        private=chat.get("type") == "private",
        forum=chat.get("is_forum") is True,
        in_topic=message.get("is_topic_message") is True,
        thread_id=thread if isinstance(thread, int) else None,
    )
    return str(chat_id) if topic is None else f"{chat_id}/{topic}"


def _topic(*, private: bool, forum: bool, in_topic: bool, thread_id: int | None) -> int | None:
    """Return the topic that a message belongs to; the reply threads of ordinary groups are not topics."""
    if in_topic or private:
        return thread_id
    return GENERAL_TOPIC if forum else None


def _read_press(press: Callback, bot: BotIdentity) -> Incoming:
    message = press.message
    if message is None or press.data is None:
        return Ignored("a button that is none of the bot's", person_id=press.sender.id)
    private = message.chat.type == "private"
    topic = _topic(
        private=private,
        forum=message.chat.is_forum and not message.inaccessible,
        in_topic=message.is_topic_message,
        thread_id=message.message_thread_id,
    )
    return Pressed(
        Address(bot.id, message.chat.id, topic),
        press.sender.id,
        _full_name(press.sender),
        message.message_id,
        press.id,
        _UNSTORABLE.sub("\ufffd", press.data),
    )


def _read(message: Message, raw: Mapping[str, Any], bot: BotIdentity, *, unaddressed: bool) -> Incoming:
    private = message.chat.type == "private"
    topic = _topic(
        private=private,
        forum=message.chat.is_forum,
        in_topic=message.is_topic_message,
        thread_id=message.message_thread_id,
    )
    address = Address(bot.id, message.chat.id, topic)
    sender = message.sender
    if message.sender_chat is not None or sender is None or message.chat.type == "channel":
        return _read_nobody(message, address, bot)
    if sender.is_bot:
        return Ignored("a bot's message", address)
    place = _Message(address, message, sender)
    file = read_attachment(message)
    if message.text is None and file is None:
        return place.ignored("not a text", UNREADABLE if private and is_unreadable(raw) else None)
    text = _UNSTORABLE.sub("\ufffd", message.text or message.caption or "")
    mentions = [] if private else find_mentions(message, bot)
    named = private or bool(mentions) or replies_to_bot(message, bot)
    command = parse_command(strip_mentions(text, mentions) if mentions else text) if message.text is not None else None
    if command is not None:
        if command.at is not None and not is_name(command.at, bot):
            return place.ignored("another bot's command")
        return place.command(command.name, command.args, addressed=named or command.at is not None)
    if not (named or unaddressed):
        part = isinstance(file, Attachment) and message.media_group_id is not None
        return place.prompt(text, file, addressed=False) if part else place.ignored("not addressed to the bot")
    if isinstance(file, TooLarge):
        return place.ignored("a file that is too large", too_large_text(file.name, file.size))
    asked = text if private else strip_mentions(text, mentions)
    if asked.strip() or file is not None:
        return place.prompt(asked, file)
    return place.ignored("an empty text" if private else "nothing asked", None if private else NOTHING_ASKED)


def _read_nobody(message: Message, address: Address, bot: BotIdentity) -> Ignored:
    """Pass over what no person signs; in a group, who means the bot all the same is told why it keeps silent."""
    reason = "an anonymous sender"
    if message.chat.type not in {"group", "supergroup"} or message.is_automatic_forward:
        return Ignored(reason, address)
    command = parse_command(message.text or "")
    named = command is not None and command.at is not None and is_name(command.at, bot)
    if not (named or find_mentions(message, bot) or replies_to_bot(message, bot)):
        return Ignored(reason, address)
    return Ignored(reason, address, message_id=message.message_id, reply=ANONYMOUS)


def _read_edit(incoming: Incoming) -> Incoming:
    """Return what an edited message now asks; other commands and what is addressed to nobody are done with."""
    if isinstance(incoming, Prompt) and incoming.addressed:
        return Edited(incoming.address, incoming.person_id, incoming.message_id, incoming.text)
    if isinstance(incoming, Command) and incoming.name == "steer" and incoming.args:
        return Edited(incoming.address, incoming.person_id, incoming.message_id, incoming.args)
    return Ignored("an edit that asks nothing")


@dataclass(frozen=True, slots=True)
class _Message:
    """Where and by whom something was said."""

    address: Address
    message: Message
    sender: User

    def prompt(self, text: str, file: Attachment | TooLarge | None, *, addressed: bool = True) -> Prompt:
        replied = self.message.reply_to_message
        return Prompt(
            self.address, self._title(), self.sender.id, self._name(), self.message.message_id, text,
            files=(file,) if isinstance(file, Attachment) else (), album=self.message.media_group_id,
            addressed=addressed, reply_to=replied.message_id if replied is not None else None,
        )  # fmt: skip

    def command(self, name: str, args: str, *, addressed: bool) -> Command:
        return Command(
            self.address, self._title(), self.sender.id, self._name(), self.message.message_id, name, args, addressed
        )

    def ignored(self, reason: str, reply: str | None = None) -> Ignored:
        return Ignored(reason, self.address, self.sender.id, self.message.message_id, reply)

    def _title(self) -> str:
        created = self.message.reply_to_message.forum_topic_created if self.message.reply_to_message else None
        if created is not None and created.name:
            return _one_line(created.name, _TITLE_LIMIT)
        return (
            PRIVATE_TITLE if self.message.chat.type == "private" else _one_line(self.message.chat.title, _TITLE_LIMIT)
        )

    def _name(self) -> str:
        return _full_name(self.sender)


def _full_name(person: User) -> str:
    return _one_line(f"{person.first_name} {person.last_name}", _NAME_LIMIT)


def clean_title(text: str) -> str:
    """Return a title that can be stored."""
    return _one_line(text, _TITLE_LIMIT)


def _one_line(text: str, limit: int) -> str:
    return " ".join(_UNSTORABLE.sub("\ufffd", text).split())[:limit]
