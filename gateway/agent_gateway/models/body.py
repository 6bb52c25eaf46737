"""A request's body: read within bounds of size, shape and time, and measured."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiohttp import web
from pydantic_core import from_json, to_json

from agent_gateway.bulk import MAX_NODES, do_aside, is_bulky
from agent_gateway.models.errors import Refusal
from agent_gateway.models.estimate import BYTES_PER_TOKEN

MAX_BODY: Final = 16 << 20
"""Bytes of a request, its pictures included."""
BODY_SECONDS: Final = 30.0
ROOM: Final = 64 << 20
"""Bytes of requests that are read and rebuilt at the same time, of all pods."""
PICTURE: Final = 1600 * BYTES_PER_TOKEN
"""Bytes that a picture counts as, whatever its size: some 1,600 tokens."""
_DATA: Final = 2048
"""Characters from which on a text without a blank in its beginning that stands for data counts as a picture."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A body that was read.

    Attributes:
        raw: Its JSON object.
        weight: Bytes of its texts, each picture counted as `PICTURE`.
    """

    raw: dict[str, Any]
    weight: int


def check_size(request: web.Request) -> int:
    """Return how many bytes a body may have that is yet to be read; raises Refusal for one that is too long."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(415, "compressed", "The gateway takes no compressed requests.")
    size = request.content_length
    if size is not None and size > MAX_BODY:
        raise _too_large()
    return MAX_BODY if size is None else size


async def read_body(request: web.Request) -> bytes:
    """Read a body; raises Refusal where it is too long or too slow."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > MAX_BODY:
                    raise _too_large()
                parts.append(chunk)
    except TimeoutError as error:
        raise Refusal(408, "too_slow", f"The request did not come within {BODY_SECONDS:.0f} s.") from error
    return b"".join(parts)


async def parse(data: bytes, one_at_a_time: asyncio.Lock) -> Measured:
    """Read a body as JSON and measure it; a large one in a thread, one at a time.

    Raises:
        Refusal: it is no JSON object, or holds more values than a conversation has.
    """
    if is_bulky(data):
        raise _too_large("llm_body_values")
    return await do_aside(len(data), one_at_a_time, partial(_parse, data))


def write(body: dict[str, Any]) -> bytes:
    """Return a rebuilt body as JSON."""
    return to_json(body)


def _parse(data: bytes) -> Measured:
    try:
        raw: Any = from_json(data)
    except ValueError as error:
        raw = _parse_again(data, error)
    if not isinstance(raw, dict):
        raise Refusal(400, "bad_request", "The request is no JSON object.")
    return Measured(raw, _weigh(raw))


def _parse_again(data: bytes, error: ValueError) -> Any:
    """Read a body in which half a character stands by itself, as tools put it into texts; it becomes a question mark."""
    if not any(word in str(error) for word in ("surrogate", "hex escape")) or len(data) > MAX_BODY // 4:
        raise Refusal(400, "bad_request", "The request is no JSON.") from error
    try:
        whole = json.dumps(json.loads(data), ensure_ascii=False).encode(errors="replace")
        return from_json(whole)
    except (ValueError, RecursionError) as again:
        raise Refusal(400, "bad_request", "The request is no JSON.") from again


def _weigh(raw: dict[str, Any]) -> int:
    waiting: list[Any] = [raw]
    weight = nodes = 0
    while waiting:
        value = waiting.pop()
        nodes += 1
        if isinstance(value, str):
            weight += PICTURE if _is_data(value) else len(value) * (1 if value.isascii() else 3)
        elif isinstance(value, dict):
            weight += sum(map(len, value))
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        if nodes + len(waiting) > MAX_NODES:
            raise _too_large("llm_body_values")
    return weight


def _is_data(text: str) -> bool:
    """Say whether a long text is a picture or another file: a `data:` URL, or base64, which has no blanks."""
    if len(text) < _DATA or not text.isascii():
        return False
    return text.startswith("data:") or not any(mark in text[:_DATA] for mark in " \n\t,;(){}\"'")


def _too_large(limit: str = "llm_body_bytes") -> Refusal:
    words = f"The request is larger than {MAX_BODY >> 20} MiB, or holds more values, than the gateway passes on"
    return Refusal(413, limit, f"{words} ({limit}).")
