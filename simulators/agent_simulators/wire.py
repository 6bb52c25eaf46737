"""How a connection is spoilt under an answer."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from agent_simulators.faults import Fault


def is_gone(request: web.Request) -> bool:
    """Say whether the client has hung up, as far as this side knows."""
    return request.transport is None or request.transport.is_closing()


def cut(request: web.Request) -> web.Response:
    """Cut the connection; the response that is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def send_half(request: web.Request, body: bytes, fault: Fault[Any], seconds: float = 0.0) -> web.StreamResponse:
    """Send the head of a JSON answer and half of its body; after a silence cut the connection."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    await fault.hold(seconds, lambda: is_gone(request))
    cut(request)
    return response
