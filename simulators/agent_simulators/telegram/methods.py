"""The methods of the Bot API that a chat with text, edits and topics needs."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.chats import Chat
from agent_simulators.telegram.checks import Refused, check_keyboard, check_text
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud


@dataclass(frozen=True, slots=True)
class Described:
    """A result that is true, with words about it."""

    words: str


Method = Callable[[Cloud, Bot, Params], Awaitable[Any]]
METHODS: dict[str, Method] = {}
_NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
_GENERAL = 1
MAX_CALLBACK_TEXT = 200
MAX_COMMANDS = 100
MAX_COMMAND_TEXT = 256
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


def method(name: str) -> Callable[[Method], Method]:
    """Register a method; names are matched without regard to case."""

    def register(function: Method) -> Method:
        METHODS[name.lower()] = function
        return function

    return register


@method("getMe")
async def get_me(_cloud: Cloud, bot: Bot, _params: Params) -> Any:
    """Return the bot."""
    return {**bot.user(), "can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": False,
            "has_topics_enabled": False}  # fmt: skip


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
        chat, bot.user(), text, topic, entities=entities, reply_to_message=original, reply_markup=markup
    )


@method("editMessageText")
async def edit_message_text(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Replace the text of an own message."""
    chat, message = _own_message(cloud, bot, params)
    text, entities = check_text(params.text("text"), params.json("entities", []), params.text("parse_mode"))
    markup = check_keyboard(params.json("reply_markup", None))
    if (message["text"], message.get("entities", []), message.get("reply_markup")) == (text, entities, markup):
        raise Refused(_NOT_MODIFIED)
    spend(cloud, chat)
    message.update({"text": text, "edit_date": int(time.time())})
    for key, value in (("entities", entities), ("reply_markup", markup)):
        message.pop(key, None)
        if value:
            message[key] = value
    chat.shown[message["message_id"]].edit()
    cloud.note("edit", chat.id, message.get("message_thread_id"), message_id=message["message_id"], text=text)
    return message


@method("editMessageReplyMarkup")
async def edit_message_reply_markup(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Replace the buttons under an own message."""
    chat, message = _own_message(cloud, bot, params)
    markup = check_keyboard(params.json("reply_markup", None))
    if message.get("reply_markup") == markup:
        raise Refused(_NOT_MODIFIED)
    spend(cloud, chat)
    message.pop("reply_markup", None)
    if markup:
        message["reply_markup"] = markup
    chat.shown[message["message_id"]].edit()
    topic = message.get("message_thread_id")
    cloud.note("edit", chat.id, topic, message_id=message["message_id"], text=message["text"])
    return message


def _own_message(cloud: Cloud, bot: Bot, params: Params) -> tuple[Chat, dict[str, Any]]:
    chat = cloud.chat(params.required("chat_id"))
    message = chat.messages.get(params.required("message_id"))
    if message is None:
        raise Refused("Bad Request: message to edit not found")
    if message["from"]["id"] != bot.id:
        raise Refused("Bad Request: message can't be edited")
    if "text" not in message:
        raise Refused("Bad Request: there is no text in the message to edit")
    return chat, message


@method("deleteMessage")
async def delete_message(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Remove a message."""
    chat = cloud.chat(params.required("chat_id"))
    message = chat.remove_message(params.required("message_id"))
    if message is None:
        raise Refused("Bad Request: message to delete not found")
    cloud.note("delete", chat.id, message.get("message_thread_id"), message_id=message["message_id"])
    return True


@method("sendChatAction")
async def send_chat_action(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Show that the bot types, for five seconds."""
    chat = cloud.chat(params.required("chat_id"))
    topic = params.number("message_thread_id")
    if topic and topic != _GENERAL and topic not in chat.topics:
        raise Refused("Bad Request: message thread not found")
    chat.typing[topic] = time.time() + 5
    cloud.note("typing", chat.id, topic, action=params.text("action"))
    return True


@method("setMyCommands")
async def set_my_commands(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Store the menu of a scope and language."""
    commands = params.json("commands", [])
    if len(commands) > MAX_COMMANDS:
        raise Refused("Bad Request: BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(str(command.get("command", "")).lstrip("/")):
            raise Refused("Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= MAX_COMMAND_TEXT:
            raise Refused("Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    scope = params.json("scope", {"type": "default"})
    if scope.get("chat_id") is not None:
        cloud.chat(int(scope["chat_id"]))
    bot.commands[_scope(params)] = commands
    return True


@method("getMyCommands")
async def get_my_commands(_cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Return the menu of a scope."""
    return bot.commands.get(_scope(params), [])


@method("deleteMyCommands")
async def delete_my_commands(_cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Forget the menu of a scope."""
    bot.commands.pop(_scope(params), None)
    return True


def _scope(params: Params) -> str:
    scope = params.json("scope", {"type": "default"})
    parts = [str(scope[key]) for key in ("type", "chat_id", "user_id") if scope.get(key) is not None]
    return " ".join([*parts, *filter(None, [params.text("language_code")])])


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
    callback.answered, callback.text = True, text
    cloud.note("callback", callback.chat, callback.topic, id=callback.id, message_id=callback.message_id, text=text)
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
    """Return the topic to send to; General is never named, and a topic that is gone is an error."""
    number = params.number("message_thread_id")
    if number is None:
        return None
    if number == _GENERAL or number not in chat.topics:
        raise Refused("Bad Request: message thread not found")
    if chat.topics[number].closed:
        raise Refused("Bad Request: TOPIC_CLOSED")
    return number


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
