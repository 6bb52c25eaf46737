"""The one timer of the supervisor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Alarm:
    """Rings once, at the earliest moment that it was set to.

    Args:
        ring: What is called.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None
        self._at: float | None = None

    def set(self, at: float | None) -> None:
        """Ring at a moment of the monotonic clock, or not at all.

        A ring that is not due changes nothing, which is cheaper than a new timer for each sign of work: a later moment
        leaves an earlier one.
        """
        if self._timer and self._at is not None and at is not None and self._at <= at:
            return
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._at = at
        if at is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, at - time.monotonic()), self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._ring()
