"""Single files on their way: what came with a turn, from Telegram to its run; what an agent sends, to the outbox."""

from __future__ import annotations

import base64
import binascii
import logging
import mimetypes
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from agent_contract.names import MAX_FILE_BYTES
from agent_contract.terms import CALL_ID_PATTERN
from agent_gateway.quotas import Limit, OverQuota, Quotas
from agent_gateway.render.foreign import clean_said, disarm
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.streams import Streams, check_announced
from agent_gateway.runners.tokens import Denied
from agent_gateway.store import Store
from agent_gateway.store.files import NewFile
from agent_gateway.store.rows import Thread, ThreadKind, Turn, TurnState
from agent_gateway.telegram.errors import Refused, TelegramProblem
from agent_gateway.telegram.inbound.attachments import MAX_BYTES, clean_name
from agent_gateway.telegram.ports import FileSource

log = logging.getLogger(__name__)
_NO_CHAT = "There is no chat that this could be sent to."
_UNNAMED = "file"
_TYPES: Final = mimetypes.MimeTypes(())
"""Python's own list, the same on each machine; WebP is only in its looser half."""
LATE_SECONDS: Final = 5.0
"""So long after its end a turn's files are taken still."""


async def give_file(
    request: web.Request, identity: Identity, store: Store, streams: Streams, source: FileSource
) -> web.StreamResponse:  # fmt: skip
    """Answer with a file that came with a turn of the caller's, as Telegram has it, never all in memory.

    A failure in the middle cuts the connection, so that half of it is never taken for the whole.

    Raises:
        Denied: it is none of the caller's, Telegram does not give it, or not now.
    """
    turn = await _read_turn(request.match_info["turn"], identity, store)
    number = int(request.match_info["number"])
    if number >= len(turn.files):
        raise Denied(404, "No such file came with that message.")
    size = turn.files[number].size
    if size is not None and size > MAX_BYTES:
        raise Denied(404, f"It has {size / 1e6:.0f} MB, and Telegram lets a bot fetch at most 20 MB.")
    parts = source.open_file(turn.files[number].id)
    try:
        first = await anext(parts, b"")
    except Refused as refusal:
        raise Denied(404, f"{refusal}.") from refusal
    except TelegramProblem as problem:
        raise Denied(503, f"{problem}.") from problem
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    writer = streams.write(request, response)
    try:
        await writer.write(first)
        async for part in parts:
            await writer.write(part)
    except TelegramProblem as problem:
        log.warning("file_stream_broke", extra={"agent_thread": identity.thread_name, "why": str(problem)})
        writer.abort()
        raise Denied(503, f"{problem}.") from problem
    await writer.finish()
    return response


async def take_file(
    request: web.Request, identity: Identity, store: Store, streams: Streams, quotas: Quotas, *, allowed: bool
) -> web.Response:
    """Store a file that an agent has for its chat, and say it there; the same call twice says it once.

    Args:
        request: Whose body is the file.
        identity: Whose it is.
        store: Where it goes.
        streams: Reads the body.
        quotas: What may be stored.
        allowed: The class lets this agent send files.

    Raises:
        TooLarge: it is larger than Telegram takes.
        OverQuota: there is no room for it, too many wait, or a sub-agent's class lets it send none.
        Denied: the request is none, there is no chat, or the body comes too slowly.
    """
    turn = await _read_turn(request.query.get("turn", ""), identity, store)
    if not _takes_files(turn, datetime.now(UTC)):
        raise Denied(409, "The turn that this file belongs to is over.")
    call_id = request.query.get("call", "")
    if not CALL_ID_PATTERN.fullmatch(call_id):
        raise Denied(400, "The call's id is none.")
    thread = await store.threads.by_id(identity.thread_id)
    if thread is None or thread.address.chat_id == 0:
        raise Denied(409, _NO_CHAT)
    if not allowed:
        limit = Limit.SUBAGENT_FILES
        raise OverQuota(
            limit, f"A sub-agent may not send files here: say in the answer what they hold (limit: {limit})."
        )
    name = clean_name(clean_said(request.query.get("name", ""))) or _UNNAMED
    media_type = _TYPES.guess_type(name, strict=False)[0] or "application/octet-stream"
    reply_to = await _find_message(thread, turn, store)
    key = f"file:{thread.id}:{call_id}"
    new = NewFile(thread.id, thread.address, name, media_type, _read_caption(request), key, reply_to)
    check_announced(request, MAX_FILE_BYTES, _describe_over())
    total = await store.files.save(new, _read_file(request, identity, streams), quotas)
    log.info("file_for_chat", extra={"agent_thread": thread.name, "run": identity.run, "bytes": total})
    return web.Response(status=204)


def _describe_over() -> str:
    return f"The file has more than {MAX_FILE_BYTES // 1_000_000} MB, the most that Telegram takes of a bot."


async def _read_file(request: web.Request, identity: Identity, streams: Streams) -> AsyncIterator[bytes]:
    empty = True
    async for chunk in streams.read(request, identity, MAX_FILE_BYTES, _describe_over()):
        empty = False
        yield chunk
    if empty:  # by now: its sender has looked
        raise Denied(400, "The file is empty.")


def _read_caption(request: web.Request) -> str:
    try:
        return disarm(base64.urlsafe_b64decode(request.query.get("caption", "")).decode())
    except (binascii.Error, ValueError) as error:
        raise Denied(400, "The caption is none.") from error


async def _read_turn(text: str, identity: Identity, store: Store) -> Turn:
    turn = await store.turns.by_id(int(text)) if text.isdecimal() and len(text) < 19 else None
    if turn is None or turn.thread_id != identity.thread_id or turn.run != identity.run:
        raise Denied(404, "No such turn is this run's.")
    return turn


def _takes_files(turn: Turn, now: datetime) -> bool:
    """Say whether a turn may still send files: while it runs, and a moment longer for what was on its way."""
    if turn.state in {TurnState.DELIVERED, TurnState.STARTED}:
        return True
    return turn.ended_at is not None and (now - turn.ended_at).total_seconds() < LATE_SECONDS


async def _find_message(thread: Thread, turn: Turn, store: Store) -> int | None:
    """Return the message that a file answers."""
    if thread.kind is ThreadKind.CONVERSATION:
        return turn.message_id
    own = await store.subagents.get(thread.id)
    return own.reply_to if own is not None else None
