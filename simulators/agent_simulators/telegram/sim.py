"""`/sim/…`: play the people, read a chat as a person sees it, watch what happens, inject faults."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from agent_simulators.telegram.checks import Refused, utf16_length
from agent_simulators.telegram.files import list_files, read_media
from agent_simulators.telegram.state import Bot, Chat, Cloud, now_ms

_COMMAND = re.compile(r"(?:(?<=\s)|^)/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]+)?")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9_]{3,32}")


def add_routes(app: web.Application, cloud: Cloud) -> None:
    """Add every endpoint."""

    def route(function: Callable[[Cloud, Any], Awaitable[Any]]) -> Any:
        async def handle(request: web.Request) -> web.Response:
            arguments = await request.json() if request.method == "POST" else dict(request.query)
            try:
                return web.json_response(await function(cloud, {**arguments, **request.match_info}))
            except (Refused, KeyError, ValueError) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

        return handle

    app.router.add_post("/sim/messages", route(post_message))
    app.router.add_post("/sim/edits", route(post_edit))
    app.router.add_post("/sim/press", route(post_press))
    app.router.add_post("/sim/updates", route(post_update))
    app.router.add_post("/sim/chats", route(post_chat))
    app.router.add_post("/sim/topics", route(post_topic))
    app.router.add_post("/sim/bots", route(post_bot))
    app.router.add_post("/sim/faults", route(post_fault))
    app.router.add_post("/sim/settings", route(post_settings))
    app.router.add_post("/sim/reset", route(post_reset))
    app.router.add_get("/sim/chats/{chat}", route(get_chat))
    app.router.add_get("/sim/events", route(get_events))
    app.router.add_get("/sim/calls", route(get_calls))
    app.router.add_get("/sim/callbacks", route(get_callbacks))
    app.router.add_get("/sim/commands", route(get_commands))


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
    message = cloud.chats[int(body["chat"])].messages[int(body["message_id"])]
    message.update({"text": body["text"], "edit_date": int(time.time())})
    return {"update_id": cloud.deliver("edited_message", message)[0]}


async def post_press(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Press a button: chat, message_id, data or text of the button, and user, topic, inaccessible at need."""
    chat_id = int(body["chat"])
    chat = cloud.chats[chat_id]
    message = chat.messages[int(body["message_id"])]
    if body.get("topic") and int(body["topic"]) != message.get("message_thread_id"):
        raise ValueError("the message stands in another topic")
    button = next((b for b in _buttons(message) if _is_meant(b, body)), None)
    if button is None:
        raise ValueError(f"there is no such button; there are {_buttons(message)}")
    user = _person(body.get("user", chat_id if chat_id > 0 else 1))
    callback = cloud.press(chat, message, user, button["data"], inaccessible=bool(body.get("inaccessible")))
    return {"callback_id": callback.id, "update_id": callback.update_id}


def _is_meant(button: dict[str, str], body: dict[str, Any]) -> bool:
    return all(button[key] == body[key] for key in ("data", "text") if key in body)


