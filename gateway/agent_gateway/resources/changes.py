"""Resources that changed, handed from the watch to whoever takes them up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What became of a resource since its last change was taken.

    Attributes:
        name: Its name.
        old: As it was then; None where there was none.
        first: It came with the first list, or before anybody took changes up: it may be old.
    """

    name: str
    old: T | None
    first: bool


class Changes(Generic[T]):
    """Names that changed, each at most once with what was known before; so it holds no more than there are resources."""

    def __init__(self) -> None:
        self._noted: dict[str, Change[T]] = {}
        self._filled = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Return how many names wait to be taken."""
        return len(self._noted)

    def note(self, name: str, old: T | None, *, first: bool = False) -> None:
        """Note that a resource changed, came or went."""
        known = self._noted.get(name)
        if known is None:
            self._noted[name] = Change(name, old, first)
            self._filled.set()
        elif known.first and not first:
            self._noted[name] = Change(name, known.old, first=False)

    def take_for_old(self) -> None:
        """Take what waits for as old as a first list: nobody took it up while it was new."""
        for name, change in self._noted.items():
            self._noted[name] = Change(name, change.old, first=True)

    async def take(self, most: int) -> list[Change[T]]:
        """Wait for changes and take the oldest, at most so many."""
        while not self._noted:
            self._filled.clear()
            await self._filled.wait()
        taken = list(islice(self._noted, most))
        return [self._noted.pop(name) for name in taken]

    def put_back(self, changes: list[Change[T]]) -> None:
        """Note changes again that could not be taken up; what is known before them counts."""
        for change in changes:
            now = self._noted.get(change.name)
            self._noted[change.name] = Change(
                change.name, change.old, first=change.first and (now is None or now.first)
            )
        if self._noted:
            self._filled.set()
