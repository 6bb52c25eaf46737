"""Around each call of the runners' port: what is refused before it is looked at, and how errors are answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from agent_contract.names import PATH_GIT, PATH_HTTP
from agent_gateway.errors import ClassUnknown, LeadershipLost, TurnOver
from agent_gateway.models.errors import build_error
from agent_gateway.quotas import OverQuota
from agent_gateway.runners.denials import Denials, name_route
from agent_gateway.runners.front import Front, find_wrapped
from agent_gateway.runners.streams import TooLarge
from agent_gateway.runners.tokens import Denied
from agent_gateway.store.errors import Away

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KNOWN: Final = web.RequestKey("known", bool)
"""Of a request: its token was good."""
REALM: Final = {"WWW-Authenticate": 'Basic realm="openclaw"'}
_REST_BYTES: Final = 1 << 20
_REST_SECONDS: Final = 1.0
_TYPES: Final = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    408: "too_slow",
    409: "refused",
    413: "too_large",
    415: "bad_request",
    429: "rate_limited",
    503: "unavailable",
}


def guard_front(front: Front) -> Any:
    """Build what refuses what costs without being asked for, and reads nothing of a body that nobody wants."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        wrapped = find_wrapped(request)
        wrapped.begin()
        try:
            if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity" and not _is_git(
                request
            ):
                answer: web.StreamResponse = build_answer(415, "Send bodies as they are: nothing is unpacked here.")
            elif not front.may_ask(wrapped.address, of_service=request.path.startswith(f"{PATH_HTTP}/")):
                answer = build_answer(429, "Too many requests come from this address: try again in a moment.")
            else:
                answer = await handler(request)
            if not answer.prepared and not request.content.is_eof():
                if request.get(KNOWN, False) and not _waits_to_be_asked(request):
                    await _read_rest(request)
                answer.force_close()
            return answer
        finally:
            wrapped.end()

    return guard


def answer_errors(denials: Denials) -> Any:
    """Build what answers errors in the shape that OpenAI's clients read, and logs who is denied."""

    @web.middleware
    async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except TooLarge as error:
            return build_answer(413, str(error))
        except Denied as denied:
            if denied.status == 401 and _is_git(request) and "Authorization" not in request.headers:
                return web.Response(status=401, headers=REALM, text=f"{denied}\n")  # git then asks its helper
            denials.note(request, find_wrapped(request).address, denied)
            return build_answer(denied.status, str(denied))
        except OverQuota as over:
            return build_answer(409, str(over))
        except TurnOver:
            return build_answer(409, "The turn that asks is over.")
        except ClassUnknown as error:
            return build_answer(503, str(error))
        except (Away, LeadershipLost) as error:
            if request.transport is None or request.transport.is_closing():
                raise
            log.warning("call_without_database", extra={"route": name_route(request), "error": type(error).__name__})
            return build_answer(503, "The gateway's database does not answer: try again in a moment.")

    return handle


def _is_git(request: web.Request) -> bool:
    """Say whether git asks: what it packs is passed on as it came."""
    return request.path.startswith(f"{PATH_GIT}/")


def _waits_to_be_asked(request: web.Request) -> bool:
    """Say whether a sender holds its body back until it is asked for it, and was not."""
    return request.headers.get("Expect", "").lower() == "100-continue" and not request.writer.output_size


async def _read_rest(request: web.Request) -> None:
    """Read a little of what a known pod still sends, so that it reads its answer instead of a cut connection."""
    left = _REST_BYTES
    with contextlib.suppress(TimeoutError, OSError, web.PayloadAccessError, web.RequestPayloadError):
        async with asyncio.timeout(_REST_SECONDS):
            while left > 0 and not request.content.at_eof():
                left -= len(await request.content.readany())


def build_answer(status: int, message: str) -> web.Response:
    """Build the answer of a refused call."""
    body = build_error(message, _TYPES.get(status, "error"), status)
    return web.Response(status=status, body=body, content_type="application/json")
