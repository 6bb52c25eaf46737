"""How many events are taken at a time; where no place is left, whoever is read longest yields to the next sender."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

MOST_AT_ONCE: Final = 16
"""Events of one hook that are taken at a time (`hook-at-once`): its senders hold up their own hook and no other."""
MOST_OF_ALL: Final = 32
"""Of all hooks together."""
YIELDS_AFTER: Final = 1.0
"""Seconds after which an event that has not arrived yields: with one round trip it is there long before."""


@dataclass(slots=True, eq=False)
class Place:
    """Where one event is taken.

    Attributes:
        hook: Whose it is.
        since: When it was begun, on the monotonic clock.
        end: Ends its reading; None once it was read, as it yields to nobody then.
    """

    hook: str
    since: float
    end: Callable[[], object] | None


def end_reading(reading: asyncio.Timeout) -> None:
    """End what is read within a time, unless that is over by itself this very moment."""
    if not reading.expired():
        reading.reschedule(asyncio.get_running_loop().time())


class Places:
    """All of them. Who has no secret can hold one by sending slowly, and so yields before others are turned away.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._taken: dict[Place, None] = {}

    def enter(self, hook: str, end: Callable[[], object]) -> Place | None:
        """Take a place for an event; None where none is left and nobody yields.

        Args:
            hook: Whose it is.
            end: Ends its reading.
        """
        for most, alike in ((MOST_AT_ONCE, [p for p in self._taken if p.hook == hook]), (MOST_OF_ALL, [*self._taken])):
            left = [place for place in alike if place in self._taken]
            if len(left) >= most and not self._end_slowest(left):
                return None
        place = Place(hook, self._clock(), end)
        self._taken[place] = None
        return place

    def leave(self, place: Place) -> None:
        """Give a place back."""
        self._taken.pop(place, None)

    def _end_slowest(self, places: Sequence[Place]) -> bool:
        now = self._clock()
        for place in places:
            if place.end is not None and now - place.since >= YIELDS_AFTER:
                self.leave(place)
                place.end()
                return True
        return False
