"""Packed workspaces on their way: to the run that begins with them, from the run that ends, and for a sub-agent."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from aiohttp import web

from agent_contract.terms import CALL_ID_PATTERN
from agent_gateway.runners.identity import Denied, Identity
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.workspaces import CHUNK_BYTES

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/zstd"
MOST_COPIES = 50
"""Of one thread, before their sub-agents are asked for: what a pod may fill of the database."""


class TooLarge(Exception):
    """What is sent is over its limit; the text names it."""


async def send_workspace(request: web.Request, identity: Identity, store: Store) -> web.StreamResponse:
    """Answer with the packed files that the caller's run begins with, never all in memory.

    A failure in the middle cuts the connection, so that half of it is never taken for the whole.
    """
    thread = await store.threads.by_id(identity.thread_id)
    if thread is None:
        raise Denied(403, f"There is no thread {identity.thread_name}.")
    found = await store.workspaces.of(thread, await store.subagents.get(thread.id))
    if found is None:
        raise web.HTTPNotFound(text="There are no stored files.")
    response = web.StreamResponse(headers={"Content-Type": MEDIA_TYPE, "Content-Length": str(found.bytes)})
    await response.prepare(request)
    left = found.bytes
    try:
        async for chunk in store.workspaces.stream(found.id):
            await response.write(chunk)
            left -= len(chunk)
        _check_whole(left)
        await response.write_eof()
    except Away as error:
        log.warning("workspace_stream_broke", extra={"agent_thread": thread.name, "error": type(error).__name__})
        if request.transport is not None:
            request.transport.abort()
        raise
    return response


async def take_workspace(request: web.Request, identity: Identity, store: Store, limit: int) -> web.Response:
    """Store the packed files of the caller's run, or of the copy for the sub-agent of `?call=`.

    Raises:
        TooLarge: more than `limit` bytes came; nothing of it is kept.
        Denied: the call's id is none, or too many copies wait.
    """
    call_id = request.query.get("call")
    if call_id is not None and not CALL_ID_PATTERN.fullmatch(call_id):
        raise Denied(400, "The call's id is none.")
    if call_id is not None and await store.workspaces.count_copies(identity.thread_id) >= MOST_COPIES:
        raise Denied(409, f"{MOST_COPIES} copies wait for sub-agents that were not asked for.")
    limit = min(limit, _read_limit(request, limit))
    mebibytes = limit / (1 << 20)
    over = f"The packed workspace is over {mebibytes:g} MiB (workspace.snapshotLimit of the AgentClass)."
    chunks = read_chunks(request, limit, over)
    try:
        stored = await store.workspaces.save(identity.thread_id, identity.run, call_id, chunks)
    except TooLarge:
        if call_id is None:
            await store.runs.files_over(identity.thread_id, identity.run)
        raise
    log.info(
        "workspace_stored",
        extra={"agent_thread": identity.thread_name, "run": identity.run, "bytes": stored.bytes, "copy": bool(call_id)},
    )
    return web.Response(status=204)


def _read_limit(request: web.Request, otherwise: int) -> int:
    """Return the sender's own limit, where it says one: what it sends ends there, and the class may have another by now."""
    said = request.query.get("limit", "")
    return int(said) if said.isdecimal() and len(said) < 19 else otherwise


async def read_chunks(request: web.Request, limit: int, over: str) -> AsyncIterator[bytes]:
    """Yield a request's body in rows' sizes.

    Raises:
        TooLarge: more than `limit` bytes came; with the words of `over`.
    """
    total = 0
    held = bytearray()
    async for part in request.content.iter_any():
        total += len(part)
        if total > limit:
            raise TooLarge(over)
        held += part
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)


def _check_whole(left: int) -> None:
    if left:
        raise Away("the stored files were forgotten meanwhile")
