"""The objects of one kind as last read: which of two readings is newer, and what changed. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import ValidationError

T = TypeVar("T")
OnChange: TypeAlias = Callable[[str, T | None, T | None], None]
"""Called with name, old and new value; both are the same where the new one cannot be read. It must not raise."""
MAX_REASON = 500
"""Characters that say why an object cannot be read."""
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """What is known of one object.

    Attributes:
        uid: Its UID.
        version: Its resourceVersion.
        value: As last read; None where no version of it could be read.
        words: Why the newest version cannot be read; None where it can.
    """

    uid: str
    version: str
    value: T | None
    words: str | None


class Cache(Generic[T]):
    """Keeps the newest reading of each object.

    resourceVersions of one kind are numbers that grow, over deletions too. So nothing has to be remembered of what was
    deleted: an object that is not here and not newer than `position` was deleted on the way to it.

    Args:
        kind: Its name, for the log.
        read: Makes the value of an object without managedFields.
        on_change: Called where the resourceVersion differs from the known one.
    """

    def __init__(self, kind: str, read: Callable[[Any], T], on_change: OnChange[T]) -> None:
        self._kind = kind
        self._read = read
        self._on_change = on_change
        self._entries: dict[str, Entry[T]] = {}
        self._unreadable: set[str] = set()
        self.position = 0
        """The resourceVersion up to which everything is known; 0 before the first complete list."""

    def get(self, name: str) -> Entry[T] | None:
        """Return what is known of an object."""
        return self._entries.get(name)

    def names(self) -> list[str]:
        """Return the names of all objects, unreadable ones too."""
        return list(self._entries)

    def values(self) -> list[T]:
        """Return the last known value of each object that has one."""
        return [entry.value for entry in self._entries.values() if entry.value is not None]

    @property
    def unreadable(self) -> int:
        """Return how many objects cannot be read as they are now."""
        return len(self._unreadable)

    def read(self, raw: dict[str, Any]) -> tuple[T | None, str | None]:
        """Return the value of an object, or why there is none."""
        raw["metadata"].pop("managedFields", None)
        try:
            return self._read(raw), None
        except _UNREADABLE as error:
            return None, _explain(error)

    def take(self, raw: dict[str, Any], *, forced: bool = False) -> T | None:
        """Keep an object unless a newer reading is known, and return its value, None where it cannot be read.

        Args:
            raw: As the API server sends it.
            forced: The history was put back, so that an older version may be the newer one.

        Raises:
            ValueError: it has no name, UID or version.
        """
        name, uid, version = identify(raw)
        known = self._entries.get(name)
        if not forced and known is not None and (known.uid, known.version) == (uid, version):
            return known.value if known.words is None else None
        value, words = self.read(raw)
        if known is not None and not forced and number(version) < number(known.version):
            return value
        old = known.value if known is not None else None
        kept = old if words is not None and known is not None and known.uid == uid else value
        self._entries[name] = Entry(uid, version, kept, words)
        self._tell(name, words)
        self._on_change(name, old, kept)
        return value

    def take_answer(self, raw: dict[str, Any]) -> T | None:
        """Do as `take` for the answer of a call, which may be older than what was deleted since; that stays deleted."""
        name, _, version = identify(raw)
        if name not in self._entries and 0 < number(version) <= self.position:
            return self.read(raw)[0]
        return self.take(raw)

    def drop(self, name: str, until: int | None) -> None:
        """Forget a deleted object.

        Args:
            name: Its name.
            until: The version at which it is absent: one that was made anew after it stays. None: whichever it is.
        """
        known = self._entries.get(name)
        if known is None or (until is not None and number(known.version) > until):
            return
        del self._entries[name]
        self._unreadable.discard(name)
        self._on_change(name, known.value, None)

    def _tell(self, name: str, words: str | None) -> None:
        if words is None:
            self._unreadable.discard(name)
            return
        self._unreadable.add(name)
        _log.warning("resource_unreadable", extra={"kind": self._kind, "resource": name, "why": words})


def identify(raw: dict[str, Any]) -> tuple[str, str, str]:
    """Return name, UID and resourceVersion of an object.

    Raises:
        ValueError: it has not all of them.
    """
    try:
        metadata = raw["metadata"]
        return str(metadata["name"]), str(metadata["uid"]), str(metadata["resourceVersion"])
    except (LookupError, TypeError) as error:
        raise ValueError("an object without name, UID or version") from error


def number(version: str) -> int:
    """Return a resourceVersion as the number that it is; 0 where it is none."""
    return int(version) if version.isdecimal() else 0


def _explain(error: Exception) -> str:
    """Name the fields that are wrong, never what stands in them."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems)[:MAX_REASON]
