"""The methods of the Bot API that change a message; no edit notifies anybody."""

from __future__ import annotations

import time
from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.chats import Chat
from agent_simulators.telegram.checks import Refused, check_keyboard, check_text
from agent_simulators.telegram.methods import method, spend
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.rich import read_rich
from agent_simulators.telegram.state import Cloud
from agent_simulators.telegram.versions import RICH_SINCE

_NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
_CONTENTS = ("text", "entities", "rich_message", "reply_markup")


@method("editMessageText")
async def edit_message_text(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Replace the text of an own message."""
    chat, message = _own_message(cloud, bot, params)
    new = _read_contents(cloud, params)
    if all(message.get(key) == new.get(key) for key in _CONTENTS):
        raise Refused(_NOT_MODIFIED)
    spend(cloud, chat)
    for key in _CONTENTS:
        message.pop(key, None)
    message.update({**new, "edit_date": int(time.time())})
    cloud.note_edit(chat, message)
    return message


def _read_contents(cloud: Cloud, params: Params) -> dict[str, Any]:
    """Return what the message is to hold: a text with its entities or rich blocks, and its buttons."""
    new: dict[str, Any]
    if cloud.api >= RICH_SINCE and params.json("rich_message", None) is not None:
        new = {"rich_message": read_rich(cloud, params)}
    else:
        text, entities = check_text(params.text("text"), params.json("entities", []), params.text("parse_mode"))
        new = {"text": text, "entities": entities}
    new["reply_markup"] = check_keyboard(params.json("reply_markup", None))
    return {key: value for key, value in new.items() if value}


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
    cloud.note_edit(chat, message)
    return message


def _own_message(cloud: Cloud, bot: Bot, params: Params) -> tuple[Chat, dict[str, Any]]:
    chat = cloud.chat(params.required("chat_id"))
    message = chat.messages.get(params.required("message_id"))
    if message is None:
        raise Refused("Bad Request: message to edit not found")
    if message["from"]["id"] != bot.id:
        raise Refused("Bad Request: message can't be edited")
    if "text" not in message and "rich_message" not in message:
        raise Refused("Bad Request: there is no text in the message to edit")
    return chat, message
