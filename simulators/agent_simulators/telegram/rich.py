"""The methods of the Bot API that send rich messages (10.1 and later)."""

from __future__ import annotations

import re
from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.checks import Refused, check_keyboard
from agent_simulators.telegram.drafts import show_draft
from agent_simulators.telegram.files import add_media
from agent_simulators.telegram.methods import find_reply, method, open_topic, spend
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.richblocks import Limits, flatten, read_blocks
from agent_simulators.telegram.state import Cloud

_FENCE = re.compile(r"```([^\n`]*)\n(.*?)\n```", re.DOTALL)
_AS_FILES = {"voice_note": "voice"}


@method("sendRichMessage")
async def send_rich_message(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Send a message of blocks; it has neither `text` nor `entities`."""
    chat = cloud.chat(params.required("chat_id"))
    topic = open_topic(chat, params)
    rich = read_rich(cloud, params)
    markup = check_keyboard(params.json("reply_markup", None))
    original = find_reply(chat, params)
    spend(cloud, chat)
    chat.typing.pop(topic, None)
    return cloud.add_message(
        chat, bot.user(), None, topic, silent=params.flag("disable_notification"), rich_message=rich,
        reply_to_message=original, reply_markup=markup,
    )  # fmt: skip


@method("sendRichMessageDraft")
async def send_rich_message_draft(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Show blocks as they are written."""
    if params.files:
        raise Refused("Bad Request: files can't be uploaded in drafts")
    return show_draft(cloud, params, flatten(read_rich(cloud, params, draft=True)["blocks"]), rich=True)


def read_rich(cloud: Cloud, params: Params, *, draft: bool = False) -> dict[str, Any]:
    """Return the RichMessage of an InputRichMessage.

    Markdown and HTML become paragraphs and code blocks only, with their signs: the server's parser is not known.

    Raises:
        Refused: it is none, or too large.
    """
    given = params.json("rich_message", None)
    if not isinstance(given, dict):
        raise Refused("Bad Request: rich message must be an Object")
    kinds = [kind for kind in ("markdown", "html", "blocks") if given.get(kind) is not None]
    if len(kinds) != 1:
        raise Refused("Bad Request: exactly one of markdown, html and blocks must be used")

    def keep(kind: str, value: Any) -> Any:
        upload = params.files.get(str(value.get("media", "")).removeprefix("attach://"))
        data = upload.data if upload is not None else b"\xff\xd8"
        return add_media(cloud, _AS_FILES.get(kind, kind), upload.name if upload is not None else "", "", data).value

    limits = Limits(cloud.api, draft, keep)
    source = given[kinds[0]]
    blocks = read_blocks(source if kinds == ["blocks"] else _to_blocks(str(source)), limits)
    if not flatten(blocks) and not limits.media and not limits.blocks:
        raise Refused("Bad Request: message text is empty")
    return {"blocks": blocks, **({"is_rtl": True} if given.get("is_rtl") else {})}


def _to_blocks(text: str) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    at = 0
    for fence in _FENCE.finditer(text):
        blocks += _paragraphs(text[at : fence.start()])
        language = {"language": fence[1]} if fence[1] else {}
        blocks.append({"type": "pre", "text": fence[2], **language})
        at = fence.end()
    return blocks + _paragraphs(text[at:])


def _paragraphs(text: str) -> list[dict[str, Any]]:
    return [{"type": "paragraph", "text": part} for part in re.split(r"\n{2,}", text.strip()) if part]
