"""What a person's message points at: where it was forwarded from, what it quotes, what it replies to elsewhere."""

from __future__ import annotations

import time
from typing import Any

from agent_simulators.telegram.checks import utf16_length
from agent_simulators.telegram.contents import read_contents
from agent_simulators.telegram.describe import text_of
from agent_simulators.telegram.people import as_person
from agent_simulators.telegram.state import Cloud


def read_origin(given: dict[str, Any]) -> dict[str, Any]:
    """Return where something came from: {user}, {hidden: name}, {channel, message_id, signature} or {chat}.

    Raises:
        ValueError: it says nothing of these.
    """
    date = int(given.get("date", time.time()))
    signed = {"author_signature": given["signature"]} if "signature" in given else {}
    if "user" in given:
        return {"type": "user", "date": date, "sender_user": as_person(given["user"])}
    if "hidden" in given:
        return {"type": "hidden_user", "date": date, "sender_user_name": given["hidden"]}
    if "channel" in given:
        chat = _as_chat(given["channel"], "channel")
        return {"type": "channel", "date": date, "chat": chat, "message_id": int(given.get("message_id", 1)), **signed}
    if "chat" in given:
        return {"type": "chat", "date": date, "sender_chat": _as_chat(given["chat"], "supergroup"), **signed}
    raise ValueError("the origin is one of user, hidden, channel, chat")


def _as_chat(given: Any, kind: str) -> dict[str, Any]:
    """Return a chat given by its number, or as {id, title, …}."""
    chat = given if isinstance(given, dict) else {"id": int(given)}
    return {"type": kind, "title": f"{kind.capitalize()} {chat['id']}", **chat}


def read_external_reply(cloud: Cloud, given: dict[str, Any]) -> dict[str, Any]:
    """Return a reply to a message of another chat or topic: an origin, and what the message holds that is no text."""
    origin = read_origin(given)
    chat = {"chat": origin["chat"], "message_id": origin["message_id"]} if origin["type"] == "channel" else {}
    contents = read_contents(cloud, {key: value for key, value in given.items() if key not in {"user", "chat"}})
    return {"origin": origin, **chat, **{key: value for key, value in contents.items() if value}}


def read_quote(given: Any, original: dict[str, Any] | None) -> dict[str, Any]:
    """Return a quote: a part of the text that is replied to, marked by hand; or an object as it is.

    Raises:
        ValueError: the message that is replied to does not hold it.
    """
    if isinstance(given, dict):
        return {"position": 0, **given}
    before, found, _ = text_of(original or {}).partition(given)
    if not found:
        raise ValueError("a quote is a part of the text that is replied to")
    return {"text": given, "position": utf16_length(before), "is_manual": True}
