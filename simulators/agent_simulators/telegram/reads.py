"""`GET /sim/…`: chats as a person sees them, and what bots and webhooks did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from agent_simulators.telegram.bots import Bot, Update
from agent_simulators.telegram.chats import Chat, Shown
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.describe import SERVICE, text_of
from agent_simulators.telegram.files import list_files
from agent_simulators.telegram.state import Cloud
from agent_simulators.telegram.threads import topic_of


def route(cloud: Cloud, function: Callable[[Cloud, Any], Awaitable[Any]]) -> Any:
    """Return the handler that calls a function with a request's body or query and tells a wrong one by 400."""

    async def handle(request: web.Request) -> web.Response:
        arguments = await request.json() if request.method == "POST" else dict(request.query)
        try:
            return web.json_response(await function(cloud, {**arguments, **request.match_info}))
        except (Refused, KeyError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return handle


def add_routes(app: web.Application, cloud: Cloud) -> None:
    """Add every endpoint."""
    for path, function in (
        ("chats", get_chats), ("chats/{chat}", get_chat), ("events", get_events), ("pushes", get_pushes),
        ("calls", get_calls),
        ("updates", get_updates), ("faults", get_faults), ("callbacks", get_callbacks), ("commands", get_commands),
    ):  # fmt: skip
        app.router.add_get(f"/sim/{path}", route(cloud, function))


async def get_chats(cloud: Cloud, _query: dict[str, Any]) -> Any:
    """Return every chat: its id, kind, title, topics and how many messages stand in it."""
    return [
        {
            "chat": chat.id, "type": chat.type, "title": chat.title, "messages": len(chat.messages),
            "deleted": len(chat.deleted),
            "topics": [{"topic": t.id, "name": t.name, "closed": t.closed} for t in chat.topics.values()],
        }
        for chat in cloud.chats.values()
    ]  # fmt: skip


async def get_chat(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return a chat's messages in order, as a person sees them, and apart those that were deleted: chat, topic."""
    chat = cloud.chats.get(int(query["chat"])) or Chat(int(query["chat"]), "private", "")
    topic = int(query["topic"]) if query.get("topic") else None

    def describe(messages: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
        wanted = [m for m in messages.values() if topic is None or topic_of(m) == topic]
        return [_describe_message(cloud, chat, m) for m in sorted(wanted, key=lambda m: int(m["message_id"]))]

    typing = [t for t, until in chat.typing.items() if until > time.time()]
    drafts = [
        {"topic": t, "text": d.text, "id": d.id, "can_stop": d.can_stop}
        for t, d in chat.drafts.items()
        if d.until > time.time()
    ]
    return {
        "chat": chat.as_chat(), "messages": describe(chat.messages), "deleted": describe(chat.deleted),
        "typing": typing, "drafts": drafts,
    }  # fmt: skip


def _describe_message(cloud: Cloud, chat: Chat, message: dict[str, Any]) -> dict[str, Any]:
    reply = message.get("reply_to_message")
    shown = chat.shown.get(message["message_id"]) or Shown()
    return {
        "message_id": message["message_id"], "from": message["from"]["id"], "bot": message["from"]["is_bot"],
        "text": text_of(message), "rich": message.get("rich_message", {}).get("blocks"),
        "entities": message.get("entities", message.get("caption_entities", [])), "files": list_files(cloud, message),
        "service": next((kind for kind in SERVICE if kind in message), None),
        "buttons": buttons_of(message),
        "reactions": [emoji for emojis in chat.reacted.get(message["message_id"], {}).values() for emoji in emojis],
        "topic": topic_of(message), "thread": message.get("message_thread_id"), "notified": shown.notified,
        "reply_to": reply["message_id"] if reply else None, "edits": shown.edits, "date": message["date"],
        "shown": shown.at, "edited": shown.edited, "deleted": shown.deleted, "lost": shown.lost,
        "edit_lost": shown.edit_lost,
    }  # fmt: skip


def buttons_of(message: dict[str, Any]) -> list[dict[str, str]]:
    """Return the buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [{"text": b["text"], "data": b.get("callback_data", "")} for row in rows for b in row]


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


async def get_pushes(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return what made a sound, oldest first, with its text at that moment: chat, since (the number of an event)."""
    chat = int(query["chat"]) if query.get("chat") else None
    return [
        {key: event[key] for key in ("n", "t", "chat", "topic", "message_id", "text")}
        for event in cloud.events[int(query.get("since", 0)) :]
        if event.get("notified") and chat in {None, event["chat"]}
    ]


async def get_calls(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return the calls of bots, oldest first: method, since (ms)."""
    name, since = query.get("method", "").lower(), int(query.get("since", 0))
    return [c for c in cloud.calls if c["t"] >= since and (not name or c["method"].lower() == name)]


async def get_updates(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return what became of the updates, oldest first: chat; pending=1 for those that wait."""
    chat = int(query["chat"]) if query.get("chat") else None
    return [
        _describe_update(bot, update)
        for bot in cloud.bots.values()
        for update in bot.history
        if (chat is None or update.chat == chat) and not (query.get("pending") and update.fate)
    ]


def _describe_update(bot: Bot, update: Update) -> dict[str, Any]:
    message = update.message
    return {
        "update_id": update.body["update_id"], "bot": bot.id, "kind": update.kind, "chat": update.chat,
        "topic": topic_of(message), "message_id": message.get("message_id"),
        "made": _ms(update.made), "given": update.given, "first_given": _ms(update.first_given),
        "fate": update.fate, "ended": _ms(update.ended), "error": update.error,
    }  # fmt: skip


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


async def get_faults(cloud: Cloud, _query: dict[str, Any]) -> Any:
    """Return the faults since the last reset, with how often each struck."""
    return cloud.faults.describe()


async def get_callbacks(cloud: Cloud, query: dict[str, Any]) -> Any:
    """Return the presses, oldest first, with what the bot answered: chat, message_id narrow it."""
    wanted = {key: int(query[key]) for key in ("chat", "message_id") if query.get(key)}
    return [
        {"id": c.id, "chat": c.chat, "topic": c.topic, "message_id": c.message_id, "data": c.data,
         "answered": c.answered, "text": c.text, "alert": c.alert}
        for c in cloud.callbacks.values()
        if all(getattr(c, key) == value for key, value in wanted.items())
    ]  # fmt: skip


async def get_commands(cloud: Cloud, _query: dict[str, Any]) -> Any:
    """Return the menus by scope and language."""
    return next(iter(cloud.bots.values())).commands
