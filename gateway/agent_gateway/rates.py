"""How often and how much: buckets that fill with time. Pure; the clock is passed in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
MOST_KEYS: Final = 8192
"""Buckets that are remembered; the one that was used longest ago is forgotten, and would be full mostly."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So much a second in the long run, and so much at once."""

    per_second: float
    burst: float


class Bucket:
    """What may still be used of a rate.

    Args:
        rate: Which.
        clock: Seconds that never go back.
    """

    __slots__ = ("_at", "_clock", "_left", "_rate")

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left = rate.burst
        self._at = clock()

    def owe(self, amount: float) -> float:
        """Use so much, there or not, and return the seconds after which no more is owed than there was."""
        self._fill()
        self._left -= amount
        return max(0.0, -self._left / self._rate.per_second)

    def take(self, amount: float = 1.0) -> bool:
        """Use so much if it is there; say whether it was."""
        self._fill()
        if self._left < amount:
            return False
        self._left -= amount
        return True

    def has(self, amount: float = 1.0) -> bool:
        """Say whether so much is there."""
        self._fill()
        return self._left >= amount

    def _fill(self) -> None:
        now = self._clock()
        self._left = min(self._rate.burst, self._left + (now - self._at) * self._rate.per_second)
        self._at = now


class Buckets(Generic[K]):
    """A bucket for each key.

    Args:
        rate: Of each.
        clock: Seconds that never go back.
        most: Buckets that are remembered.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float], most: int = MOST_KEYS) -> None:
        self._rate = rate
        self._clock = clock
        self._most = most
        self._of: OrderedDict[K, Bucket] = OrderedDict()

    def of(self, key: K) -> Bucket:
        """Return the bucket of a key."""
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = Bucket(self._rate, self._clock)
            if len(self._of) > self._most:
                self._of.popitem(last=False)
        else:
            self._of.move_to_end(key)
        return found
