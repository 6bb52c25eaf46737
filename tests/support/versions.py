"""Odd updates of two kinds: of another version of the Bot API with the facts untouched, and with a fact missing or wrong."""

from __future__ import annotations

import copy
import random
from typing import Any

ADA = {"id": 7, "is_bot": False, "first_name": "Ada", "language_code": "de"}
BOT = {"id": 900, "is_bot": True, "first_name": "Demo", "username": "demo_bot"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ada"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Team", "is_forum": True}
SENT = {"message_id": 5, "date": 1764300000, "chat": PRIVATE, "from": ADA}
PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 90, "height": 90}]
NEW_QUOTE = {"type": "expandable_blockquote", "blocks": [{"type": "paragraph", "text": "x"}]}  # Bot API 10.5


def message(**more: Any) -> dict[str, Any]:
    """Return an update of a message with more fields."""
    return {"update_id": 1, "message": {**copy.deepcopy(SENT), "text": "hello", **copy.deepcopy(more)}}


BASES: dict[str, dict[str, Any]] = {
    "text": message(),
    "reply thread": message(message_thread_id=2, reply_to_message={**SENT, "message_id": 2, "from": BOT, "text": "a"}),
    "topic": message(chat=GROUP, message_thread_id=44, is_topic_message=True),
    "entities": message(text="see here", entities=[{"type": "text_link", "offset": 4, "length": 4, "url": "https://a.b"}]),
    "album": message(text=None, caption="c", photo=PHOTO, media_group_id="1"),
    "voice": message(text=None, voice={"file_id": "f", "file_unique_id": "u", "duration": 3}),
    "forward": message(forward_origin={"type": "hidden_user", "date": 1, "sender_user_name": "Bob"}),
    "quote": message(quote={"text": "q", "position": 0, "is_manual": True}, external_reply={"origin": {"type": "user", "date": 1, "sender_user": ADA}}),
    "edited": {"update_id": 1, "edited_message": {**SENT, "text": "new", "edit_date": 1764300001}},
    "press": {"update_id": 1, "callback_query": {"id": "9", "from": ADA, "chat_instance": "x", "data": "stop:1", "message": {**SENT, "text": "a"}}},
    "old press": {"update_id": 1, "callback_query": {"id": "9", "from": ADA, "chat_instance": "x", "data": "d", "message": {"chat": PRIVATE, "message_id": 5, "date": 0}}},
    "inline press": {"update_id": 1, "callback_query": {"id": "9", "from": ADA, "chat_instance": "x", "data": "d", "inline_message_id": "i"}},
}  # fmt: skip
UNKNOWN_KINDS: dict[str, dict[str, Any]] = {
    "stopped_message_generation": {"chat": PRIVATE, "draft_id": 3},
    "subscription": {"user": ADA, "invoice_payload": "p", "state": "active"},
    "widget_query": {"id": "1", "from": ADA, "type": {"type": "data", "data": "x"}},
    "shared_widget_query": {"id": "1", "from": ADA},
    "something_of_2027": {"chat": PRIVATE, "list": [1, {"a": None}]},
}
Facts = tuple[Any, ...]


def facts(raw: dict[str, Any]) -> Facts:
    """Return what has to be read: chat, topic, message, person, text or data."""
    if "callback_query" in raw:
        query = raw["callback_query"]
        under = query.get("message")
        return (
            under and under["chat"]["id"],
            None,
            under and under["message_id"],
            query["from"]["id"],
            query.get("data"),
        )
    said = raw.get("message") or raw["edited_message"]
    topic = said.get("message_thread_id") if said.get("is_topic_message") else None
    text = said["text"] if said.get("text") is not None else said.get("caption")
    return (said["chat"]["id"], topic, said["message_id"], said["from"]["id"], text)


def body(raw: dict[str, Any]) -> dict[str, Any]:
    """Return what is in an update."""
    return next(value for key, value in raw.items() if key != "update_id")


def places(node: Any) -> list[dict[str, Any]]:
    """Return every object in an update."""
    found = [node] if isinstance(node, dict) else []
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        found += places(child)
    return found


