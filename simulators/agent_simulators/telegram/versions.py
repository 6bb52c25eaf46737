"""Which version of the Bot API knows which method; pure."""

from __future__ import annotations

NEWEST = (10, 5)
"""Of 22 November 2026."""
RICH_SINCE = (10, 1)
STOP_SINCE = (10, 3)
SETTINGS_SINCE = (10, 5)
_SINCE = {
    "sendmessagedraft": (9, 3), "sendrichmessage": RICH_SINCE, "sendrichmessagedraft": RICH_SINCE,
    "setmysettings": SETTINGS_SINCE,
}  # fmt: skip
_OLDEST = (9, 0)


def is_known(method: str, api: tuple[int, int]) -> bool:
    """Tell whether a server of this version knows a method; it answers 404 to others."""
    return _SINCE.get(method.lower(), _OLDEST) <= api


def read_version(given: str) -> tuple[int, int]:
    """Return a version such as 10.3.

    Raises:
        ValueError: it is none, or none that can be simulated.
    """
    major, _, minor = given.partition(".")
    version = (int(major), int(minor))
    if not _OLDEST <= version <= NEWEST:
        raise ValueError("the versions are 9.0 to 10.5")
    return version
