"""Texts shown as they are written: the method of the Bot API, and the person's Stop."""

from __future__ import annotations

import time
from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.chats import Draft
from agent_simulators.telegram.checks import Refused, check_text
from agent_simulators.telegram.methods import method
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud
from agent_simulators.telegram.versions import STOP_SINCE

_LIMITS = ((5.0, 20), (30.0, 40))
"""Seconds, and how many drafts a chat takes in them, all topics together."""
THINKING = "Thinking…"
"""What stands in a draft without a text (Bot API 10.0)."""


@method("sendMessageDraft")
async def send_message_draft(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Show a text for thirty seconds, or until the bot's next message in the chat or topic."""
    text = THINKING
    if params.text("text"):
        text, _ = check_text(params.text("text"), params.json("entities", []), params.text("parse_mode"))
    return show_draft(cloud, params, text)


def show_draft(cloud: Cloud, params: Params, text: str, *, rich: bool = False) -> bool:
    """Show a draft in a private chat; whether there is such a topic is not looked up, as the server does not.

    Raises:
        Refused: another kind of chat, no number, or too many drafts.
    """
    chat = cloud.chat(params.required("chat_id"))
    if chat.type != "private":
        raise Refused("Bad Request: message drafts can be sent only to private chats")
    number = params.required("draft_id")
    if number == 0:
        raise Refused("Bad Request: draft_id must be non-zero")
    topic = params.number("message_thread_id")
    now = time.monotonic()
    chat.drafted_at = [at for at in chat.drafted_at if now - at < _LIMITS[-1][0]]
    for seconds, most in _LIMITS:
        if sum(now - at < seconds for at in chat.drafted_at) >= most:
            raise Refused("Too Many Requests: retry after 3", 429, retry_after=3)
    chat.drafted_at.append(now)
    stoppable = cloud.api >= STOP_SINCE and params.flag("can_stop")
    keep = stoppable and params.flag("keep_on_stop")
    chat.drafts[topic] = Draft(number, text, time.time() + cloud.draft_seconds, stoppable, keep)
    cloud.note("draft", chat.id, topic, id=number, text=text, can_stop=stoppable, rich=rich, notified=False)
    return True


def stop_draft(cloud: Cloud, chat_id: int, topic: int | None) -> int:
    """Press the client's Stop on the draft that is shown, and return the update's id; the update names no person.

    Raises:
        ValueError: no draft is shown there, or it cannot be stopped.
    """
    chat = cloud.chats[chat_id]
    draft = chat.drafts.get(topic)
    if draft is None or draft.until <= time.time():
        raise ValueError("no draft is shown there")
    if not draft.can_stop:
        raise ValueError("the draft has no Stop")
    if not draft.keep_on_stop:
        del chat.drafts[topic]
    cloud.note("stop", chat.id, topic, id=draft.id, text=draft.text)
    stopped: dict[str, Any] = {"chat": chat.as_chat(), "draft_id": draft.id}
    if topic is not None:
        stopped["message_thread_id"] = topic
    return cloud.deliver("stopped_message_generation", stopped)[0]
