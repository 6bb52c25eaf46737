"""`/sim/…`: play the people, and spoil what bots do."""

from __future__ import annotations

import re
import time
from typing import Any

from aiohttp import web

from agent_simulators.telegram.bots import MAX_PAUSE, Bot
from agent_simulators.telegram.chats import Chat, now_ms
from agent_simulators.telegram.checks import utf16_length
from agent_simulators.telegram.faultspec import TelegramFault
from agent_simulators.telegram.files import read_media
from agent_simulators.telegram.reads import buttons_of, route
from agent_simulators.telegram.state import Cloud

_COMMAND = re.compile(r"(?:(?<=\s)|^)/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]+)?")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9_]{3,32}")


def add_routes(app: web.Application, cloud: Cloud) -> None:
    """Add every endpoint."""
    for path, function in (
        ("messages", post_message), ("edits", post_edit), ("press", post_press), ("updates", post_update),
        ("chats", post_chat), ("topics", post_topic), ("bots", post_bot), ("faults", post_fault),
        ("settings", post_settings), ("reset", post_reset),
    ):  # fmt: skip
        app.router.add_post(f"/sim/{path}", route(cloud, function))
    app.router.add_delete("/sim/faults", route(cloud, delete_faults))


async def post_message(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Say something as a person: chat, text or a file, and user, topic, reply_to, chat_type at need.

    A file is photo, document, voice, …: {name, mime, content (base64) or size}; with it caption and media_group_id.
    """
    chat_id = int(body["chat"])
    chat = cloud.ensure_chat(chat_id, body.get("chat_type"), body.get("title", ""), forum=bool(body.get("forum")))
    topic = body.get("topic")
    if topic and int(topic) not in chat.topics:
        cloud.add_topic(chat, f"topic {topic}", int(topic))
    user = _person(body.get("user", chat_id if chat_id > 0 else 1))
    media = read_media(cloud, body)
    text = body["text"] if media is None else None
    said: dict[str, Any] = {"entities": find_entities(text)} if text is not None else {}
    if media is not None:
        said = {media.kind: media.value, "media_group_id": body.get("media_group_id")}
    if media is not None and body.get("caption"):
        said |= {"caption": body["caption"], "caption_entities": find_entities(body["caption"])}
    reply = chat.messages.get(int(body["reply_to"])) if body.get("reply_to") else None
    number = int(topic) if topic else None
    if reply is None and number is not None:
        reply = chat.topics[number].opened  # as Telegram has it: what opened the topic is replied to
    started = now_ms()
    message = cloud.add_message(chat, user, text, number, reply_to_message=reply, **said)
    updates = cloud.deliver("message", message)
    return {"message_id": message["message_id"], "update_id": updates[0], "t": started}


async def post_edit(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Edit a person's message: chat, message_id, text."""
    chat = cloud.chats[int(body["chat"])]
    message = chat.messages[int(body["message_id"])]
    message.update({"text": body["text"], "edit_date": int(time.time())})
    chat.shown[message["message_id"]].edit()
    return {"update_id": cloud.deliver("edited_message", message)[0]}


async def post_press(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Press a button: chat, message_id, data or text of the button, and user, topic, inaccessible at need."""
    chat_id = int(body["chat"])
    chat = cloud.chats[chat_id]
    message = chat.messages[int(body["message_id"])]
    if body.get("topic") and int(body["topic"]) != message.get("message_thread_id"):
        raise ValueError("the message stands in another topic")
    button = next((b for b in buttons_of(message) if _is_meant(b, body)), None)
    if button is None:
        raise ValueError(f"there is no such button; there are {buttons_of(message)}")
    user = _person(body.get("user", chat_id if chat_id > 0 else 1))
    callback = cloud.press(chat, message, user, button["data"], inaccessible=bool(body.get("inaccessible")))
    return {"callback_id": callback.id, "update_id": callback.update_id}


def _is_meant(button: dict[str, str], body: dict[str, Any]) -> bool:
    return all(button[key] == body[key] for key in ("data", "text") if key in body)


async def post_update(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Deliver an update exactly as given, however malformed: update."""
    return {"update_id": cloud.deliver_raw(next(iter(cloud.bots.values())), body["update"])}


async def post_chat(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Make or change a chat: chat, chat_type, title, forum, blocked, migrated_to, reactions (null for all)."""
    chat = cloud.ensure_chat(
        int(body["chat"]), body.get("chat_type"), body.get("title", ""), forum=bool(body.get("forum"))
    )
    if bool(body.get("blocked", chat.blocked)) != chat.blocked:
        chat.blocked = not chat.blocked
        _tell_member(cloud, chat, _person(body.get("user", chat.id if chat.id > 0 else 1)))
    if body.get("migrated_to") and chat.migrated_to is None:
        _migrate(cloud, chat, int(body["migrated_to"]))
    chat.reactions = body.get("reactions", chat.reactions)
    return chat.as_chat()


def _tell_member(cloud: Cloud, chat: Chat, user: dict[str, Any]) -> None:
    """Tell each bot that it was put out of a chat, or let in again."""
    for bot in cloud.bots.values():
        member = {"status": "member", "user": bot.user()}
        out = {"status": "kicked", "user": bot.user(), "until_date": 0}
        old, new = (member, out) if chat.blocked else (out, member)
        change = {"chat": chat.as_chat(), "from": user, "date": int(time.time())}
        cloud.deliver_raw(bot, {"my_chat_member": {**change, "old_chat_member": old, "new_chat_member": new}})


def _migrate(cloud: Cloud, chat: Chat, number: int) -> None:
    """Make a group a supergroup, which has another id."""
    user = _person(1)
    new = cloud.ensure_chat(number, "supergroup", chat.title)
    told = cloud.add_message(chat, user, None, None, migrate_to_chat_id=number)
    told_there = cloud.add_message(new, user, None, None, migrate_from_chat_id=chat.id)
    chat.migrated_to = number
    cloud.deliver("message", told)
    cloud.deliver("message", told_there)


async def post_topic(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Make, rename, close, reopen or delete a topic as a person: chat, topic, name, closed, deleted, and user."""
    chat = cloud.ensure_chat(int(body["chat"]), forum=True)
    user = _person(body.get("user", 1))
    number = int(body["topic"]) if body.get("topic") else None
    if body.get("deleted") and number is not None:
        chat.remove_topic(number)  # of which nobody is told
        return {"topic": number}
    topic = chat.topics.get(number) if number is not None else None
    if topic is None:
        topic = cloud.add_topic(chat, body.get("name", "topic"), number)
        what = {"forum_topic_created": {"name": topic.name, "icon_color": 7322096}}
        topic.opened = cloud.add_message(chat, user, None, topic.id, **what)
        cloud.deliver("message", topic.opened)
    elif body.get("name", topic.name) != topic.name:
        topic.name = body["name"]
        edited = {"name": topic.name}
        cloud.deliver("message", cloud.add_message(chat, user, None, topic.id, forum_topic_edited=edited))
    if bool(body.get("closed", topic.closed)) != topic.closed:
        topic.closed = not topic.closed
        kind = "forum_topic_closed" if topic.closed else "forum_topic_reopened"
        told = cloud.add_message(chat, user, None, topic.id)
        told[kind] = {}  # an object without a field
        cloud.deliver("message", told)
    return {"topic": topic.id}


async def post_bot(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Add a bot: token, username."""
    cloud.bots[body["token"]] = Bot(body["token"], body.get("username", "other_bot"))
    return {"bots": len(cloud.bots)}


async def post_fault(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Spoil calls or deliveries to come: a TelegramFault."""
    return cloud.faults.add(TelegramFault.model_validate(body))


async def delete_faults(cloud: Cloud, _query: dict[str, Any]) -> Any:
    """End all faults; how often each struck can still be read."""
    return {"ended": cloud.faults.end()}


async def post_settings(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Switch limits: group_limit (messages a minute, null for none), group_window (seconds of it), group_bans.

    And webhook_pause, the longest pause in seconds between two deliveries of an update.
    """
    cloud.group_limit = body.get("group_limit")
    cloud.group_window = float(body.get("group_window", 60))
    cloud.group_bans = bool(body.get("group_bans", False))
    cloud.webhook_pause = float(body.get("webhook_pause", cloud.webhook_pause))
    return {"group_limit": cloud.group_limit}


async def post_reset(cloud: Cloud, _body: dict[str, Any]) -> Any:
    """Forget faults, limits and calls; chats, updates and events stay."""
    cloud.faults.clear()
    cloud.calls.clear()
    cloud.group_limit, cloud.group_window, cloud.group_bans = None, 60.0, False
    cloud.webhook_pause = MAX_PAUSE
    return {}


def find_entities(text: str) -> list[dict[str, Any]]:
    """Find the commands and mentions in a person's text, as Telegram's clients mark them."""
    found = []
    for pattern, kind in ((_COMMAND, "bot_command"), (_MENTION, "mention")):
        for match in pattern.finditer(text):
            offset = utf16_length(text[: match.start()])
            found.append({"type": kind, "offset": offset, "length": utf16_length(match[0])})
    return sorted(found, key=lambda e: e["offset"])


def _person(user: Any) -> dict[str, Any]:
    if isinstance(user, dict):
        return {"is_bot": False, "first_name": f"Person {user['id']}", **user}
    return {"id": int(user), "is_bot": False, "first_name": f"Person {user}", "language_code": "en"}
