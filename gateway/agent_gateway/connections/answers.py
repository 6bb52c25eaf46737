"""What the pod's git is given, in the shapes that it shows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Final

import aiohttp
from aiohttp import web

from agent_gateway.connections.pktline import FLUSH, encode
from agent_gateway.connections.upstream import Refusal

SMALL: Final = 1 << 20
"""What git itself sends in one piece (`http.postBuffer`), and so do we."""
NO_CACHE: Final = {"Cache-Control": "no-cache, max-age=0, must-revalidate"}
_PROTOCOL = re.compile(r"version=[012]")
_FETCHED_WHOLE: Final = frozenset({413, 415, 429})


def pass_on(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the few headers that mean something to a git server."""
    protocol = headers.get("Git-Protocol", "")
    kept = {"Git-Protocol": protocol} if _PROTOCOL.fullmatch(protocol) else {}
    if "gzip" in headers.get("Accept-Encoding", ""):
        kept["Accept-Encoding"] = "gzip"
    return kept | {"User-Agent": "git/2.0 (openclaw-gateway)"}


def check_type(request: web.Request, expected: str) -> None:
    """Let through only a body of this type.

    Raises:
        Refusal: it is another.
    """
    if request.headers.get("Content-Type") != expected:
        raise Refusal(415, f"The body must be {expected}.")


async def limited(chunks: AsyncIterator[bytes], most: int, over: Refusal) -> AsyncIterator[bytes]:
    """Yield at most so many bytes, then raise."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise over
        yield chunk


async def chain(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield one piece in front of others."""
    yield first
    async for chunk in chunks:
        yield chunk


async def collect(chunks: AsyncIterator[bytes]) -> bytes:
    """Return all in one piece; the caller has bounded it."""
    return b"".join([chunk async for chunk in chunks])


async def start(
    request: web.Request, content_type: str, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Begin an answer that streams."""
    response = web.StreamResponse(headers={"Content-Type": content_type, **NO_CACHE, **(headers or {})})
    await response.prepare(request)
    return response


async def relay(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Give the pod what the server answers. Of its headers only two pass."""
    kept = {"Content-Encoding": "gzip"} if answer.headers.get("Content-Encoding") == "gzip" else None
    response = await start(request, answer.content_type, kept)
    try:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
    except (aiohttp.ClientError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()  # a clean end would look like a whole answer
        raise
    await response.write_eof()
    return response


def refuse(request: web.Request, refusal: Refusal) -> web.Response:
    """Answer in the shape that git shows: a text with a status, or for a fetch under way its own error line."""
    if request.method == "POST" and request.path.endswith("/git-upload-pack") and refusal.status not in _FETCHED_WHOLE:
        body = encode(f"ERR {refusal}\n".encode()) + FLUSH
        return web.Response(body=body, content_type="application/x-git-upload-pack-result", headers=NO_CACHE)
    return web.Response(status=refusal.status, text=f"{refusal}\n")
