"""How much is under way at once: of one, and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager


class AtWork:
    """Counts what is under way.

    Args:
        of_one: As much as one may have.
        in_all: As much as all may have; None where only each one counts.
    """

    def __init__(self, of_one: int, in_all: int | None = None) -> None:
        self._of_one = of_one
        self._in_all = in_all
        self._counted: Counter[Hashable] = Counter()

    @property
    def total(self) -> int:
        """Return how much is under way."""
        return self._counted.total()

    @contextmanager
    def hold(self, one: Hashable, refuse: Callable[[], Exception]) -> Iterator[None]:
        """Be counted meanwhile.

        Args:
            one: Whose it is.
            refuse: Makes what is raised where as much is under way as may be.
        """
        counted = self._counted
        if counted[one] >= self._of_one or (self._in_all is not None and self.total >= self._in_all):
            raise refuse()
        counted[one] += 1
        try:
            yield
        finally:
            counted[one] -= 1
            if not counted[one]:
                del counted[one]
