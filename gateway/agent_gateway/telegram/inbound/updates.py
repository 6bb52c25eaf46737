"""What a raw update asks for: topic rules, group rules, kinds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from pydantic import StrictStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as strict_dataclass
from telegram.constants import ChatType

from agent_contract.text import clean
from agent_gateway.commands.table import BY_NAME, OVERTAKING
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.attachments import Media
from agent_gateway.telegram.inbound.foreign import MOST_TITLE, clean_line
from agent_gateway.telegram.inbound.incoming import (
    NOWHERE,
    Command,
    Edited,
    Heard,
    Ignored,
    Incoming,
    Pressed,
    Prompt,
    Spoken,
)
from agent_gateway.telegram.inbound.kinds import is_service
from agent_gateway.telegram.inbound.mentions import find_asked, find_button, find_mentions, is_name, replies_to_bot
from agent_gateway.telegram.inbound.prompt import Asked, Context, build_prompt, build_speaker
from agent_gateway.telegram.inbound.reading import (
    Said,
    TelegramInt,
    describe_problems,
    find_room,
    read_message,
    read_press,
)
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wording import keys
from agent_gateway.wording.commands import parse_command
from agent_gateway.wording.inbound import too_large
from agent_gateway.wording.say import SOURCE, choose
from agent_gateway.wording.stop import build_button
from agent_gateway.wording.titles import PRIVATE

NO_QUEUE: Final = "-"
"""Of an update that belongs to no chat."""
STOPPED_KIND: Final = "stopped_message_generation"
"""A person pressed the Stop that their client shows below a draft (Bot API 10.3)."""
_TAKES_WORDS: Final = frozenset({"steer", "spawn", "plan"})
"""Commands whose words are for an agent."""
_TAKES_FILES: Final = frozenset({"steer", "plan"})
_MOST_NAME: Final = 128
_FIRST_MOMENT: Final = 1_000_000_000
"""What was written before Telegram was there tells no time (seconds since 1970)."""
_SPOKEN: Final = frozenset({"voice", "video_note"})


def _put_before(prompt: Prompt, name: str) -> Prompt:
    """Return a prompt with a command before its words, on a line of its own with the first of them."""
    refers = prompt.text.removesuffix(prompt.words).rstrip() if prompt.words else prompt.text
    said = f"/{name} {prompt.words}".rstrip()
    return replace(prompt, text="\n\n".join(filter(None, [refers, said])), words=said)


@strict_dataclass(frozen=True)
class _StoppedChat:
    id: TelegramInt
    type: StrictStr


@strict_dataclass(frozen=True)
class _Stopped:
    chat: _StoppedChat
    draft_id: TelegramInt


def parse(raw: Any, bot: BotIdentity, *, unaddressed: bool = False) -> Incoming:
    """Read one raw update; with `unaddressed`, what is said in a group is for the bot also where it is not named.

    Raises:
        MalformedUpdate: It has not Telegram's shape; the text names fields, never contents.
    """
    if not isinstance(raw, Mapping):
        raise MalformedUpdate("the update is not an object")
    if "callback_query" in raw:
        return _read_press(raw, bot)
    if "edited_message" in raw:
        said = read_message(raw, "edited_message")
        return _read_edit(_read(said, raw["edited_message"], bot, unaddressed=unaddressed))
    if STOPPED_KIND in raw:
        return _read_stop(raw[STOPPED_KIND], bot)
    if "message" not in raw:
        kinds = sorted(str(key)[:40] for key in raw if key != "update_id")
        return Ignored(f"kind {', '.join(kinds)[:200] or 'unknown'}")
    return _read(read_message(raw, "message"), raw["message"], bot, unaddressed=unaddressed)


def build_queue_key(raw: Any) -> str:
    """Return the queue an update waits in: its conversation, or one of its own for what overtakes."""
    if not isinstance(raw, Mapping):
        return NO_QUEUE
    update_id = raw.get("update_id")
    if "callback_query" in raw or STOPPED_KIND in raw:
        return f"!{update_id}" if isinstance(update_id, int) else NO_QUEUE
    message = raw.get("message", raw.get("edited_message", raw.get("my_chat_member")))
    if not isinstance(message, Mapping):
        return NO_QUEUE
    text = message.get("text")
    command = parse_command(text) if isinstance(text, str) and "message" in raw else None
    if command is not None and command.name in OVERTAKING and isinstance(update_id, int):
        return f"!{update_id}"
    room = find_room(message)
    if room is None:
        return NO_QUEUE
    chat_id, topic = room
    return str(chat_id) if topic is None else f"{chat_id}/{topic}"


def _read_press(raw: Mapping[str, Any], bot: BotIdentity) -> Incoming:
    press = read_press(raw)
    language = _read_language(press.language)
    if press.data is None:
        return Ignored("a button that is none of the bot's", person_id=press.sender_id, language=language)
    chat_id = press.chat_id if press.chat_id is not None else NOWHERE
    return Pressed(
        Address(bot.id, chat_id, press.topic_id), press.sender_id, _full_name(press.sender_names),
        press.message_id or 0, press.id, clean(press.data), language,
    )  # fmt: skip


def _read_stop(raw: Any, bot: BotIdentity) -> Incoming:
    """Read the client's own Stop as the button that stops the same turn: its number is that of the draft.

    Bot API 10.3 names no sender: in a private chat, the person is the chat.
    """
    try:
        stopped = _STOPPED.validate_python(raw)
    except ValidationError as error:
        raise MalformedUpdate(describe_problems(STOPPED_KIND, error)) from None
    if stopped.chat.type != ChatType.PRIVATE or stopped.draft_id <= 0:
        return Ignored("a draft that is none of the bot's")
    data = build_button(SOURCE, stopped.draft_id).data
    return Pressed(Address(bot.id, stopped.chat.id), stopped.chat.id, "", 0, "", data)


_STOPPED = TypeAdapter(_Stopped)


def _read(said: Said, raw: Mapping[str, Any], bot: BotIdentity, *, unaddressed: bool) -> Incoming:
    facts = said.facts
    address = Address(bot.id, facts.chat_id, facts.topic_id)
    if facts.sender_chat_id is not None or facts.sender_id is None or facts.chat_type == ChatType.CHANNEL:
        return _read_nobody(said, address, bot)
    if facts.sender_is_bot:
        return Ignored("a bot's message", address)
    place = _Message(address, said, facts.sender_id, bot)
    mentions = [] if facts.private else find_mentions(said, bot)
    named = facts.private or bool(mentions) or replies_to_bot(said, bot)
    start, end = find_asked(facts.text or "", mentions)
    command = place.read_command(start, end, named=named)
    if command is not None:
        return command
    asked = build_prompt(said, Context(bot, named), start, end)
    if not (named or unaddressed):
        part = (bool(asked.files) and facts.album is not None) or said.message.forward_origin is not None
        return place.prompt(asked, addressed=False) if part else place.overhear(asked)
    if asked.too_large is not None:
        return place.ignored(
            "a file that is too large", partial(too_large, name=asked.too_large.name, count=asked.too_large.size)
        )
    if asked.says:
        return place.prompt(asked)
    if facts.text is None and not is_service(raw):
        return place.ignored("not a text", keys.unreadable if named else None)
    silent = facts.private or facts.text is None
    return place.ignored("an empty text" if silent else "nothing asked", None if silent else keys.nothing_asked)


def _read_nobody(said: Said, address: Address, bot: BotIdentity) -> Ignored:
    """Pass over what no person signs; in a group, who means the bot all the same is told why it keeps silent."""
    facts, reason = said.facts, "an anonymous sender"
    if facts.chat_type not in {ChatType.GROUP, ChatType.SUPERGROUP} or facts.is_automatic_forward:
        return Ignored(reason, address)
    command = parse_command(facts.text or "")
    named = command is not None and command.at is not None and is_name(command.at, bot)
    if not (named or find_mentions(said, bot) or replies_to_bot(said, bot)):
        return Ignored(reason, address)
    return Ignored(
        reason, address, message_id=facts.message_id, reply=keys.anonymous, language=_read_language(facts.language)
    )


def _read_edit(incoming: Incoming) -> Incoming:
    """Return what an edited message asks now."""
    if isinstance(incoming, Prompt) and incoming.addressed:
        return _edited(incoming, incoming)
    if isinstance(incoming, Command) and incoming.name == "steer" and incoming.prompt is not None:
        return _edited(incoming, incoming.prompt)
    if isinstance(incoming, Command):
        return _edited(incoming, None)
    return Ignored("an edit that asks nothing")


def _edited(now: Prompt | Command, asks: Prompt | None) -> Edited:
    text, told = (asks.text, asks.told) if asks is not None else ("", "")
    return Edited(now.address, now.person_id, now.message_id, text, told, now, now.language)


@dataclass(frozen=True, slots=True)
class _Message:
    """Where and by whom something was said."""

    address: Address
    said: Said
    person_id: int
    bot: BotIdentity

    def prompt(self, asked: Asked, *, addressed: bool = True) -> Prompt:
        facts, name = self.said.facts, _full_name(self.said.facts.sender_names)
        return Prompt(
            self.address, self._title(), self.person_id, name, facts.message_id, asked.text, words=asked.words,
            files=asked.files,
            album=facts.album, addressed=addressed, reply_to=facts.reply_to, button=find_button(self.said, self.bot),
            speaker="" if facts.private else build_speaker(name),
            forwarded=self.said.message.forward_origin is not None, threaded=facts.threaded, language=self._language(),
            spoken=_find_spoken(self.said.media), sent_at=_read_moment(self.said.message.date),
        )  # fmt: skip

    def read_command(self, start: int, end: int, *, named: bool) -> Incoming | None:
        """Read what begins with a command, also below a file; None for all else."""
        facts = self.said.facts
        segment = (facts.text or "")[start:end].rstrip()
        found = parse_command(segment)
        if found is None or self.said.message.forward_origin is not None:
            return None
        if found.at is not None and not facts.private and not is_name(found.at, self.bot):
            return self.ignored("another bot's command")
        command = Command(
            self.address, self._title(), self.person_id, _full_name(facts.sender_names), facts.message_id, found.name,
            clean(found.args), named or found.at is not None, language=self._language(), reply_to=facts.reply_to,
        )  # fmt: skip
        if self.said.media is not None and found.name not in _TAKES_FILES:
            return self.ignored(
                "a command with a file", partial(keys.takes_no_file, name=found.name) if command.addressed else None
            )
        if found.name in _TAKES_WORDS and (found.args or self.said.media is not None):
            begin = start + len(segment) - len(found.args)
            asked = build_prompt(self.said, Context(self.bot), begin, end)
            return replace(command, prompt=self.prompt(asked))
        if found.name not in BY_NAME:  # it may be one of the class's: then it is asked as it stands
            asked = build_prompt(self.said, Context(self.bot), start + len(segment) - len(found.args), end)
            return replace(command, prompt=_put_before(self.prompt(asked), found.name))
        return command

    def ignored(self, reason: str, reply: Callable[[str], str] | None = None) -> Ignored:
        number = self.said.facts.message_id
        return Ignored(reason, self.address, self.person_id, number, reply, self._language())

    def overhear(self, asked: Asked) -> Ignored:
        ignored, name = self.ignored("not addressed to the bot"), _full_name(self.said.facts.sender_names)
        text = "\n".join(filter(None, [asked.text, *(f"[{file.name}]" for file in asked.files)]))
        return replace(ignored, heard=Heard(name, text)) if asked.says and text else ignored

    def _title(self) -> str:
        """Return what the message tells of its place's name; of a topic, only what opened it does."""
        facts, replied = self.said.facts, self.said.message.reply_to_message
        if facts.in_topic:
            created = replied.forum_topic_created if replied is not None else None
            return clean_line(created.name, MOST_TITLE) if created is not None else ""
        return PRIVATE if facts.private else clean_line(facts.chat_title, MOST_TITLE)

    def _language(self) -> str:
        return _read_language(self.said.facts.language)


def _find_spoken(media: Media | None) -> Spoken | None:
    if media is None or media.kind not in _SPOKEN:
        return None
    return Spoken(media.id, media.seconds or 0, video=media.kind != "voice")


def _read_moment(date: object) -> datetime | None:
    return date if isinstance(date, datetime) and date.timestamp() >= _FIRST_MOMENT else None


def _read_language(tag: str | None) -> str:
    return choose(tag) if tag else ""


def _full_name(names: tuple[str | None, str | None]) -> str:
    return clean_line(" ".join(filter(None, names)), _MOST_NAME)
