"""The stored session of a thread, streamed to the runner that holds it."""

from __future__ import annotations

import logging

from aiohttp import web

from agent_gateway.runners.identity import Denied, Identity
from agent_gateway.store import Store
from agent_gateway.store.errors import Away

log = logging.getLogger(__name__)
BATCH_BYTES = 64 << 10


async def stream_session(request: web.Request, identity: Identity, store: Store) -> web.StreamResponse:
    """Answer with the stored lines of the caller's own thread, one a line, never all in memory.

    A failure in the middle cuts the connection, so that half a session is never taken for a whole one.
    """
    thread = await store.threads.by_id(identity.thread_id)
    if thread is None:
        raise Denied(403, f"There is no thread {identity.thread_name}.")
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    try:
        batch = bytearray()
        async for line in store.sessions.stream(thread.session_id):
            batch += line.encode() + b"\n"
            if len(batch) >= BATCH_BYTES:
                await response.write(bytes(batch))
                batch.clear()
        await response.write(bytes(batch))
        await response.write_eof()
    except Away as error:
        log.warning("session_stream_broke", extra={"agent_thread": identity.thread_name, "error": type(error).__name__})
        if request.transport is not None:
            request.transport.abort()
        raise
    return response
