"""Time zones by name."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_MOST_NAME: Final = 64


def is_zone(name: str) -> bool:
    """Say whether a name, such as Europe/Berlin, is that of a time zone."""
    return len(name) <= _MOST_NAME and _load(name) is not None


def find_zone(name: str) -> ZoneInfo:
    """Return a time zone; UTC for a name that is none."""
    return _load(name) or ZoneInfo("UTC")


@lru_cache(maxsize=1024)
def _load(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a name that is no path, or that leads to none
        return None
