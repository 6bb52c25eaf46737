"""Single files on their way: what came with a turn, from Telegram to its run; what an agent sends, to the outbox."""

from __future__ import annotations

import base64
import binascii
import contextlib
import logging
import mimetypes
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Final

from aiohttp import web

from agent_contract.names import MAX_FILE_BYTES
from agent_contract.terms import CALL_ID_PATTERN
from agent_contract.text import clean
from agent_gateway.runners.identity import Denied, Identity
from agent_gateway.runners.workspaces import read_chunks
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread, ThreadKind, Turn
from agent_gateway.telegram.errors import Refused, TelegramProblem
from agent_gateway.telegram.inbound.attachments import MAX_BYTES, clean_name
from agent_gateway.telegram.ports import FileSource

log = logging.getLogger(__name__)
_NO_CHAT = "There is no chat that this could be sent to."
_UNNAMED = "file"
_TYPES: Final = mimetypes.MimeTypes(())
"""Python's own list, the same on each machine; WebP is only in its looser half."""
MOST_AT_ONCE: Final = 2
"""Files that one run is given at once; its runner asks for them one after the other."""
MOST_WAITING: Final = 20
"""Files of one conversation that the database holds for its chat."""


class Downloads:
    """The files that are being given: Telegram's connections are for all conversations, and a pod may read as slowly as it likes."""

    def __init__(self) -> None:
        self._open: Counter[tuple[int, int]] = Counter()

    @contextlib.contextmanager
    def hold(self, caller: Identity) -> Iterator[None]:
        """Take one of a run's places.

        Raises:
            Denied: it has none left.
        """
        key = (caller.thread_id, caller.run)  # of a run: the pod of the one before may be stuck on a lost node
        if self._open[key] >= MOST_AT_ONCE:
            raise Denied(503, "Other files are being fetched: ask again in a moment.")
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            self._open += Counter()  # without those that have none


async def give_file(request: web.Request, identity: Identity, store: Store, source: FileSource) -> web.StreamResponse:
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
    try:
        await response.write(first)
        async for part in parts:
            await response.write(part)
    except TelegramProblem as problem:
        log.warning("file_stream_broke", extra={"agent_thread": identity.thread_name, "why": str(problem)})
        if request.transport is not None:
            request.transport.abort()
        raise Denied(503, f"{problem}.") from problem
    await response.write_eof()
    return response


async def take_file(request: web.Request, identity: Identity, store: Store) -> web.Response:
    """Store a file that an agent has for its chat, and say it there; the same call twice says it once.

    Raises:
        TooLarge: it is larger than Telegram takes.
        Denied: the request is none, or there is no chat.
    """
    turn = await _read_turn(request.query.get("turn", ""), identity, store)
    call_id = request.query.get("call", "")
    if not CALL_ID_PATTERN.fullmatch(call_id):
        raise Denied(400, "The call's id is none.")
    thread = await store.threads.by_id(identity.thread_id)
    if thread is None or thread.address.chat_id == 0:
        raise Denied(409, _NO_CHAT)
    key = f"file:{thread.id}:{call_id}"
    if await store.files.count_unsent(thread.id, key) >= MOST_WAITING:
        raise Denied(409, f"{MOST_WAITING} files wait to be sent already: the chat takes them one after the other.")
    name = clean_name(clean(request.query.get("name", ""))) or _UNNAMED
    media_type = _TYPES.guess_type(name, strict=False)[0] or "application/octet-stream"
    total = await store.files.save(
        thread.id, thread.address, name, media_type, _read_file(request), caption=_read_caption(request),
        dedupe_key=key, reply_to=await _find_message(thread, turn, store),
    )  # fmt: skip
    log.info("file_for_chat", extra={"agent_thread": thread.name, "run": identity.run, "bytes": total})
    return web.Response(status=204)


async def _read_file(request: web.Request) -> AsyncIterator[bytes]:
    over = f"The file has more than {MAX_FILE_BYTES // 1_000_000} MB, the most that Telegram takes of a bot."
    empty = True
    async for chunk in read_chunks(request, MAX_FILE_BYTES, over):
        empty = False
        yield chunk
    if empty:  # by now: its sender has looked
        raise Denied(400, "The file is empty.")


def _read_caption(request: web.Request) -> str:
    try:
        return clean(base64.urlsafe_b64decode(request.query.get("caption", "")).decode())
    except (binascii.Error, ValueError) as error:
        raise Denied(400, "The caption is none.") from error


async def _read_turn(text: str, identity: Identity, store: Store) -> Turn:
    turn = await store.turns.by_id(int(text)) if text.isdecimal() and len(text) < 19 else None
    if turn is None or turn.thread_id != identity.thread_id or turn.run != identity.run:
        raise Denied(404, "No such turn is this run's.")
    return turn


async def _find_message(thread: Thread, turn: Turn, store: Store) -> int | None:
    """Return the message that a file answers."""
    if thread.kind is ThreadKind.CONVERSATION:
        return turn.message_id
    own = await store.subagents.get(thread.id)
    return own.reply_to if own is not None else None
