"""Packed workspaces on their way: to the run that begins with them, from the run that ends, and for a sub-agent."""

from __future__ import annotations

import logging

from aiohttp import web

from agent_contract.keptfiles import STATE_TYPE
from agent_gateway.quotas import Quotas
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.keeps import read_call, send_state
from agent_gateway.runners.ports import FileTerms
from agent_gateway.runners.streams import Streams, TooLarge, check_announced
from agent_gateway.runners.tokens import Denied
from agent_gateway.store import Store
from agent_gateway.store.errors import Away

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/zstd"


async def send_workspace(
    request: web.Request, identity: Identity, store: Store, streams: Streams
) -> web.StreamResponse:  # fmt: skip
    """Answer with the files that the caller's run begins with, never all in memory: a kept state, or packed by an earlier release.

    A failure in the middle cuts the connection, so that half of it is never taken for the whole.

    Raises:
        Denied: there is no such thread, or nobody reads.
    """
    thread = await store.threads.by_id(identity.thread_id)
    if thread is None:
        raise Denied(403, f"There is no thread {identity.thread_name}.")
    child = await store.subagents.get(thread.id)
    state = await store.kept.of(thread, child) if STATE_TYPE in request.headers.get("Accept", "") else None
    if state is not None:
        return await send_state(request, thread, state, store, streams)
    found = await store.workspaces.of(thread, child)
    if found is None:
        raise web.HTTPNotFound(text="There are no stored files.")
    response = web.StreamResponse(headers={"Content-Type": MEDIA_TYPE, "Content-Length": str(found.bytes)})
    await response.prepare(request)
    writer, left = streams.write(request, response), found.bytes
    try:
        async for data in store.workspaces.stream(found.id):
            await writer.write(data)
            left -= len(data)
        _check_whole(left)
        await writer.finish()
    except Away as error:
        log.warning("workspace_stream_broke", extra={"agent_thread": thread.name, "error": type(error).__name__})
        writer.abort()
        raise
    return response


async def take_workspace(
    request: web.Request, identity: Identity, store: Store, streams: Streams, terms: FileTerms, quotas: Quotas
) -> web.Response:
    """Store the packed files of the caller's run, or of the copy for the sub-agent of `?call=`.

    Whether there is room, and for a copy whether its sub-agent may be asked for, is found out before the body is read.

    Raises:
        TooLarge: more bytes came than the class allows; nothing of it is kept.
        OverQuota: there is no room for it, or for more of it; nothing of it is kept.
        TurnOver: it is a copy, and no turn runs.
        Denied: the call's id is none, or the body comes too slowly.
    """
    call = read_call(request, terms)
    limit = min(terms.snapshot_limit, _read_limit(request, terms.snapshot_limit))
    over = f"The packed workspace is over {limit / (1 << 20):g} MiB (workspace.snapshotLimit of the AgentClass)."
    try:
        check_announced(request, limit, over)
        stored = await store.workspaces.save(
            identity.thread_id, identity.run, call, streams.read(request, identity, limit, over), quotas
        )
    except TooLarge:
        if call is None:
            await store.runs.files_over(identity.thread_id, identity.run)
        raise
    log.info(
        "workspace_stored",
        extra={
            "agent_thread": identity.thread_name,
            "run": identity.run,
            "bytes": stored.bytes,
            "copy": call is not None,
        },
    )
    return web.Response(status=204)


def _read_limit(request: web.Request, otherwise: int) -> int:
    """Return the sender's own limit, where it says one: what it sends ends there, and the class may have another by now."""
    said = request.query.get("limit", "")
    return int(said) if said.isdecimal() and len(said) < 19 else otherwise


def _check_whole(left: int) -> None:
    if left:
        raise Away("the stored files were forgotten meanwhile")
