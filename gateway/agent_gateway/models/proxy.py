"""Passes model calls on: the pod's token off, the real key on, nothing buffered, nothing logged but counts."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final, Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from agent_gateway.models.errors import Refusal, build_error
from agent_gateway.models.headers import build_request_headers
from agent_gateway.models.metrics import REQUESTS, TOKENS
from agent_gateway.models.providers import Provider, Providers
from agent_gateway.models.relay import Call, Caller, relay

log = logging.getLogger(__name__)
MAX_BODY: Final = 64 << 20
READ_SECONDS: Final = 300.0
"""The longest silence of a provider, as pi itself waits."""
KEEP_ALIVE_SECONDS: Final = 55.0
PATHS: Final[dict[str, str]] = {
    "chat/completions": "POST",
    "responses": "POST",
    "messages": "POST",
    "v1/messages": "POST",
    "models": "GET",
}


class UsageStore(Protocol):
    """Where usage is recorded."""

    async def add(
        self,
        thread_id: int,
        run: int,
        turn_id: int | None,
        provider: str,
        model: str,
        input: int,  # noqa: A002
        output: int,
        cached: int,
        status: int,
        milliseconds: int,
    ) -> None:
        """Record one model call."""
        ...


class _TooLarge(Exception):
    """A body without a length went on beyond the cap."""


class LlmProxy:
    """One pool of connections to the provider, kept open so that a call needs no new handshake."""

    def __init__(self, providers: Providers, usage: UsageStore) -> None:
        self._providers = providers
        self._usage = usage
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._used_at = float("-inf")

    async def close(self) -> None:
        """Write what usage is still to be written, then close the connections."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        if self._session is not None:
            await self._session.close()

    def warm(self) -> None:
        """Open a connection to the provider where none stands ready: a run comes that will need it.

        It is a HEAD request without a key; whatever answers, the connection stays.
        """
        if time.monotonic() - self._used_at < KEEP_ALIVE_SECONDS - 5:
            return
        self._used_at = time.monotonic()
        self._spawn(self._warm(self._providers.configured.base_url))

    async def handle(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Answer one model call. Errors are answered in the shape that OpenAI's clients read."""
        arrived = time.perf_counter()
        name = request.match_info["provider"]
        extra = {"step": "model_request", "agent_thread": caller.thread_name, "run": caller.run, "turn": caller.turn_id}
        log.info("step", extra=extra | {"t": time.time_ns() // 1_000_000})
        call = Call(caller, name, arrived)
        try:
            provider, key = self._providers.find(name)
            call.provider = provider.name
            _check(request)
            return await self._pass(request, provider, key, call)
        except Refusal as refusal:
            call.status = refusal.status
            return _answer(refusal)
        finally:
            self._count(call)

    async def _pass(self, request: web.Request, provider: Provider, key: str, call: Call) -> web.StreamResponse:
        rest = request.match_info["rest"]
        url = URL(f"{provider.base_url}/{rest}", encoded=True)
        if request.query_string:
            url = url.with_query(request.query_string)
        headers = build_request_headers(request.headers, key, anthropic=rest.endswith("messages"))
        try:
            async with self._open().request(
                request.method, url, headers=headers, data=_body(request), allow_redirects=False
            ) as upstream:
                self._used_at = time.monotonic()
                call.status = upstream.status
                return await relay(request, upstream, provider, key, call)
        except (_TooLarge, aiohttp.ClientError, TimeoutError, OSError) as error:
            if call.started:
                # Headers are out: only a cut connection tells the client that the answer is not whole.
                log.warning("llm_cut", extra={"provider": provider.name, "error": type(error).__name__})
                _cut(request)
                raise
            raise _refuse(error, provider) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # A context of its own: aiohttp's is made at import, before SSL_CERT_FILE may name extra certificates.
            trust = ssl.create_default_context()
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, ttl_dns_cache=60, ssl=trust)
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=READ_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                auto_decompress=False,
                trust_env=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers={"User-Agent", "Content-Type"},
            )
        return self._session

    async def _warm(self, url: str) -> None:
        timeout = aiohttp.ClientTimeout(total=10)
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._open().head(url, timeout=timeout, allow_redirects=False) as answer:
                log.debug("llm_warm", extra={"status": answer.status})

    def _count(self, call: Call) -> None:
        call.scanner.end()
        usage, model = call.scanner.usage, call.scanner.model
        REQUESTS.labels(call.provider, str(call.status)).inc()
        for kind, number in (("input", usage.input), ("output", usage.output), ("cached", usage.cached)):
            if number:
                TOKENS.labels(call.provider, kind).inc(number)
        who, spent = call.caller, round((time.perf_counter() - call.arrived) * 1000)
        self._spawn(
            self._record(
                who.thread_id, who.run, who.turn_id, call.provider, model, usage.input, usage.output, usage.cached,
                call.status, spent,
            )
        )  # fmt: skip

    async def _record(self, *row: Any) -> None:
        try:
            await self._usage.add(*row)
        except Exception:  # a lost line of usage must not cost an answer; it is logged with its trace
            log.exception("usage_not_recorded")

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _check(request: web.Request) -> None:
    rest = request.match_info["rest"]
    method = PATHS.get(rest)
    if method is None or "%" in request.rel_url.raw_path:
        known = ", ".join(PATHS)
        raise Refusal(404, "unknown_path", f"The gateway passes on only these calls: {known}.")
    if request.method != method:
        raise Refusal(405, "wrong_method", f"{rest} is called by {method}.")
    if (request.content_length or 0) > MAX_BODY:
        raise _too_large()


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > MAX_BODY:
            raise _TooLarge
        yield chunk


def _refuse(error: BaseException, provider: Provider) -> Refusal:
    if isinstance(error, _TooLarge) or isinstance(error.__cause__, _TooLarge):
        return _too_large()
    log.warning("llm_away", extra={"provider": provider.name, "error": type(error).__name__})
    if isinstance(error, aiohttp.ServerTimeoutError | TimeoutError):
        return Refusal(
            504, "provider_timeout", f"504 timeout: {provider.name} ({provider.host}) does not answer in time."
        )
    return Refusal(
        502, "provider_away", f"502 connection error: {provider.name} ({provider.host}) cannot be reached or hung up."
    )


def _too_large() -> Refusal:
    return Refusal(
        413, "too_large", f"The request is larger than {MAX_BODY >> 20} MiB, more than the gateway passes on."
    )


def _answer(refusal: Refusal) -> web.Response:
    body = build_error(refusal.message, refusal.type, refusal.status)
    return web.Response(status=refusal.status, body=body, content_type="application/json")


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
