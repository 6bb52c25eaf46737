"""How many were next in line a moment ago; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

STAY: Final = timedelta(seconds=5)
"""So long a pod stays that was for somebody who is in line no more: they may come back, or have claimed it from a gateway that
was gone before it could tell so."""


@dataclass(frozen=True, slots=True)
class Line:
    """Those of a class who were next in line.

    Attributes:
        pods: How many pods stay for them.
        until: Until when, where fewer are in line by now.
    """

    pods: int = 0
    until: datetime | None = None

    def follow(self, ahead: int, now: datetime) -> Line:
        """Return how it stands, as so many are in line now."""
        until = self.until or now + STAY
        if ahead >= self.pods or now >= until:
            return Line(ahead)
        return Line(self.pods, until)

    def compute_left(self, now: datetime) -> float | None:
        """Return the seconds after which fewer pods stay; None where as many are in line."""
        return None if self.until is None else max(0.0, (self.until - now).total_seconds())
