"""Long work in short pieces, and pauses that grow."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

SLICE_SECONDS = 0.01
"""How long a piece of work may hold the event loop before it lets others go first."""


class Pace:
    """Lets the event loop serve others whenever a slice of time has been spent.

    Args:
        seconds: The slice.
        clock: Seconds that never jump.
    """

    def __init__(self, seconds: float = SLICE_SECONDS, clock: Callable[[], float] = time.perf_counter) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since = clock()

    async def rest(self) -> None:
        """Return at once within the slice; after it, when all others that are ready have had their turn."""
        if self._clock() - self._since >= self._seconds:
            await asyncio.sleep(0)
            self._since = self._clock()


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses by how often something failed in a row.

    Attributes:
        first: Seconds after the first failure.
        factor: By which each further pause is longer.
        cap: Seconds that no pause exceeds before jitter.
        jitter: The part by which a pause is longer or shorter at random, so that many who fail at once do not come
            back at once.
    """

    first: float = 0.2
    factor: float = 4.0
    cap: float = 60.0
    jitter: float = 0.2

    def pause(self, failures: int) -> float:
        """Return the seconds to wait after a number of failures in a row; 0 counts as the first."""
        steps = min(max(failures - 1, 0), 64)  # beyond that the power says nothing new, and once too much
        return self._shake(min(self.first * self.factor**steps, self.cap), -self.jitter)

    def at_least(self, seconds: float) -> float:
        """Return a pause that somebody asked for: never shorter, by jitter longer."""
        return self._shake(seconds, 0.0)

    def _shake(self, seconds: float, least: float) -> float:
        return seconds * (1 + random.uniform(least, self.jitter))
