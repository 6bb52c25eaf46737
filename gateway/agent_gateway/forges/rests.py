"""Which connections are left alone for a while, as their forge said that it was asked too often. The clock is passed in."""

from __future__ import annotations

import time
from collections.abc import Callable


class Rests:
    """Knows until when each rests: for agents and for looks alike.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        """By connection, of which there are a few."""

    def begin(self, name: str, seconds: float) -> None:
        """Let a connection rest for so long, or as long as it rests already."""
        self._until[name] = max(self._until.get(name, 0.0), self._clock() + seconds)

    def find_left(self, name: str) -> float:
        """Return for how many seconds a connection still rests; 0 where it may be asked."""
        return max(0.0, self._until.get(name, 0.0) - self._clock())

    def list_resting(self) -> set[str]:
        """Return the connections that rest."""
        return {name for name in self._until if self.find_left(name) > 0}
