"""The stored session of a thread, streamed to the runner that holds it."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from agent_gateway.runners.identity import Identity
from agent_gateway.runners.streams import Streams
from agent_gateway.runners.tokens import Denied
from agent_gateway.store import Store
from agent_gateway.store.errors import Away

log = logging.getLogger(__name__)
BATCH_BYTES = 64 << 10


async def stream_session(
    request: web.Request, identity: Identity, store: Store, streams: Streams, finding: asyncio.Semaphore
) -> web.StreamResponse:
    """Answer with what the caller's own thread goes on from, one line a line, never all in memory.

    A failure in the middle cuts the connection, so that half a session is never taken for a whole one.

    Args:
        request: The runner's.
        identity: Whose it is.
        store: Where the lines are.
        streams: Writes the answer.
        finding: How many starts are found at once: of a conversation of an earlier release, whole lines are read for it.

    Raises:
        Denied: there is no such thread, or nobody reads.
    """
    thread = await store.threads.by_id(identity.thread_id)
    if thread is None:
        raise Denied(403, f"There is no thread {identity.thread_name}.")
    async with finding:
        start = await store.starts.find(thread, identity.run)
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    writer = streams.write(request, response)
    try:
        batch = bytearray()
        async for piece in store.starts.stream(thread.session_id, start):
            batch += piece
            if len(batch) >= BATCH_BYTES:
                await writer.write(bytes(batch))
                batch.clear()
        await writer.write(bytes(batch))
        await writer.finish()
    except Away as error:
        log.warning("session_stream_broke", extra={"agent_thread": identity.thread_name, "error": type(error).__name__})
        writer.abort()
        raise
    return response
