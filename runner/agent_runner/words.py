"""Errors of pi and of model providers as sentences for the chat: short, and without keys."""

from __future__ import annotations

import json
import re
from typing import Any

LIMIT = 500
_READ = 20_000
"""Characters of an error that a status is looked for in."""
_SECRET = re.compile(
    r"Bearer\s+\S+|\b(?:sk|pk|key|xai|gsk)-[\w-]{8,}|\beyJ[\w-]+\.[\w.-]+|\b[0-9a-f]{32}(?:\.\w+)?\b|\b[A-Za-z0-9_-]{40,}\b"
)
_STATUS = re.compile(
    r"^\s*(\d{3})\b|API error \((\d{3})\)|\bHTTP (\d{3})\b|\bstatus(?: code)?:? (\d{3})\b"
    r"|\"(?:code|status)\"\s{0,4}:\s{0,4}\"?(\d{3})\b"
)
"""Each of pi's APIs words a status in its own way."""
_PAGE = re.compile(r"<(?:!doctype|html|head|title)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]+)", re.IGNORECASE)
_RESETS = re.compile(r"\s*\[resets [^\]]{1,40}\]")
"""When a provider that limits takes calls again: what the gateway adds, and the chat reads."""


def describe_error(text: str) -> str:
    """Return an error in words, keys hidden, at most 500 characters.

    Of a JSON body it is the message, of a web page its title; the time at which a limit ends is kept in any case.
    """
    message = _read_page(text) if _PAGE.search(text) else _read_message(text)
    status = find_status(text)
    if message and status is not None and str(status) not in message:
        message = f"{status}: {message}"
    plain = " ".join((message or text).split())
    plain = _SECRET.sub("[hidden]", plain)
    found = _RESETS.search(text)
    resets = f" {found[0].strip()}" if found else ""
    plain = _RESETS.sub("", plain)
    room = LIMIT - len(resets)
    return (plain if len(plain) <= room else plain[: room - 1] + "…") + resets


def find_status(text: str) -> int | None:
    """Return the HTTP status of an error as pi tells it; None where it tells none."""
    found = _STATUS.search(text[:_READ])
    status = int(next(filter(None, found.groups()))) if found is not None else 0
    return status if 400 <= status < 600 else None  # errors (RFC 9110 §15.5, §15.6)


def _read_page(text: str) -> str:
    from html import unescape  # noqa: PLC0415  # two thousand names, seldom needed

    found = _TITLE.search(text)
    return unescape(found[1]) if found else "a web page came instead of an answer"


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


def describe_exit(code: int, said: str) -> str:
    """Say how pi ended: by a signal, where `code` is negative, or by itself, with what it said last."""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"The agent's program {how}." + (f" It said: {said}" if said and code > 0 else "")
