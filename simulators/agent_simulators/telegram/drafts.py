"""The method of the Bot API that shows a text as it is written."""

from __future__ import annotations

import time
from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.chats import Draft
from agent_simulators.telegram.checks import Refused, check_text
from agent_simulators.telegram.methods import method, open_topic
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud

_LIMITS = ((5.0, 20), (30.0, 40))
"""Seconds, and how many drafts a chat takes in them."""


@method("sendMessageDraft")
async def send_message_draft(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Show a text for thirty seconds, or until the next message in the chat or topic."""
    chat = cloud.chat(params.required("chat_id"))
    if chat.type != "private":
        raise Refused("Bad Request: message drafts can be sent only to private chats")
    number = params.required("draft_id")
    if number == 0:
        raise Refused("Bad Request: draft_id must be non-zero")
    topic = open_topic(chat, params)
    text, _ = check_text(params.text("text"), params.json("entities", []), params.text("parse_mode"))
    now = time.monotonic()
    chat.drafted_at = [at for at in chat.drafted_at if now - at < _LIMITS[-1][0]]
    for seconds, most in _LIMITS:
        if sum(now - at < seconds for at in chat.drafted_at) >= most:
            raise Refused("Too Many Requests: retry after 3", 429, retry_after=3)
    chat.drafted_at.append(now)
    chat.drafts[topic] = Draft(number, text, time.time() + 30)
    cloud.note("draft", chat.id, topic, id=number, text=text)
    return True
