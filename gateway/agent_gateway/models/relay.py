"""The way back of a model call: an answer passes as it comes, an error in a shape that pi reads."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from agent_gateway.models.errors import MAX_ERROR_BODY, Refusal, build_provider_error, find_hidden_error, unpack
from agent_gateway.models.headers import build_response_headers
from agent_gateway.models.metrics import FIRST_BYTE
from agent_gateway.models.providers import Provider
from agent_gateway.models.resets import LIMITING, find_reset, outlasts, with_reset
from agent_gateway.models.usage import UsageScanner

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is."""

    thread_id: int
    thread_name: str
    run: int
    turn_id: int | None


class Call:
    """What is known of a call as it goes."""

    def __init__(self, caller: Caller, provider: str, arrived: float) -> None:
        self.caller = caller
        self.provider = "unknown"
        self.asked = provider
        self.arrived = arrived
        self.status = 499
        """Until the provider answers: the client went away."""
        self.started = False
        self.scanner = UsageScanner("")


async def relay(
    request: web.Request, upstream: aiohttp.ClientResponse, provider: Provider, key: str, call: Call
) -> web.StreamResponse:
    """Give the pod what the provider answers.

    Raises Refusal for what is no answer of a model's API, with words for whoever can change the settings.
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
    first = b""
    if upstream.status >= 400 or kind == "application/json":
        first = await _read_error(upstream)
        call.status = upstream.status if upstream.status >= 400 else find_hidden_error(first) or upstream.status
    if call.status >= 400:
        return _relay_error(upstream, call.status, first, provider, key)
    headers = build_response_headers(upstream.headers)
    response = web.StreamResponse(status=upstream.status, headers=headers)
    call.scanner = UsageScanner(upstream.headers.get("Content-Type", ""))
    writer = await response.prepare(request)
    call.started = True
    if writer is not None:
        writer.send_headers()
    secret = key.encode()
    async for passed in _chain(first, upstream):
        chunk = passed.replace(secret, b"*" * len(secret))  # as long as it was: the length may be announced
        if not response.body_length:
            FIRST_BYTE.labels(provider.name).observe(time.perf_counter() - call.arrived)
        await response.write(chunk)
        call.scanner.feed(chunk)
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
    upstream: aiohttp.ClientResponse, status: int, body: bytes, provider: Provider, key: str
) -> web.Response:
    plain = unpack(body, upstream.headers.get("Content-Encoding", ""))[:MAX_ERROR_BODY]
    safe = build_provider_error(status, plain, provider=provider.name, key=key)
    if status in LIMITING:
        text, now = safe.decode("utf-8", "replace"), datetime.now(UTC)
        reset = find_reset(upstream.headers, text, now)
        if reset is not None:
            safe = with_reset(safe, reset, lasting=outlasts(upstream.headers, text, now))
    log.warning("llm_error", extra={"provider": provider.name, "status": status})
    kept = build_response_headers(upstream.headers)
    answer = web.Response(status=status, body=safe, content_type="application/json")
    for name in ("Retry-After", "X-Request-Id"):
        if name in kept:
            answer.headers[name] = kept[name].replace(key, "")
    return answer
