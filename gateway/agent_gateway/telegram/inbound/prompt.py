"""What an agent is told of one message: header lines where they say something, then its words as Markdown. Pure.

A header line stands in brackets, and what somebody else wrote stands as a quote below it, so that neither a name nor a
text of somebody else passes for the words of who asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from pydantic import ValidationError
from telegram import (
    ExternalReplyInfo,
    Message,
    MessageOrigin,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
)

from agent_contract.text import clean
from agent_gateway.store.rows import Attachment
from agent_gateway.telegram.inbound.attachments import TooLarge, build_attachment, read_media
from agent_gateway.telegram.inbound.foreign import MOST_QUOTED, clean_name, escape_headers, has_words, quote
from agent_gateway.telegram.inbound.kinds import describe
from agent_gateway.telegram.inbound.marked import to_markdown
from agent_gateway.telegram.inbound.mentions import is_topic_root
from agent_gateway.telegram.inbound.reading import Said, read_marks
from agent_gateway.telegram.ports import BotIdentity

MOST_OWN: Final = 500
"""Characters of the bot's own message that are quoted: its agent has written it."""
MOST_FORWARDED: Final = 32_768
_OF_REPLY: Final = "of the message replied to"
_OWN: Final = "your own earlier message"


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the message."""

    bot: BotIdentity
    named: bool = True
    """It is written to the bot."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks.

    Attributes:
        text: What the agent is told.
        words: The words alone.
        files: What came with it, and with what it replies to.
        too_large: Its own file, which Telegram gives no bot.
        says: It says something itself, or points at something that somebody else said.
    """

    text: str
    words: str
    files: tuple[Attachment, ...]
    too_large: TooLarge | None
    says: bool


def build_speaker(name: str) -> str:
    """Return the header line that says who speaks."""
    return f"[From {clean_name(name) or 'somebody'}]"


def build_prompt(said: Said, context: Context, start: int = 0, end: int | None = None) -> Asked:
    """Return what a message asks.

    Args:
        said: The message.
        context: What is known besides.
        start: Where its words begin, in code points: the bot's name or a command stands before.
        end: Where they end; the end of the text where that is None.
    """
    facts, message = said.facts, said.message
    words = to_markdown(facts.text, facts.marks, start, end).strip() if facts.text is not None else describe(message)
    words = clean(words) if has_words(words) else ""
    own = build_attachment(said.media, facts.message_id, part=facts.album is not None) if said.media else None
    if own is not None and said.media is not None and said.media.kind == "sticker" and words:
        own = None  # it says what its emoji says
    header, pointed = _describe_reply(said, context.bot)
    files = [own] if isinstance(own, Attachment) else []
    replied = _find_replied_file(said)
    if isinstance(replied, Attachment):
        files.append(replied)
    elif replied is not None:
        header.append(f"[Its file {clean_name(replied.name, 100)} is too large to be fetched]")
    if message.forward_origin is not None:
        header.append(f"[Forwarded from {_name_origin(message.forward_origin)}]")
        words = quote(words, MOST_FORWARDED)
    told = words if message.forward_origin is not None else escape_headers(words)
    text = "\n\n".join(filter(None, ["\n".join(header), told]))
    says = bool(words) or own is not None or pointed or isinstance(replied, Attachment)
    return Asked(text, words, tuple(files), own if isinstance(own, TooLarge) else None, says)


def _describe_reply(said: Said, bot: BotIdentity) -> tuple[list[str], bool]:
    """Return the header of what a message replies to, and whether that tells what is meant."""
    message = said.message
    passage = quote(message.quote.text) if message.quote is not None else ""
    replied, external = message.reply_to_message, message.external_reply
    if replied is not None and not (is_topic_root(said) and not passage):
        own = replied.from_user is not None and replied.from_user.id == bot.id
        who = _OWN if own else _name_author(replied, said)
        whole = "" if own and passage else quote(_read_words(replied), MOST_OWN if own else MOST_QUOTED)
        if whole and passage and whole != passage:
            return [f"[In reply to {who}]", whole, "[namely to this part]", passage], True
        if whole or passage:
            return [f"[In reply to {who}]", passage or whole], bool(passage) or not own
    elif external is not None and (passage or external.origin is not None):
        header = f"[In reply to {_name_origin(external.origin)}, elsewhere]"
        return [header, *filter(None, [passage])], bool(passage)
    return [], False


def _read_words(message: Message) -> str:
    """Return the words of a message that is replied to; of what cannot be read, none."""
    text = message.text if message.text is not None else message.caption
    if not isinstance(text, str):
        return describe(message)
    try:
        return to_markdown(text, read_marks(message))
    except (ValidationError, TypeError, AttributeError):
        return text


def _find_replied_file(said: Said) -> Attachment | TooLarge | None:
    replied: Message | ExternalReplyInfo | None = said.message.reply_to_message or said.message.external_reply
    if replied is None or (replied is said.message.reply_to_message and is_topic_root(said)):
        return None
    try:
        media = read_media(replied)
    except (ValidationError, TypeError, AttributeError):
        return None
    number = replied.message_id if isinstance(replied.message_id, int) else 0
    if media is None or (media.kind == "sticker" and media.emoji):
        return None
    found = build_attachment(media, number)
    if isinstance(found, TooLarge):
        return found
    return replace(found, about=", ".join(filter(None, [found.about, _OF_REPLY])))


def _name_author(message: Message, said: Said) -> str:
    if message.sender_chat is not None:
        return clean_name(message.sender_chat.title) or "a channel"
    author = message.from_user
    if author is None:
        return "somebody"
    if author.id == said.facts.sender_id:
        return "their own message"
    return clean_name(" ".join(n for n in (author.first_name, author.last_name) if isinstance(n, str))) or "somebody"


def _name_origin(origin: MessageOrigin) -> str:
    """Return who wrote something first, and when."""
    return f"{_name_source(origin)}{_tell_when(origin.date)}"


def _name_source(origin: MessageOrigin) -> str:
    match origin:
        case MessageOriginUser():
            user = origin.sender_user
            names = (name for name in (user.first_name, user.last_name) if isinstance(name, str))
            return clean_name(" ".join(names)) or "somebody"
        case MessageOriginHiddenUser():
            return clean_name(origin.sender_user_name) or "somebody"
        case MessageOriginChat():
            return clean_name(origin.sender_chat.title) or "a group"
        case MessageOriginChannel():
            return f"the channel {clean_name(origin.chat.title)}".rstrip()
        case _:
            return "somebody"


def _tell_when(moment: object) -> str:
    if not isinstance(moment, datetime) or moment.timestamp() <= 0:
        return ""
    return f", {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
