"""Updates as Telegram sends them, and what is read from them."""

from __future__ import annotations

from agent_gateway.telegram.inbound.incoming import Ignored, Prompt
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.ports import BotIdentity

BOT = BotIdentity(1000, "dispatch_bot")
PERSON = {"id": 5, "is_bot": False, "first_name": "Ada", "last_name": "L"}
GROUP = {"id": -100200, "type": "supergroup", "title": "Builders"}
FORUM = {**GROUP, "is_forum": True}
PRIVATE = {"id": 5, "type": "private", "first_name": "Ada"}


MEDIA = {
    "document": {}, "audio": {"duration": 0}, "voice": {"duration": 0},
    "video": {"duration": 0, "width": 9, "height": 9}, "animation": {"duration": 0, "width": 9, "height": 9},
    "video_note": {"duration": 0, "length": 9},
    "sticker": {"type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False},
}  # fmt: skip
"""What Telegram always tells of a file."""


def complete(message):
    """Return a message with what Telegram always tells, and the test does not care about."""
    if not isinstance(message, dict):
        return message
    whole = {"date": 0, **message}
    for key in ("from", "reply_to_message"):
        if isinstance(whole.get(key), dict):
            whole[key] = complete_person(whole[key]) if key == "from" else complete({"chat": PRIVATE, **whole[key]})
    if isinstance(whole.get("photo"), list):
        whole["photo"] = [{"file_unique_id": "u", **size} for size in whole["photo"]]
    for kind, rest in MEDIA.items():
        if isinstance(whole.get(kind), dict):
            whole[kind] = {"file_unique_id": "u", **rest, **whole[kind]}
    created = whole.get("forum_topic_created")
    if isinstance(created, dict):
        whole["forum_topic_created"] = {"icon_color": 1, **created}
    return whole


def complete_update(raw):
    """Return an update whose message, or button, is whole."""
    whole = {**raw, **{kind: complete(raw[kind]) for kind in ("message", "edited_message") if kind in raw}}
    query = raw.get("callback_query")
    if isinstance(query, dict):
        under = {"message": complete(query["message"])} if query.get("message") else {}
        sender = {"from": complete_person(query["from"])} if isinstance(query.get("from"), dict) else {}
        whole["callback_query"] = {"chat_instance": "x", **query, **under, **sender}
    return whole


def complete_person(person):
    return {"is_bot": False, "first_name": "P", **person}


def update(text="hi", chat=PRIVATE, update_id=9, **fields):
    message = {"message_id": 7, "date": 0, "chat": chat, "from": PERSON, **fields}
    if text is not None:
        message["text"] = text
    return {"update_id": update_id, "message": complete(message)}


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
