"""Kept states on their way: from a run, turn by turn, and to the run or sub-agent that begins with one."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from typing import Annotated, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_contract.keptfiles import MAX_PACK_BYTES, MAX_PACKS, MAX_STATE_BYTES, STATE_TYPE
from agent_contract.terms import CALL_ID_PATTERN
from agent_gateway.quotas import Limit, OverQuota, Quotas
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.ports import FileTerms
from agent_gateway.runners.streams import Streams, Writer, check_announced
from agent_gateway.runners.tokens import Denied
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.kept import KeptState, NewState, NotWhatItSaysError
from agent_gateway.store.rows import Thread
from agent_gateway.store.workspaces import CopyCall

log = logging.getLogger(__name__)
NAME: Final = re.compile(r"[0-9a-f]{64}")
HISTORY: Final = 2
"""Packs of a conversation may have so many times the bytes of one state: earlier ones share them."""
_HEAD_BYTES: Final = 256 << 10
_Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Head(BaseModel):
    """What a state says of itself, in its first line."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    whole: _Sha | None = None
    packs: Annotated[list[_Sha], Field(max_length=MAX_PACKS)]
    files: Annotated[int, Field(ge=0, le=10**7)]
    size: Annotated[int, Field(ge=0, lt=2**62)]
    over: Annotated[int, Field(ge=0, le=10**7, alias="overCount")] = 0


async def take_pack(
    request: web.Request, identity: Identity, store: Store, streams: Streams, terms: FileTerms, quotas: Quotas
) -> web.Response:
    """Store a part of what the caller's run keeps; one that is stored already is not read.

    Raises:
        TooLarge: it is larger than a part may be.
        OverQuota: there is no room for it.
        Denied: it is not what it is named, or comes too slowly.
    """
    name = request.match_info["name"]
    over = f"A part of the kept files has at most {MAX_PACK_BYTES >> 20} MiB (limit: {Limit.KEPT_PART})."
    check_announced(request, MAX_PACK_BYTES, over)
    if await store.kept.has_pack(identity.thread_id, name):
        return web.Response(status=204)
    body = streams.read(request, identity, MAX_PACK_BYTES, over)
    most = HISTORY * terms.snapshot_limit
    try:
        size = await store.kept.save_pack(identity.thread_id, identity.run, name, body, most, quotas)
    except NotWhatItSaysError as error:
        raise Denied(400, "These bytes do not have the hash that they are named by.") from error
    log.debug("pack_stored", extra={"agent_thread": identity.thread_name, "run": identity.run, "bytes": size})
    return web.Response(status=204)


def read_call(request: web.Request, terms: FileTerms) -> CopyCall | None:
    """Return the call of the sub-agent that files are copied for; None where they are the run's own.

    Raises:
        Denied: the call's id is none.
        OverQuota: they are a sub-agent's own, which are not kept.
    """
    call_id = request.query.get("call")
    if call_id is None:
        if terms.subagent:
            name = Limit.SUBAGENT_WORKSPACE
            raise OverQuota(name, f"The files of a sub-agent are not kept: it tells what it found (limit: {name}).")
        return None
    if not CALL_ID_PATTERN.fullmatch(call_id):
        raise Denied(400, "The call's id is none.")
    return CopyCall(call_id, terms.most_children, terms.no_more_children)


async def take_state(
    request: web.Request, identity: Identity, store: Store, streams: Streams, terms: FileTerms
) -> web.Response:
    """Store what the parts are of, or, without a body, that a turn changed nothing.

    Answers with the names of parts that are not stored, if there are such; then nothing else is.

    Raises:
        TooLarge: it is larger than it may be.
        OverQuota: it is a sub-agent's, whose files are not kept, or a copy for one that may not be asked for.
        TurnOver: it is a copy, and no turn runs.
        Denied: it is none, the turn is not this run's, or it comes too slowly.
    """
    call = read_call(request, terms)
    turn_id = await _read_turn(request.query.get("turn", "0"), identity, store)
    over = f"What is said of kept files has at most {MAX_STATE_BYTES >> 20} MiB (limit: {Limit.KEPT_PART})."
    check_announced(request, MAX_STATE_BYTES, over)
    body = b"".join([chunk async for chunk in streams.read(request, identity, MAX_STATE_BYTES, over)])
    if not body and call is None:
        await store.kept.note_same(identity.thread_id, identity.run, turn_id)
        return web.Response(status=204)
    new = read_state(body)
    missing = await store.kept.save_state(identity.thread_id, identity.run, turn_id, new, call)
    extra = {"agent_thread": identity.thread_name, "run": identity.run, "turn": turn_id, "files": new.files}
    log.info("files_kept", extra={**extra, "missing": len(missing), "copy": call is not None})
    return web.json_response({"missing": missing}) if missing else web.Response(status=204)


def read_state(body: bytes) -> NewState:
    """Read what a state says of itself; its list is not looked at before somebody asks for it.

    Raises:
        Denied: it is none.
    """
    line, found, _ = body.partition(b"\n")
    try:
        if not found or len(line) > _HEAD_BYTES:
            raise Denied(400, "What is said of the kept files is broken.")
        head = Head.model_validate_json(line)
    except ValidationError as error:
        raise Denied(400, "What is said of the kept files is broken.") from error
    packs = tuple(dict.fromkeys(head.packs))
    return NewState(head.whole, packs, body, head.files, head.size, head.over)


async def _read_turn(text: str, identity: Identity, store: Store) -> int | None:
    """Return the turn that a state is of; None for 0, where the run had none."""
    if text == "0":
        return None
    turn = await store.turns.by_id(int(text)) if text.isdecimal() and len(text) < 19 else None
    if turn is None or turn.thread_id != identity.thread_id or turn.run != identity.run:
        raise Denied(404, "No such turn is this run's.")
    return turn.id


async def send_state(
    request: web.Request, thread: Thread, state: KeptState, store: Store, streams: Streams
) -> web.StreamResponse:  # fmt: skip
    """Answer with a state and all its parts, never all in memory.

    A failure in the middle cuts the connection; that it is whole, its last line says.

    Raises:
        HTTPNotFound: it has gone meanwhile.
    """
    found = await store.kept.read_body(state.id)
    if found is None:
        raise web.HTTPNotFound(text="There are no stored files.")
    response = web.StreamResponse(headers={"Content-Type": STATE_TYPE})
    await response.prepare(request)
    writer = streams.write(request, response)
    try:
        await writer.write(b'{"type":"state","bytes":%d}\n' % len(found.body) + found.body)
        for pack in found.packs:
            await writer.write(b'{"type":"pack","id":"%s","bytes":%d}\n' % (pack.sha.encode(), pack.bytes))
            await _send_pack(writer, pack.bytes, store.kept.stream_pack(pack.id))
        await writer.write(b'{"type":"end","bytes":0}\n')
        await writer.finish()
    except Away as error:
        log.warning("workspace_stream_broke", extra={"agent_thread": thread.name, "error": type(error).__name__})
        writer.abort()
        raise
    return response


async def _send_pack(writer: Writer, left: int, parts: AsyncIterator[bytes]) -> None:
    async for data in parts:
        await writer.write(data)
        left -= len(data)
    if left:
        raise Away("the stored files were forgotten meanwhile")
