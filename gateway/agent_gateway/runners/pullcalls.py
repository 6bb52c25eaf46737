"""Calls of agents to forges, as they come over the runners' port."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from agent_contract.pulls import MAX_CALL_BYTES, PullCall
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Bucket, Rate
from agent_gateway.runners.callbody import read_body, read_call
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.middlewares import build_answer
from agent_gateway.runners.ports import Pulls
from agent_gateway.runners.tokens import Denied

CALLS: Final = Rate(1, 60)
"""Of a run; a call that waits for a person is made again after some seconds."""
BODY_SECONDS: Final = 10.0
"""The body of a call has come by then."""


class PullDenied(Exception):
    """A call is refused; the text is for the agent, and goes into no log: a forge, a person or the agent may have written it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


async def take_call(request: web.Request, who: Identity, pulls: Pulls, bucket: Bucket) -> web.Response:
    """Answer one call.

    Raises:
        TooLarge: it is.
        Denied: it is none, or is refused.
    """
    if not bucket.take():
        LIMITS.labels("pull-calls").inc()
        raise Denied(503, "Forges are asked too often: ask again in a moment (limit: pull-calls).")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await read_body(request, MAX_CALL_BYTES, "pull-calls")
    except TimeoutError as error:
        raise Denied(408, "The call came too slowly.") from error
    call = read_call(PullCall, body)
    try:
        answer = await pulls.call(who, call)
    except PullDenied as denied:
        return build_answer(denied.status, str(denied))
    return web.Response(body=answer.model_dump_json(by_alias=True).encode(), content_type="application/json")
