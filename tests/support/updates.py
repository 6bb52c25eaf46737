"""Updates as Telegram sends them, and what is read from them."""

from __future__ import annotations

from agent_gateway.telegram.inbound.updates import Ignored, Prompt, parse
from agent_gateway.telegram.ports import BotIdentity

BOT = BotIdentity(1000, "dispatch_bot")
PERSON = {"id": 5, "is_bot": False, "first_name": "Ada", "last_name": "L"}
GROUP = {"id": -100200, "type": "supergroup", "title": "Builders"}
FORUM = {**GROUP, "is_forum": True}
PRIVATE = {"id": 5, "type": "private", "first_name": "Ada"}


def update(text="hi", chat=PRIVATE, update_id=9, **fields):
    message = {"message_id": 7, "date": 0, "chat": chat, "from": PERSON, **fields}
    if text is not None:
        message["text"] = text
    return {"update_id": update_id, "message": message}


def mention(text, name="@dispatch_bot"):
    offset = len(text[: text.index(name)].encode("utf-16-le")) // 2
    return [{"type": "mention", "offset": offset, "length": len(name)}]


def asked(raw):
    incoming = parse(raw, BOT)
    assert isinstance(incoming, Prompt), incoming
    return incoming


def ignored(raw):
    incoming = parse(raw, BOT)
    assert isinstance(incoming, Ignored), incoming
    return incoming
