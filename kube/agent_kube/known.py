"""What is known of an object: its value, that it is absent, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Present(Generic[T]):
    """The object as last read; how old that may be, the informer's `age` tells."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such object: a whole list or the watch after it said so, and the watch stands."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing may be concluded: no list is complete yet, the watch is broken, or the object cannot be read.

    Attributes:
        since: When the API server was last heard (its own clock), or when the informer was made.
    """

    since: datetime


Known: TypeAlias = Present[T] | Absent | Unknown
"""Only `Absent` may lead to anything that destroys."""
