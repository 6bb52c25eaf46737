"""When a provider that limits will take calls again, from what it answers. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

LIMITING: Final = frozenset({402, 429})
_LONGEST: Final = timedelta(days=45)
_PATIENCE: Final = timedelta(seconds=120)
"""The pauses of pi's tries add up to this: a limit that ends later outlasts them all."""
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(?<!\d)(\d+(?:\.\d+)?)(ms|[smhd])")
_STAMP = re.compile(
    r"reset[^\n]{0,40}?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.IGNORECASE
)
_HEADER = re.compile(r"^(?:x-)?(?:anthropic-)?ratelimit-(?:.+-)?reset(?:-.+)?$", re.IGNORECASE)


def find_reset(headers: Mapping[str, str], body: str, now: datetime) -> datetime | None:
    """Return when calls will be taken again; None where the provider does not tell, or tells no time to come.

    Read are `Retry-After` (RFC 9110 §10.2.3), the rate limit headers of OpenAI's and Anthropic's kind, and a time with
    its zone in the words of the error. The latest counts: a call must meet every limit.
    """
    found = [_read(value, now) for name, value in headers.items() if name.lower() == "retry-after"]
    found += [_read(value, now) for name, value in headers.items() if _HEADER.match(name) and _spent(name, headers)]
    found += [_read_stamp(match[1], match[2]) for match in _STAMP.finditer(body) if match[2]]
    times = [at for at in found if at is not None and now < at < now + _LONGEST]
    return max(times, default=None)


def outlasts(headers: Mapping[str, str], body: str, now: datetime) -> bool:
    """Say whether the provider itself says, of this very call, to come back later than pi would try."""
    told = {name: value for name, value in headers.items() if name.lower() == "retry-after"}
    reset = find_reset(told, body, now)
    return reset is not None and reset > now + _PATIENCE


def with_reset(body: bytes, reset: datetime | None, *, lasting: bool = False, more: str = "") -> bytes:
    """Return an error's JSON body with the time behind its words, where the chat's side finds it, if there is one.

    `lasting` adds the words by which pi knows that trying again is in vain; `more` stands at the end.
    """
    told = " (quota exceeded)" if lasting else ""
    if reset is not None:
        told += f" [resets {reset.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}]"
    told += more
    try:
        raw: Any = json.loads(body)
    except ValueError:
        raw = None
    error = raw.get("error", raw) if isinstance(raw, dict) else None
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        error["message"] += told
        return json.dumps(raw, ensure_ascii=False).encode()
    return body + told.encode()


def _spent(name: str, headers: Mapping[str, str]) -> bool:
    """Say whether nothing is left of what a header tells the reset of; of one that does not say so, too."""
    left = {key.lower(): value for key, value in headers.items()}.get(name.lower().replace("reset", "remaining"))
    return left is None or left.strip() in {"0", "0.0"}


def _read(value: str, now: datetime) -> datetime | None:
    """Read seconds, a span such as 6m0s, seconds since 1970, an HTTP date or an ISO time."""
    text = value.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        number = float(text)
        return datetime.fromtimestamp(number, UTC) if number > 10**9 else now + timedelta(seconds=number)
    if spans := _SPAN.findall(text) if re.fullmatch(rf"(?:{_SPAN.pattern})+", text) else []:
        return now + timedelta(seconds=sum(float(amount) * _UNITS[unit] for amount, unit in spans))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return _read_stamp(text, None)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _read_stamp(text: str, zone: str | None) -> datetime | None:
    offset = {"Z": "+00:00", "UTC": "+00:00"}.get((zone or "").upper(), zone or "")
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00") + offset)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
