"""The API server's clock, kept from the `Date` of its answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_RESOLUTION = 1.0
"""Seconds: `Date` names whole ones, rounded down."""


class ServerClock:
    """Tells the API server's time between its answers.

    An answer bounds the offset between both clocks from either side; it is moved only where an answer contradicts it,
    and so neither trembles by the second that `Date` leaves out, nor follows steps of this machine's clock.

    Args:
        wall: This machine's time in seconds since 1970, used until the first answer.
        steady: Seconds that never jump.
    """

    def __init__(self, *, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._offset = wall() - steady()
        self._heard = False

    @property
    def heard(self) -> bool:
        """Say whether an answer has told the time yet."""
        return self._heard

    def stamp(self) -> float:
        """Return the moment at which a call begins, for `note`."""
        return self._steady()

    def note(self, date: str | None, begun: float) -> None:
        """Take the `Date` of an answer whose call began at `begun`; one that cannot be read says nothing."""
        try:
            told = parsedate_to_datetime(date or "").timestamp()
        except ValueError:
            return
        least, most = told - self._steady(), told + _RESOLUTION - begun
        self._offset = min(max(self._offset, least), most)
        self._heard = True

    def now(self) -> datetime:
        """Return the API server's time; this machine's while no answer has told it."""
        return datetime.fromtimestamp(self._offset + self._steady(), UTC)
