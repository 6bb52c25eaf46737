"""The rest of a pool behind a claim; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

REST: Final = timedelta(seconds=1)
"""So long a pool makes no pod behind a claim: the start of one takes about a second of a core, on which the conversation that
claimed would wait for its first words."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How a pool rests. It makes what is missing after each rest, however many claims go on.

    Attributes:
        claimed: How many conversations had a pod of it at the last look; None before the first.
        until: Until when it makes none.
    """

    claimed: int | None = None
    until: datetime | None = None

    def follow(self, claimed: int, now: datetime) -> Rest:
        """Return how it rests, as so many have a pod of it now."""
        if self.until is not None:
            # a clock that was put back makes no rest longer
            return Rest(claimed, self.until if now < self.until <= now + REST else None)
        return Rest(claimed, now + REST if self.claimed is not None and claimed > self.claimed else None)

    def compute_left(self, now: datetime) -> float | None:
        """Return the seconds after which it may make some; None where it may."""
        return None if self.until is None else max(0.0, (self.until - now).total_seconds())
