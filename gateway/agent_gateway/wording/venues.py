"""What a person reads in private of a topic or chat in which the bot cannot write any more."""

from __future__ import annotations

from agent_gateway.wording import keys
from agent_gateway.wording.titles import PRIVATE


def gone_text(language: str, title: str, dropped: int, *, chat: bool) -> str:
    """Tell that a topic, or with `chat` a whole chat, is gone, and with it what was at work there.

    Args:
        language: Of who reads it.
        title: Of the topic or chat; empty where it has none.
        dropped: How many waiting messages nobody answers any more.
        chat: It is a whole chat.
    """
    title = "" if title == PRIVATE else title
    if chat:
        said = keys.venue_chat_gone(language, title=title) if title else keys.venue_chat_gone_untitled(language)
    else:
        said = keys.venue_topic_gone(language, title=title) if title else keys.venue_topic_gone_untitled(language)
    return f"{said}\n{keys.venue_dropped(language, count=dropped)}" if dropped else said
