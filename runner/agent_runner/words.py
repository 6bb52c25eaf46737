"""Errors of pi and of model providers as sentences for the chat: short, and without keys."""

from __future__ import annotations

import html
import json
import re
from typing import Any

LIMIT = 500
_SECRET = re.compile(
    r"Bearer\s+\S+|\b(?:sk|pk|key|xai|gsk)-[\w-]{8,}|\beyJ[\w-]+\.[\w.-]+|\b[0-9a-f]{32}(?:\.\w+)?\b|\b[A-Za-z0-9_-]{40,}\b"
)
_STATUS = re.compile(r"^\s*(\d{3})\b")
_PAGE = re.compile(r"<(?:!doctype|html|head|title)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]+)", re.IGNORECASE)
_RESETS = re.compile(r"\s*\[resets [^\]]{1,40}\]")
"""When a provider that limits takes calls again: what the gateway adds, and the chat reads."""


def describe_error(text: str) -> str:
    """Return an error in words, keys hidden, at most 500 characters.

    Of a JSON body it is the message, of a web page its title; the time at which a limit ends is kept in any case.
    """
    message = _read_page(text) if _PAGE.search(text) else _read_message(text)
    status = _STATUS.match(text)
    if message and status and status[1] not in message:
        message = f"{status[1]}: {message}"
    plain = " ".join((message or text).split())
    plain = _SECRET.sub("[hidden]", plain)
    found = _RESETS.search(text)
    resets = f" {found[0].strip()}" if found else ""
    plain = _RESETS.sub("", plain)
    room = LIMIT - len(resets)
    return (plain if len(plain) <= room else plain[: room - 1] + "…") + resets


def _read_page(text: str) -> str:
    found = _TITLE.search(text)
    return html.unescape(found[1]) if found else "a web page came instead of an answer"


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
