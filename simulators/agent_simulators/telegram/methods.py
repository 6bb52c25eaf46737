"""The methods of the Bot API that a chat with text, edits and topics needs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.chats import Chat
from agent_simulators.telegram.checks import Refused, check_keyboard, check_text
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud
from agent_simulators.telegram.threads import find_topic, topic_of


@dataclass(frozen=True, slots=True)
class Described:
    """A result that is true, with words about it."""

    words: str


Method = Callable[[Cloud, Bot, Params], Awaitable[Any]]
METHODS: dict[str, Method] = {}
MAX_CALLBACK_TEXT = 200


def method(name: str) -> Callable[[Method], Method]:
    """Register a method; names are matched without regard to case."""

    def register(function: Method) -> Method:
        METHODS[name.lower()] = function
        return function

    return register


@method("sendMessage")
async def send_message(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Send a text."""
    chat = cloud.chat(params.required("chat_id"))
    topic = open_topic(chat, params)
    text, entities = check_text(params.text("text"), params.json("entities", []), params.text("parse_mode"))
    markup = check_keyboard(params.json("reply_markup", None))
    original = find_reply(chat, params)
    spend(cloud, chat)
    chat.typing.pop(topic, None)
    return cloud.add_message(
        chat, bot.user(), text, topic, silent=params.flag("disable_notification"), entities=entities,
        reply_to_message=original, reply_markup=markup,
    )  # fmt: skip


@method("deleteMessage")
async def delete_message(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Remove a message."""
    chat = cloud.chat(params.required("chat_id"))
    message = chat.remove_message(params.required("message_id"))
    if message is None:
        raise Refused("Bad Request: message to delete not found")
    cloud.note("delete", chat.id, topic_of(message), message_id=message["message_id"])
    return True


@method("sendChatAction")
async def send_chat_action(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Show that the bot types, for five seconds."""
    chat = cloud.chat(params.required("chat_id"))
    topic = params.number("message_thread_id")  # the server does not look whether there is such a topic
    chat.typing[topic] = time.time() + 5
    cloud.note("typing", chat.id, topic, action=params.text("action"))
    return True


@method("getChat")
async def get_chat(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Return a chat in full."""
    full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": {
        "unlimited_gifts": True, "limited_gifts": True, "unique_gifts": True, "premium_subscription": True,
        "gifts_from_channels": True}}  # fmt: skip
    chat = cloud.chat(params.required("chat_id"))
    if chat.reactions is not None:
        full["available_reactions"] = [{"type": "emoji", "emoji": emoji} for emoji in chat.reactions]
    return {**chat.as_chat(), **full}


@method("answerCallbackQuery")
async def answer_callback_query(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """End the spinner of a button, with words at need."""
    callback = cloud.callbacks.get(params.text("callback_query_id") or "")
    text = params.text("text") or ""
    if callback is None or callback.bot is not bot or callback.answered or callback.old:
        raise Refused("Bad Request: query is too old and response timeout expired or query ID is invalid")
    if len(text) > MAX_CALLBACK_TEXT:
        raise Refused("Bad Request: MESSAGE_TOO_LONG")
    callback.answered, callback.text, callback.alert = True, text, params.flag("show_alert")
    cloud.note(
        "callback", callback.chat, callback.topic, id=callback.id, message_id=callback.message_id, text=text,
        alert=callback.alert,
    )  # fmt: skip
    return True


def find_reply(chat: Chat, params: Params) -> dict[str, Any] | None:
    """Return the message that is replied to, without what that replies to.

    Raises:
        Refused: it is gone, and the reply may not go without it.
    """
    reply = params.json("reply_parameters", {}) or {}
    target = reply.get("message_id") or params.number("reply_to_message_id")
    if target and int(target) not in chat.messages:
        if not reply.get("allow_sending_without_reply"):
            raise Refused("Bad Request: message to be replied not found")
        target = None
    original = chat.messages[int(target)] if target else None
    return {k: v for k, v in original.items() if k != "reply_to_message"} if original else None


def open_topic(chat: Chat, params: Params) -> int | None:
    """Return the topic to send to.

    Raises:
        Refused: as `find_topic`.
    """
    return find_topic(chat, params.number("message_thread_id"))


def spend(cloud: Cloud, chat: Chat) -> None:
    """Hold a group to its messages a minute, where the limit is switched on; who calls while banned is banned longer."""
    now = time.monotonic()
    chat.sent_at = [t for t in chat.sent_at if now - t < cloud.group_window]
    if cloud.group_limit is None or chat.type == "private":
        return
    if now < chat.banned_until:
        chat.ban *= 2
        chat.banned_until = now + chat.ban
        raise _refuse_more(chat.ban)
    if len(chat.sent_at) >= cloud.group_limit:
        left = cloud.group_window - (now - chat.sent_at[0])
        if cloud.group_bans:
            chat.ban = max(left, chat.ban)
            chat.banned_until = now + chat.ban
        raise _refuse_more(left)
    chat.sent_at.append(now)


def _refuse_more(seconds: float) -> Refused:
    wait = int(seconds) + 1
    return Refused(f"Too Many Requests: retry after {wait}", 429, retry_after=wait)
