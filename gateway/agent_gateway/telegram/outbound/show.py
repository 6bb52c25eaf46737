"""The previews of a chat, and one call that brings a preview to what it should show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from agent_gateway.render.render import Chunk
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.preview import ChatPreviews, TurnPreview
from agent_gateway.telegram.outbound.previewing import Call, Render, render_preview
from agent_gateway.telegram.outbound.renderer import Renderer, RenderingFailed
from agent_gateway.telegram.ports import Chat


@dataclass(slots=True)
class Channel:
    """One chat: its previews, and the task that makes their calls one after the other."""

    chat_id: int
    previews: ChatPreviews
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    calling: int | None = None
    task: asyncio.Task[None] | None = None


async def prepare(renderer: Renderer, what: Render) -> tuple[Render, list[Chunk]]:
    """Return what was rendered, which is plain where the formatting failed, and what it looks like."""
    try:
        return what, await renderer.run(render_preview, what.text, plain=what.plain)
    except RenderingFailed:
        return replace(what, plain=True), render_preview(what.text, plain=True)


async def show(api: Chat, newest: Newest, turn: TurnPreview, call: Call) -> int:
    """Make a call and return the message that it concerns, 0 for a draft. No phone rings for any of them.

    Raises:
        TelegramProblem: it was not done, or nobody knows whether it was.
    """
    message_id, chunk, address = call.message_id, call.chunk, turn.address
    if call.draft:
        await api.send_draft(address, turn.turn_id, chunk.text, chunk.entities)
        return 0
    if message_id is None:
        reply_to = newest.choose_reply(address, turn.reply_to)
        sent = await api.send_message(address, chunk.text, chunk.entities, reply_to, chunk.buttons, silent=True)
        newest.note(address, sent)
        return sent
    if call.superfluous:
        await api.delete_message(address, message_id)
    else:
        await api.edit_message_text(address, message_id, chunk.text, chunk.entities, chunk.buttons)
    return message_id
