"""The way back of a model call: an answer passes as it comes, an error in a shape that pi reads."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from agent_gateway.models.call import Call
from agent_gateway.models.errors import MAX_ERROR_BODY, Refusal, build_provider_error, find_hidden_error, unpack
from agent_gateway.models.failing import NEXT_MODEL, is_passing
from agent_gateway.models.headers import build_response_headers
from agent_gateway.models.meaning import is_lasting
from agent_gateway.models.metrics import FIRST_BYTE
from agent_gateway.models.providers import Provider
from agent_gateway.models.redact import Redactor
from agent_gateway.models.resets import LIMITING, find_reset, outlasts, with_reset
from agent_gateway.models.stream import Passage

log = logging.getLogger(__name__)
Fails = Callable[[bool], bool]


async def relay(
    request: web.Request,
    upstream: aiohttp.ClientResponse,
    provider: Provider,
    key: str,
    call: Call,
    *,
    hides_usage: bool,
    fails: Fails,
) -> web.StreamResponse:
    """Give the pod what the provider answers; what it used is recorded before the pod is told the end.

    Args:
        request: The pod's.
        upstream: The provider's answer.
        provider: Which.
        key: Its key, which the pod never gets.
        call: What is known of the call.
        hides_usage: The pod did not ask for the usage that is told.
        fails: Counts a failure that another provider may not have, and says whether the run shall go on with that.

    Raises:
        Refusal: for what is no answer of a model's API, with words for whoever can change the settings.
    """
    kind = upstream.content_type
    if 300 <= upstream.status < 400:
        call.status = 400
        raise Refusal(
            400, "redirect", f"{provider.host} redirects ({upstream.status}): set LLM_BASE_URL to its final address."
        )
    if upstream.status < 300 and kind == "text/html":
        call.status = 400
        raise Refusal(
            400, "no_api", f"{provider.host} answers with a web page, not as a model's API: check LLM_BASE_URL."
        )
    first, encoding = b"", upstream.headers.get("Content-Encoding", "")
    if upstream.status >= 400 or kind == "application/json":
        first = await _read_error(upstream)
        plain = unpack(first, encoding)
        call.status = upstream.status if upstream.status >= 400 else find_hidden_error(plain) or upstream.status
        if call.status >= 400:
            await call.settle()
            return _relay_error(upstream, call.status, plain, provider, key, fails)
    passage = Passage(call.scanner, key, encoding, hides_usage=hides_usage)
    response = web.StreamResponse(status=upstream.status, headers=build_response_headers(upstream.headers, key))
    writer = await response.prepare(request)
    call.started = True
    if writer is not None:
        writer.send_headers()
    async for chunk in _chain(first, upstream):
        shown = passage.feed(chunk)
        if not response.body_length:
            FIRST_BYTE.labels(provider.name).observe(time.perf_counter() - call.arrived)
            call.marks["first_byte"] = time.time_ns()
        if call.scanner.ended:
            await call.settle()
        await response.write(shown)
    rest = passage.end()
    await call.settle()
    await response.write(rest)
    await response.write_eof()
    return response


async def _chain(first: bytes, upstream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in upstream.content.iter_any():
        yield chunk


async def _read_error(upstream: aiohttp.ClientResponse) -> bytes:
    """Read what an error's body may have; of a longer answer, its beginning."""
    body = b""
    async for chunk in upstream.content.iter_any():
        body += chunk
        streams = upstream.status < 400 and not body.lstrip().startswith(b"{")  # under a wrong name; it shall not wait
        if streams or len(body) > MAX_ERROR_BODY:
            break
    return body


def _relay_error(
    upstream: aiohttp.ClientResponse, status: int, plain: bytes, provider: Provider, key: str, fails: Fails
) -> web.Response:
    # what may be the beginning of the key at the end of what was read stays here
    clean = Redactor(key).feed(plain)[:MAX_ERROR_BODY]
    safe = build_provider_error(status, clean, provider=provider.name, key=key)
    reset, lasting = None, False
    if status in LIMITING:
        text, now = safe.decode("utf-8", "replace"), datetime.now(UTC)
        reset = find_reset(upstream.headers, text, now)
        lasting = outlasts(upstream.headers, text, now) or is_lasting(status, text, waits=reset is not None)
    gives_up = is_passing(status) and fails(lasting)
    if reset is not None or lasting or gives_up:
        safe = with_reset(safe, reset, lasting=lasting or gives_up, more=NEXT_MODEL if gives_up else "")
    log.warning("llm_error", extra={"provider": provider.name, "status": status})
    kept = build_response_headers(upstream.headers, key)
    kept["Content-Type"] = "application/json"
    return web.Response(status=status, body=safe, headers=kept)
