"""What is logged of callers that are denied: one line for an address and a minute, of words of ours alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from typing_extensions import override

from agent_gateway.rates import Bucket, Buckets, Rate
from agent_gateway.runners.tokens import Denied

log = logging.getLogger(__name__)
ONE_A_MINUTE: Final = Rate(1 / 60, 1)
TEN_AT_ONCE: Final = Rate(1 / 10, 10)
MOST_WORDS: Final = 200


class Denials:
    """Logs who is denied.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines: Buckets[str] = Buckets(ONE_A_MINUTE, clock)
        self._left_out = 0

    def note(self, request: web.Request, address: str, denied: Denied) -> None:
        """Log a denied call, unless its address had a line within this minute.

        Args:
            request: Which; of its path only the route is logged.
            address: Where it came from.
            denied: Why.
        """
        if not self._lines.of(address).take():
            self._left_out += 1
            return
        extra = {
            "route": name_route(request), "status": denied.status, "reason": str(denied)[:MOST_WORDS],
            "address": address, "left_out": self._left_out,
        }  # fmt: skip
        self._left_out = 0
        log.warning("caller_denied", extra=extra)


class Sparing(logging.Filter):
    """Lets ten lines pass at once and one more each ten seconds: of a log that whoever connects can write into.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._lines = Bucket(TEN_AT_ONCE, clock)

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written."""
        return self._lines.take()


def name_route(request: web.Request) -> str:
    """Return the pattern of a request's path, which is ours; the path itself is the caller's."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
