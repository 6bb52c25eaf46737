"""Whether a message is meant for the bot: where it is named, and what it replies to. Pure."""

from __future__ import annotations

from agent_gateway.telegram.inbound.marked import find_ranges
from agent_gateway.telegram.inbound.reading import Said
from agent_gateway.telegram.ports import BotIdentity


def is_name(name: str, bot: BotIdentity) -> bool:
    """Say whether a name is the bot's, without its @."""
    return name.lower() == bot.username.lower()


def replies_to_bot(said: Said, bot: BotIdentity) -> bool:
    """Say whether a message answers one of the bot's."""
    replied = said.message.reply_to_message
    if replied is None or replied.from_user is None or replied.from_user.id != bot.id:
        return False
    return not is_topic_root(said)


def find_button(said: Said, bot: BotIdentity) -> str:
    """Return the data of the first button below the message of the bot that a message answers; empty for none.

    It names what was asked also where the message itself is in no record, as its sender died, or lost Telegram's answer.
    """
    replied = said.message.reply_to_message
    if replied is None or replied.reply_markup is None or not replies_to_bot(said, bot):
        return ""
    return next(
        (str(b.callback_data) for row in replied.reply_markup.inline_keyboard for b in row if b.callback_data), ""
    )


def is_topic_root(said: Said) -> bool:
    """Say whether what a message replies to is the service message that opened its topic, as of each message there."""
    replied, facts = said.message.reply_to_message, said.facts
    if replied is None:
        return False
    return replied.forum_topic_created is not None or (facts.in_topic is True and facts.reply_to == facts.thread_id)


def find_mentions(said: Said, bot: BotIdentity) -> list[tuple[int, int]]:
    """Return where the bot is mentioned, as ranges of code points."""
    text = said.facts.text or ""
    return [
        (start, end)
        for start, end, mark in find_ranges(text, said.facts.marks)
        if (mark.type == "mention" and is_name(text[start + 1 : end], bot))
        or (mark.type == "text_mention" and mark.user_id == bot.id)
    ]


def find_asked(text: str, mentions: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the range of what is said without the bot's name at its ends; a name inside a sentence belongs to it."""
    start, end = 0, len(text)
    for begin, stop in sorted(mentions):
        if not text[start:begin].strip(" \t\n,:"):
            start = stop
    for begin, stop in sorted(mentions, reverse=True):
        if begin >= start and not text[stop:end].strip():
            end = begin
    if mentions:
        while start < end and text[start] in " \t\n,:":
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
    return start, end
