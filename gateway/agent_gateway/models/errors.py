"""Errors of model calls, in the shape that OpenAI's clients (pi's among them) read and show."""

from __future__ import annotations

import html
import json
import re
import zlib
from typing import Any

REDACTED = "[key]"
MAX_ERROR_BODY = 64 << 10
_BEGINNING = 1000
"""Characters of a body by which a web page is known."""
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{1,300})", re.IGNORECASE)


class Refusal(Exception):  # it is an answer
    """A call that is answered here.

    Attributes:
        status: The HTTP status, which decides with the text whether pi tries again: not for 4xx, but 429.
        type: What it is, in a word; of a limit its name.
        message: A sentence for the agent.
    """

    def __init__(self, status: int, type: str, message: str) -> None:  # noqa: A002  # as the body has it
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message


def build_error(message: str, kind: str, code: int) -> bytes:
    """Return the JSON body of an error."""
    return json.dumps({"error": {"message": message, "type": kind, "code": code}}, ensure_ascii=False).encode()


def build_provider_error(status: int, body: bytes, *, provider: str, key: str) -> bytes:
    """Return a provider's error body without the key in it; a refused key gets a hint for whoever can change it.

    Of a refusal by 403 nothing is added: that may be the place, a firewall, or what the account may do.
    """
    text = body.decode("utf-8", "replace")
    if key:
        text = text.replace(key, REDACTED)
    if _PAGE.search(text[:_BEGINNING]):
        title = _TITLE.search(text)
        named = f": {html.unescape(' '.join(title[1].split()))}" if title is not None else ""
        return build_error(f"A web page came instead of an answer{named}", "web_page", status)
    if status != 401:  # RFC 9110 §15.5.2
        return text.encode()
    said = _message(text) or f"status {status}"
    hint = f"The provider {provider} refuses LLM_API_KEY, the key in the gateway's Secret: {said}"
    return build_error(hint, "provider_refused_key", status)


def unpack(body: bytes, encoding: str) -> bytes:
    """Return an error's body as plain bytes: some compress it although they were asked not to."""
    if encoding.lower() not in {"gzip", "deflate"}:
        return body
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, MAX_ERROR_BODY)
    except zlib.error:
        return b""


def find_hidden_error(body: bytes) -> int | None:
    """Return the status of an error that came as 200, as some providers answer a bad key or path; None for an answer."""
    try:
        raw: Any = json.loads(body)
    except ValueError:
        return None
    if not isinstance(raw, dict) or not (raw.get("error") or raw.get("success") is False):
        return None
    error = raw["error"] if isinstance(raw.get("error"), dict) else raw
    code = error.get("code")
    known = int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0
    return known if 400 <= known < 600 else 400


def _message(text: str) -> str:
    try:
        raw: Any = json.loads(text)
    except ValueError:
        return text.strip()[:500]
    error = raw.get("error", raw) if isinstance(raw, dict) else raw
    found = (error.get("message") or error.get("msg")) if isinstance(error, dict) else error
    return str(found or "")[:500]
