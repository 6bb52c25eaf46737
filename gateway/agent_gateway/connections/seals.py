"""Addresses of the gateway that stand for others, with what must be shown there: the pod learns neither."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

SEAL_SECONDS: Final = 3600.0
MOST_SEALS: Final = 20_000
"""Of all repositories; the oldest go first, and whoever still needs one asks again."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an address stands for."""

    owner: tuple[int, str]
    """The thread and the repository that it was made for."""
    action: str
    oid: str
    size: int
    href: str
    header: Mapping[str, str]


class Seals:
    """Keeps them for an hour.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Sealed]] = OrderedDict()

    def put(self, sealed: Sealed) -> str:
        """Return a word that nobody can guess."""
        now = self._clock()
        while self._kept and (len(self._kept) >= MOST_SEALS or self._is_over(next(iter(self._kept)), now)):
            self._kept.popitem(last=False)
        word = secrets.token_urlsafe(24)
        self._kept[word] = now + SEAL_SECONDS, sealed
        return word

    def get(self, word: str) -> Sealed | None:
        """Return what a word stands for; None for one that is over, or was never given."""
        if word not in self._kept or self._is_over(word, self._clock()):
            return None
        return self._kept[word][1]

    def _is_over(self, word: str, now: float) -> bool:
        return self._kept[word][0] <= now
