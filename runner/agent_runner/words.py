"""Errors of pi and of model providers as sentences for the chat: short, and without keys."""

from __future__ import annotations

import json
import re
from typing import Any

LIMIT = 500
_SECRET = re.compile(
    r"Bearer\s+\S+|\b(?:sk|pk|key|xai|gsk)-[\w-]{8,}|\beyJ[\w-]+\.[\w.-]+|\b[0-9a-f]{32}(?:\.\w+)?\b|\b[A-Za-z0-9_-]{40,}\b"
)
_STATUS = re.compile(r"^\s*(\d{3})\b")


def describe_error(text: str) -> str:
    """Return an error in words: the message inside a JSON body where there is one, keys hidden, at most 500 characters."""
    message = _read_message(text)
    status = _STATUS.match(text)
    if message and status and status[1] not in message:
        message = f"{status[1]}: {message}"
    plain = " ".join((message or text).split())
    plain = _SECRET.sub("[hidden]", plain)
    return plain if len(plain) <= LIMIT else plain[: LIMIT - 1] + "…"


def _read_message(text: str) -> str | None:
    start = text.find("{")
    if start < 0:
        return None
    try:
        body, _ = json.JSONDecoder().raw_decode(text[start:])
    except ValueError:
        return None
    return _find_message(body)


def _find_message(body: Any) -> str | None:
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if isinstance(error, dict):
        return _find_message(error)
    for value in (body.get("message"), error, body.get("msg"), body.get("detail")):
        if isinstance(value, str) and value:
            return value
    return None


def cut(text: str, limit: int) -> str:
    """Return the beginning of a text that is at most `limit` bytes, with a mark where something is missing."""
    data = text.encode()
    return text if len(data) <= limit else data[: limit - 3].decode(errors="ignore") + "…"