async def get_callbacks(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return the presses, oldest first, with what the bot answered: chat, message_id narrow it."""
    wanted = {key: int(query[key]) for key in ("chat", "message_id") if query.get(key)}
    return [
        {"id": c.id, "chat": c.chat, "topic": c.topic, "message_id": c.message_id, "data": c.data,
         "answered": c.answered, "text": c.text}
        for c in cloud.callbacks.values()
        if all(getattr(c, key) == value for key, value in wanted.items())
    ]  # fmt: skip


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


async def get_commands(cloud: Cloud, _query: dict[str, Any]) -> Any:
    """Return the menus by scope and language."""
    return next(iter(cloud.bots.values())).commands


async def post_topic(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Make, rename, close, reopen or delete a topic as a person: chat, topic, name, closed, deleted, and user."""
    chat = cloud.ensure_chat(int(body["chat"]), forum=True)
    user = _person(body.get("user", 1))
    number = int(body["topic"]) if body.get("topic") else None
    if body.get("deleted") and number is not None:
        del chat.topics[number]  # of which nobody is told
        chat.messages = {i: m for i, m in chat.messages.items() if m.get("message_thread_id") != number}
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
    """Spoil the next calls: method (or *), kind throttle | error | slow | cut, count, retry_after, code, seconds."""
    cloud.faults.append({"count": 1, **body})
    return {"faults": len(cloud.faults)}


async def post_settings(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Switch limits: group_limit (messages a minute, null for none), group_window (seconds of it), group_bans."""
    cloud.group_limit = body.get("group_limit")
    cloud.group_window = float(body.get("group_window", 60))
    cloud.group_bans = bool(body.get("group_bans", False))
    return {"group_limit": cloud.group_limit}


async def post_reset(cloud: Cloud, _body: dict[str, Any]) -> Any:
    """Forget faults, limits, calls and events; chats and updates stay."""
    cloud.faults.clear()
    cloud.calls.clear()
    cloud.group_limit, cloud.group_window, cloud.group_bans = None, 60.0, False
    return {}


async def get_chat(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return a chat's messages in order, as a person sees them: chat, topic."""
    chat = cloud.chats.get(int(query["chat"])) or Chat(int(query["chat"]), "private", "")
    topic = int(query["topic"]) if query.get("topic") else None
    edits: dict[int, int] = {}
    for event in cloud.events:
        if event["kind"] == "edit" and event["chat"] == chat.id:
            edits[event["message_id"]] = edits.get(event["message_id"], 0) + 1
    messages = [
        _seen(cloud, chat, m, edits.get(number, 0))
        for number, m in sorted(chat.messages.items())
        if topic is None or m.get("message_thread_id") == topic
    ]
    typing = [t for t, until in chat.typing.items() if until > time.time()]
    drafts = [{"topic": t, "text": d.text} for t, d in chat.drafts.items() if d.until > time.time()]
    return {"chat": chat.as_chat(), "messages": messages, "typing": typing, "drafts": drafts}


def _buttons(message: dict[str, Any]) -> list[dict[str, str]]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [{"text": b["text"], "data": b.get("callback_data", "")} for row in rows for b in row]


_SERVICE = (
    "forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened", "migrate_to_chat_id",
    "migrate_from_chat_id",
)  # fmt: skip


def _seen(cloud: Cloud, chat: Chat, message: dict[str, Any], edits: int) -> dict[str, Any]:
    reply = message.get("reply_to_message")
    return {
        "message_id": message["message_id"], "from": message["from"]["id"], "bot": message["from"]["is_bot"],
        "text": message.get("text", message.get("caption", "")),
        "entities": message.get("entities", message.get("caption_entities", [])), "files": list_files(cloud, message),
        "service": next((kind for kind in _SERVICE if kind in message), None),
        "buttons": _buttons(message),
        "reactions": [emoji for emojis in chat.reacted.get(message["message_id"], {}).values() for emoji in emojis],
        "topic": message.get("message_thread_id"),
        "reply_to": reply["message_id"] if reply else None, "edits": edits, "date": message["date"],
    }  # fmt: skip


async def get_events(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return what happened after event `since`, waiting up to `timeout` seconds for something; `chat` narrows it."""
    since, deadline = int(query.get("since", 0)), time.monotonic() + min(float(query.get("timeout", 0)), 50)
    chat = int(query["chat"]) if query.get("chat") else None
    while True:
        found = [e for e in cloud.events[since:] if chat is None or e["chat"] == chat]
        left = deadline - time.monotonic()
        if found or left <= 0:
            return {"events": found, "last": len(cloud.events)}
        try:
            await asyncio.wait_for(cloud.happened.wait(), left)
        except TimeoutError:
            continue


async def get_calls(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return the calls of bots, oldest first: method, since (ms)."""
    name, since = query.get("method", "").lower(), int(query.get("since", 0))
    return [c for c in cloud.calls if c["t"] >= since and (not name or c["method"].lower() == name)]


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