def harmless(rng: random.Random) -> tuple[str, dict[str, Any], Facts | None]:
    """Return an update of another version of the Bot API, with the facts untouched."""
    name = rng.choice(list(BASES))
    raw = copy.deepcopy(BASES[name])
    expected = facts(raw)
    said = body(raw)
    strange = rng.choice([True, 5, "x", None, [], {"a": [1]}, {"type": "new", "text": {"b": 1}}, 2**40, 1.5])
    match rng.choice("ABCDEFGHIJ"):
        case "A":
            rng.choice(places(raw)[1:] or [raw])[f"field_{rng.randint(1, 9)}"] = strange
            return f"{name}: an unknown field", raw, expected
        case "B":
            said["rich_message"] = {"blocks": [NEW_QUOTE, {"type": "table_of_2027", "cells": []}]}
            return f"{name}: rich message of 10.5", raw, expected
        case "C" if "callback_query" not in raw:
            said["forward_origin"] = {"type": "community", "date": 1, "community": {"id": 1}}
            return f"{name}: an unknown origin", raw, expected
        case "D" if "callback_query" not in raw:
            said["entities"] = [{"type": "widget_link", "offset": 0, "length": 1, "new": 1}]
            return f"{name}: an unknown entity", raw, expected
        case "E":
            said["from"] = {"id": 7, "first_name": "Ada", "is_bot": False, "status": {"emoji": 1}, "supports_x": True}
            return f"{name}: new fields of a user", raw, expected
        case "F" if "callback_query" not in raw:
            said.update(receiver_user=ADA, ephemeral_message_id=4, message_id=0)
            return f"{name}: ephemeral", raw, facts(raw)
        case "G" if "callback_query" not in raw:
            said["paid_media"] = {"star_count": 1, "paid_media": [{"type": "hologram", "x": 1}]}
            return f"{name}: an unknown paid medium", raw, expected
        case "H" if "callback_query" not in raw:
            said["poll"] = {"id": "1", "question": "q", "options": [{"text": "a", "voter_count": 0}], "total_voter_count": 0, "is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}  # fmt: skip
            return f"{name}: a poll as of 9.5", raw, expected
        case "I":
            for key in ("caption", "quote", "via_bot", "edit_date", "reply_markup", "sender_chat"):
                said.setdefault(key, None) if "callback_query" not in raw else None
            return f"{name}: nulls", raw, expected
        case _:
            kind = rng.choice(list(UNKNOWN_KINDS))
            return f"kind {kind}", {"update_id": 1, kind: copy.deepcopy(UNKNOWN_KINDS[kind])}, None


WRONG = ["12", 1.5, None, True, [], {}, -(2**70), 2**70, "x" * 9, "\ud800"]


def fatal(rng: random.Random) -> tuple[str, Any]:
    """Return an update in which a fact is missing or wrong."""
    name = rng.choice([n for n in BASES if n not in ("inline press", "voice", "album")])
    raw = copy.deepcopy(BASES[name])
    said = body(raw)
    target = said.get("message", said) if "callback_query" in raw else said
    match rng.choice("ABCDEFGHIJK"):
        case "A":
            wrong = rng.choice(WRONG)
            target["chat"] = {**target["chat"], "id": wrong}
            return f"{name}: chat.id {str(wrong)[:9]!r}", raw
        case "B":
            wrong = rng.choice([w for w in WRONG if w is not None] + [-5])
            target["message_id"] = wrong
            return f"{name}: message_id {str(wrong)[:9]!r}", raw
        case "C":
            wrong = rng.choice([w for w in WRONG if w not in ({}, [], None)])
            said["from"] = {"id": wrong, "is_bot": False, "first_name": "A"}
            return f"{name}: from.id {str(wrong)[:9]!r}", raw
        case "D":
            target["chat"] = rng.choice([None, 5, "x", [], {}])
            return f"{name}: chat {target['chat']!r}", raw
        case "E" if "callback_query" not in raw:
            said["text"] = rng.choice([5, ["a"], {"a": 1}, True, 1.5])
            return f"{name}: text {said['text']!r}", raw
        case "E":
            said["data"] = rng.choice([5, ["a"], {"a": 1}])
            return f"{name}: data {said['data']!r}", raw
        case "F" if "callback_query" not in raw:
            said["entities"] = rng.choice([{"a": 1}, ["x"], [{"type": "bold", "offset": "1", "length": 1}], [{"type": "bold", "offset": -1, "length": 1}], [{"offset": 0, "length": 1}], 5])  # fmt: skip
            return f"{name}: entities {said['entities']!r}", raw
        case "G":
            target["date"] = rng.choice([None, "x", 10**20, [], {}, -(10**18)])
            return f"{name}: date {target['date']!r}", raw
        case "H" if "callback_query" not in raw:
            said["reply_to_message"] = rng.choice([[], "x", 5, {"message_id": 1}])
            return f"{name}: reply_to_message {said['reply_to_message']!r}", raw
        case "I" if "callback_query" not in raw:
            node = said
            for _ in range(400):
                node["reply_to_message"] = copy.copy(SENT)
                node = node["reply_to_message"]
            return f"{name}: 400 replies deep", raw
        case "J":
            return "not an update", rng.choice([None, 5, "x", [], [1], True, {}, {"update_id": 1, "message": "x"}, {"update_id": 1, "message": []}])  # fmt: skip
        case _:
            wrong = rng.choice(["12", 1.5, [], {}, -1, 2**70])
            target["message_thread_id"], target["is_topic_message"] = wrong, True
            return f"{name}: thread {str(wrong)[:9]!r}", raw
