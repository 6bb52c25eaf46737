"""Passes model calls on, rebuilt from what is meant: the pod's token off, the real key on, nothing logged but counts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import aiohttp
from aiohttp import web

from agent_gateway.metrics import LIMITS
from agent_gateway.models.access import Permit
from agent_gateway.models.body import ROOM, check_size, parse, read_body, write
from agent_gateway.models.call import Call, Caller
from agent_gateway.models.errors import Refusal, build_error
from agent_gateway.models.failing import GO_ON, Failures
from agent_gateway.models.gate import CallLimits, Paces, Share
from agent_gateway.models.headers import build_request_headers
from agent_gateway.models.meter import Meter, ModelCall, Refused
from agent_gateway.models.providers import Provider, Providers
from agent_gateway.models.relay import relay
from agent_gateway.models.routes import Route, find_route
from agent_gateway.models.shapes.fields import Shaped, refuse
from agent_gateway.models.stream import AnswerTooLarge
from agent_gateway.models.upstream import Upstream
from agent_gateway.models.usage import UsageScanner
from agent_kube.tracing.steps import tell_step

log = logging.getLogger(__name__)
_LIMIT: Final = "llm_"
"""What the names of limits begin with."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A call that may go out.

    Attributes:
        provider: Whereto.
        key: Its key.
        route: What kind of call it is.
        shaped: The request.
        fails: Counts a failure, and says whether the run shall go on with its next model; `lasting` as its argument.
        answers: Forgets failures.
    """

    provider: Provider
    key: str
    route: Route
    shaped: Shaped
    fails: Callable[[bool], bool]
    answers: Callable[[], None]


class Access(Protocol):
    """Who may call which model now."""

    async def permit(self, thread_id: int, thread_name: str, run: int) -> Permit:
        """Return what a run may call; raises Refusal, and Away where the database does not answer."""
        ...


class LlmProxy:
    """Model calls of pods.

    Args:
        providers: The settings.
        meter: Reserves before a call, settles after it.
        access: Says what a run may call.
        limits: Of each run.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        providers: Providers,
        meter: Meter,
        access: Access,
        limits: CallLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers = providers
        self._meter = meter
        self._access = access
        self._limits = limits or CallLimits()
        self._paces = Paces(self._limits, clock)
        self._room = Share(ROOM, "llm_body_room")
        self._shares = {one.name: Share(one.calls_at_once, "llm_calls_of_all") for one in providers.all}
        self._rebuilding = asyncio.Lock()
        self._upstream = Upstream()
        self._failures = Failures()

    async def close(self) -> None:
        """Write what usage is still to be written, then close the connections."""
        await self._upstream.close()

    def warm(self) -> None:
        """Open a connection to the first provider where none stands ready: a run comes that will need it."""
        self._upstream.warm(self._providers.configured.base_url)

    async def handle(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Answer one model call. Errors are answered in the shape that OpenAI's clients read.

        Raises:
            Away: the database does not answer.
        """
        call = Call(caller, self._meter, time.perf_counter())
        try:
            return await self._handle(request, call)
        except Refusal as refusal:
            call.status = refusal.status
            if refusal.type.startswith(_LIMIT):
                LIMITS.labels(refusal.type).inc()
            return _answer(refusal)
        finally:
            # its caller may be gone, and this task with it
            self._upstream.spawn(call.settle())

    async def _handle(self, request: web.Request, call: Call) -> web.StreamResponse:
        who = call.caller
        provider, key = self._providers.find(request.match_info["provider"])
        call.provider = provider.name
        route = _find_route(request, provider)
        permit = await self._access.permit(who.thread_id, who.thread_name, who.run)
        aside = {"began": call.began}
        tell_step(log, "model_request", aside, agent_thread=who.thread_name, run=who.run, turn=permit.turn_id)
        size = check_size(request)
        async with AsyncExitStack() as held, AsyncExitStack() as room:
            held.enter_context(self._paces.hold(who.key, size))
            await room.enter_async_context(self._room.hold(who.key, size))
            shaped, weight = await self._shape(request, route, permit)
            permit.check(provider.name, shaped.model)
            outgoing = self._prepare(call, permit, provider, key, route, shaped)
            await held.enter_async_context(self._shares[provider.name].hold(who.key))
            await self._reserve(call, permit, shaped, weight)
            self._bound(call, route, shaped)
            return await self._pass(request, call, outgoing, room)

    async def _shape(self, request: web.Request, route: Route, permit: Permit) -> tuple[Shaped, int]:
        measured = await parse(await read_body(request), self._rebuilding)
        try:
            return route.shape(measured.raw, permit.rights), measured.weight
        except RecursionError as error:
            raise refuse("The request is nested too deeply.") from error

    def _prepare(
        self, call: Call, permit: Permit, provider: Provider, key: str, route: Route, shaped: Shaped
    ) -> _Outgoing:
        """Return what goes out; raises Refusal for a model that the run has given up for this turn."""
        tried = (*call.caller.key, permit.turn_id, provider.name, shaped.model)
        if permit.has_fallback and self._failures.is_given_up(tried):
            raise Refusal(503, "provider_failing", f"503: {shaped.model} failed too often.{GO_ON}")

        def fails(lasting: bool) -> bool:
            return permit.has_fallback and self._failures.add(tried, lasting=lasting)

        return _Outgoing(provider, key, route, shaped, fails, partial(self._failures.clear, tried))

    async def _reserve(self, call: Call, permit: Permit, shaped: Shaped, weight: int) -> None:
        """Reserve what the call may use; raises Refusal where no budget bears it."""
        who, most = call.caller, self._limits.max_output
        asked = ModelCall(
            who.thread_id, who.run, permit.turn_id, call.provider, shaped.model, weight,
            min(shaped.max_output or most, most),
        )  # fmt: skip
        reserved = await self._meter.reserve(asked)
        if isinstance(reserved, Refused):
            raise Refusal(reserved.status, reserved.limit, reserved.message)
        call.reservation = reserved
        call.scanner = UsageScanner(weight)

    def _bound(self, call: Call, route: Route, shaped: Shaped) -> None:
        """Let the answer have no more tokens than are reserved for it."""
        reserved = call.reservation.max_output if call.reservation is not None else self._limits.max_output
        most = min(reserved, self._limits.max_output)
        if shaped.max_output is None or shaped.max_output > most:
            route.bound(shaped.body, most)

    async def _pass(self, request: web.Request, call: Call, out: _Outgoing, room: AsyncExitStack) -> web.StreamResponse:
        provider, shaped = out.provider, out.shaped
        headers = build_request_headers(request.headers, out.key, provider.api, stream=shaped.stream)
        url, hides = f"{provider.base_url}/{out.route.path}", shaped.stream and not shaped.usage_asked
        call.sent = True
        call.marks["sent"] = time.time_ns()
        try:
            async with self._upstream.post(url, headers, _write_once(shaped)) as answer:
                call.status, call.answered = answer.status, True
                await room.aclose()  # the request is gone
                found = await relay(request, answer, provider, out.key, call, hides_usage=hides, fails=out.fails)
        except (AnswerTooLarge, aiohttp.ClientError, TimeoutError, OSError) as error:
            gone = request.transport is None or request.transport.is_closing()
            gives_up = not gone and out.fails(False)
            if call.started:
                # Headers are out: only a cut connection tells the client that the answer is not whole.
                log.warning("llm_cut", extra={"provider": provider.name, "error": type(error).__name__})
                await call.settle()
                _cut(request)
                raise
            raise _refuse(error, provider, GO_ON if gives_up else "") from error
        if call.status < 400:
            out.answers()
        return found


def _write_once(shaped: Shaped) -> bytes:
    """Return a request's JSON, and let go of what it was made from: an answer may take minutes."""
    data = write(shaped.body)
    shaped.body.clear()
    return data


def _find_route(request: web.Request, provider: Provider) -> Route:
    if "%" in request.rel_url.raw_path:
        raise Refusal(404, "unknown_path", "The gateway passes on no path with a % in it.")
    route = find_route(provider.api, request.match_info["rest"])
    if request.method != "POST":
        raise Refusal(405, "wrong_method", f"{route.path} is called by POST.")
    return route


def _refuse(error: BaseException, provider: Provider, more: str) -> Refusal:
    log.warning("llm_away", extra={"provider": provider.name, "error": type(error).__name__})
    if isinstance(error, aiohttp.ServerTimeoutError | TimeoutError):
        return Refusal(
            504, "provider_timeout", f"504 timeout: {provider.name} ({provider.host}) does not answer in time.{more}"
        )
    return Refusal(
        502,
        "provider_away",
        f"502 connection error: {provider.name} ({provider.host}) cannot be reached or hung up.{more}",
    )


def _answer(refusal: Refusal) -> web.Response:
    body = build_error(refusal.message, refusal.type, refusal.status)
    answer = web.Response(status=refusal.status, body=body, content_type="application/json")
    if refusal.status in {408, 413, 415}:
        answer.force_close()  # the rest of what it sends is not waited for
    return answer


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
