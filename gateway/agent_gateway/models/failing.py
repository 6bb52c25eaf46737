"""When a run shall go on with another model: its first one is away or limited, and trying again did not help."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

NEXT_MODEL: Final = " [next model]"
"""What stands behind an error's words where the agent shall go on with its next model; our extension of pi reads it."""
GO_ON: Final = f" (quota exceeded){NEXT_MODEL}"
"""The same, with the words by which pi knows that trying again is in vain."""
TRIES: Final = 2
"""Failures in a turn after which a model is given up for the rest of it."""
_KEPT: Final = 1024


def is_passing(status: int) -> bool:
    """Say whether an error may have gone with another provider: money or calls are used up, or it is away."""
    return status in {402, 408, 429} or status >= 500


class Failures:
    """Counts how often a model failed in a turn. It is a hint: what is forgotten costs one try more."""

    def __init__(self) -> None:
        self._counts: OrderedDict[Hashable, int] = OrderedDict()

    def is_given_up(self, key: Hashable) -> bool:
        """Say whether a model failed too often."""
        return self._counts.get(key, 0) >= TRIES

    def add(self, key: Hashable, *, lasting: bool = False) -> bool:
        """Count a failure, and say whether the model is given up; `lasting`: trying again is in vain."""
        self._counts[key] = TRIES if lasting else self._counts.get(key, 0) + 1
        self._counts.move_to_end(key)
        while len(self._counts) > _KEPT:
            self._counts.popitem(last=False)
        return self.is_given_up(key)

    def clear(self, key: Hashable) -> None:
        """Forget what failed: it answers."""
        self._counts.pop(key, None)
