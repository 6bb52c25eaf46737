"""What is counted of calls to the Bot API: by method and outcome, and what each took. No chat, no text, no token."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx
from prometheus_client import Counter, Histogram

CALLS: Final = Counter(
    "openclaw_telegram_calls",
    "Calls to the Bot API, by method and outcome: done, refused, throttled, failed (5xx), unanswered.",
    ["method", "outcome"],
)
CALL_SECONDS: Final = Histogram(
    "openclaw_telegram_call_seconds",
    "What a call to the Bot API took, but for long polls.",
    ["method"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
MOST_METHODS: Final = 60
"""Methods that are told apart; the gateway calls fewer."""
_POLL: Final = "getupdates"
_METHOD: Final = re.compile(r"[a-z]{1,40}")
_OTHER: Final = "other"
_known: set[str] = set()


def find_method(url: str) -> str:
    """Return the method of a call's address in small letters; `other` for what is none, as the rest holds the token."""
    name = url.rpartition("/")[2].lower()
    if not _METHOD.fullmatch(name) or (name not in _known and len(_known) >= MOST_METHODS):
        return _OTHER
    _known.add(name)
    return name


def judge(status: int) -> str:
    """Return what an HTTP status says of a call."""
    if status < httpx.codes.BAD_REQUEST:
        return "done"
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return "throttled"
    return "failed" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "refused"


@dataclass(slots=True)
class Counted:
    """A call under way: `status` is set where it is answered."""

    status: int | None = None


@contextmanager
def counted(url: str) -> Iterator[Counted]:
    """Count a call, however it ends; one that is cut by ourselves is unanswered too."""
    method, call, begun = find_method(url), Counted(), time.perf_counter()
    try:
        yield call
    finally:
        CALLS.labels(method, "unanswered" if call.status is None else judge(call.status)).inc()
        if method != _POLL:
            CALL_SECONDS.labels(method).observe(time.perf_counter() - begun)
