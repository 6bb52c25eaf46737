"""Names of objects by something that several of them have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Index(Generic[T]):
    """Finds the names of objects by a key, kept by what changes.

    Args:
        key_of: Returns the key of a value; empty where it has none.
    """

    def __init__(self, key_of: Callable[[T], str]) -> None:
        self._key_of = key_of
        self._names: dict[str, dict[str, None]] = {}

    def note(self, name: str, old: T | None, new: T | None) -> None:
        """Take a change of one object."""
        before = self._key_of(old) if old is not None else ""
        after = self._key_of(new) if new is not None else ""
        if before == after:
            return
        if before:
            names = self._names[before]
            del names[name]
            if not names:
                del self._names[before]
        if after:
            self._names.setdefault(after, {})[name] = None

    def find(self, key: str) -> list[str]:
        """Return the names of the objects with a key, the longest known first."""
        return list(self._names.get(key, ()))
