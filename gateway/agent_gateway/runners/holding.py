"""The connection of a pod of a warm pool until a conversation has it: nothing is done for it, and nothing of it believed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from agent_contract import wire
from agent_gateway.runners.connection import Connection
from agent_gateway.runners.front import Wrapped
from agent_gateway.runners.handshake import check_warm
from agent_gateway.runners.parting import Gone, Parting
from agent_gateway.runners.pool import HeldPod, WarmPool
from agent_gateway.runners.proving import Identity
from agent_gateway.store.claims import Claim, WarmPod

log = logging.getLogger(__name__)
WAITING_BYTES: Final = 256 << 10
"""Of a connection while it waits: pings, and answers to ours, for a day and more."""
_NO_FRAMES: Final = "No conversation has this pod: it is to say nothing."


async def hold(
    pod: WarmPod,
    socket: web.WebSocketResponse,
    wrapped: Wrapped,
    pool: WarmPool,
    build: Callable[[Identity], Connection],
) -> None:
    """Serve a pod from its hello until its connection ends, or the conversation's that claims it.

    Args:
        pod: Which.
        socket: Its WebSocket.
        wrapped: The connection below.
        pool: Gives it away.
        build: Builds what serves it then.
    """
    ids = {"pod": pod.pod_name, "agent_class": pod.class_name}
    parting = Parting(socket, ids)
    held = HeldPod(pod, lambda: not socket.closed, wrapped.abort)
    try:
        hello = await parting.read_hello(check_warm)
        wrapped.narrow(WAITING_BYTES)
        await parting.send(wire.Held())
        if not pool.add(held):
            await parting.close("Too many pods wait; connect again.", WSCloseCode.TRY_AGAIN_LATER)
            return
        log.info("warm_pod_held", extra=ids)
        claimed = await _wait(socket, held, parting)
        if claimed is not None:
            who, claim = claimed
            await build(who).serve_claimed(hello, claim, held.note_begun)
    except (Gone, OSError):
        return
    finally:
        pool.remove(held)
        held.close()


async def _wait(socket: web.WebSocketResponse, held: HeldPod, parting: Parting) -> tuple[Identity, Claim] | None:
    """Wait until somebody has the pod; None where its connection ends before."""
    reading = asyncio.create_task(_answer_pings(socket))
    try:
        either: tuple[asyncio.Future[Any], ...] = (reading, held.claimed)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            if reading.result():
                await parting.refuse(_NO_FRAMES)
            return None
        return held.claimed.result()
    finally:
        reading.cancel()
        await asyncio.wait({reading})


async def _answer_pings(socket: web.WebSocketResponse) -> bool:
    """Read until the connection ends; True where the pod says what it is not to say."""
    async for message in socket:
        if message.type is WSMsgType.PING:
            await socket.pong(message.data)
        elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            return True
    return False
