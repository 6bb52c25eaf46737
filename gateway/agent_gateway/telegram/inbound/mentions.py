"""Whether a message is meant for the bot: where it is named, and what it replies to. Pure."""

from __future__ import annotations

from agent_gateway.telegram.inbound.shapes import Message
from agent_gateway.telegram.ports import BotIdentity


def is_name(name: str, bot: BotIdentity) -> bool:
    """Say whether a name is the bot's, without its @."""
    return name.lower() == bot.username.lower()


def replies_to_bot(message: Message, bot: BotIdentity) -> bool:
    """Say whether a message answers one of the bot's."""
    replied = message.reply_to_message
    if replied is None or replied.sender is None or replied.sender.id != bot.id:
        return False
    # Every message of a topic "replies" to the service message that opened it, which the bot may have caused.
    return replied.forum_topic_created is None and replied.message_id != message.message_thread_id


def find_mentions(message: Message, bot: BotIdentity) -> list[tuple[int, int]]:
    """Return where the bot is mentioned, as ranges of code points."""
    said = message.text if message.text is not None else message.caption or ""
    units = said.encode("utf-16-le", "surrogatepass")
    found = []
    for entity in message.entities if message.text is not None else message.caption_entities:
        start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
        name = units[start:end].decode("utf-16-le", "replace")
        by_name = entity.type == "mention" and is_name(name[1:], bot)
        by_id = entity.type == "text_mention" and entity.user is not None and entity.user.id == bot.id
        if by_name or by_id:
            begin = len(units[:start].decode("utf-16-le", "surrogatepass"))
            found.append((begin, begin + len(name)))
    return found


def strip_mentions(text: str, mentions: list[tuple[int, int]]) -> str:
    """Return the text without the bot's name at its ends; a name inside a sentence belongs to it."""
    start, end = 0, len(text)
    for begin, stop in sorted(mentions):
        if not text[start:begin].strip(" \t\n,:"):
            start = stop
    for begin, stop in sorted(mentions, reverse=True):
        if begin >= start and not text[stop:end].strip():
            end = begin
    return text[start:end].lstrip(" \t\n,:").rstrip()
