"""Calls of an agent's tools, as they come over the runners' port: read within a bound, and refused in words that name no value."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import ValidationError

from agent_contract.base import Wire
from agent_gateway.metrics import LIMITS
from agent_gateway.runners.streams import TooLarge
from agent_gateway.runners.tokens import Denied

Call = TypeVar("Call", bound=Wire)


async def read_body(request: web.Request, most: int, limit: str) -> bytes:
    """Read the body of a call. Whoever calls bounds the time.

    Args:
        request: Whose.
        most: Bytes that it may have.
        limit: The name of that bound, which counts it and is told.

    Raises:
        TooLarge: it has more.
    """
    body = b""
    async for part in request.content.iter_any():
        body += part
        if len(body) > most:
            LIMITS.labels(limit).inc()
            raise TooLarge(f"The call has more than {most >> 10} KiB (limit: {limit}).")
    return body


def read_call(kind: type[Call], body: bytes) -> Call:
    """Return the call that a body holds.

    Raises:
        Denied: it is none; the words name the fields.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        fields = sorted({".".join(map(str, one["loc"])) for one in error.errors(include_input=False)} - {""})
        raise Denied(400, f"These are not valid: {', '.join(fields)}." if fields else "The call is none.") from error
