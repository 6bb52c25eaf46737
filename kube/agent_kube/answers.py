"""From the API server's answers to values and errors, without any I/O.

| answer | error |
|---|---|
| 404 with a Status of the API server | `NotFound` |
| 404 without one (its plain "404 page not found") | `NotServed`, an `Away`: says nothing about any object |
| 409 | `Conflict` |
| 410; 504 with the cause `ResourceVersionTooLarge` (the history was put back) | `Gone` |
| 429; 500, 503 and 504 that name a pause (`Retry-After`, `retryAfterSeconds`) | `Throttled` |
| 401 (a token that was just rotated), 408, 500, 502, 503, 504, other 5xx, 1xx, 3xx | `Away` |
| 500 by which an admission webhook denies the request | `Refused` |
| a webhook that could not be called (500, "failed calling webhook") | `Away` |
| 400, 403, 405, 413, 415, 422 and all other 4xx | `Refused` |
| 2xx that holds no JSON object | `Away` |
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agent_kube.errors import Away, Conflict, Gone, KubeError, NotFound, NotServed, Refused, Throttled

MAX_AFTER = 300.0
"""Seconds: a longer pause that the API server asks for is cut to this."""
_DEFAULT_AFTER = 1.0
"""Seconds to wait after a 429 that names no pause; what the API server itself names."""
_DENIED = re.compile(r"admission webhook .* denied the request", re.DOTALL)
_AWAY = frozenset({401, 408})
_MAY_PAUSE = frozenset({429, 500, 503, 504})


def read_object(status: int, body: bytes) -> dict[str, Any]:
    """Return the object that an accepting answer holds.

    Raises:
        Away: it holds none; so it is a proxy's, or was cut.
    """
    found = read_json(body)
    if found is None:
        raise Away("The Kubernetes API answered with something that is no JSON object.", status, "NoObject")
    return found


def read_json(body: bytes | str) -> dict[str, Any] | None:
    """Return the JSON object that a text holds; None where it holds none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def build_error(status: int, headers: Mapping[str, str], found: Mapping[str, Any] | None) -> KubeError:
    """Return the error that a refusing answer means.

    Args:
        status: Of the answer, or of the Status that a watch's ERROR event holds.
        headers: Of the answer; names in any case are the caller's care.
        found: The Status object, None where the answer holds none.
    """
    told = found or {}
    words = str(told.get("message") or f"The Kubernetes API answered with status {status}.")
    reason = str(told.get("reason") or "Error")
    after = _read_pause(headers, told)
    if status == 404:
        missing = told.get("kind") != "Status"
        return NotServed(words, status, "NotServed") if missing else NotFound(words, status, reason)
    if status == 409:
        return Conflict(words, status, reason)
    if status == 410 or (status == 504 and "ResourceVersionTooLarge" in _causes(told)):
        return Gone(words, status, reason)
    if status in _MAY_PAUSE and (status == 429 or after is not None):
        return Throttled(words, status, reason, _DEFAULT_AFTER if after is None else after)
    if status in _AWAY or status < 400 or (status >= 500 and not _DENIED.search(words)):
        return Away(words, status, reason)
    return Refused(words, status, reason)


def _read_pause(headers: Mapping[str, str], told: Mapping[str, Any]) -> float | None:
    details = told.get("details")
    named = headers.get("Retry-After") or (details.get("retryAfterSeconds") if isinstance(details, dict) else None)
    try:
        seconds = float(named) if named else 0.0
    except (TypeError, ValueError):  # a date: only a proxy sends one
        return None
    return min(seconds, MAX_AFTER) if seconds > 0 else None


def _causes(told: Mapping[str, Any]) -> set[str]:
    details = told.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return {str(c.get("reason")) for c in causes if isinstance(c, dict)} if isinstance(causes, list) else set()
