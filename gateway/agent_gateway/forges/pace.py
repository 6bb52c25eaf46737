"""How often a pull request is looked at. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from agent_gateway.store.pulls import PullRow

FIRST_SECONDS: Final = 15.0
"""From the opening to the first look."""
_PACES: Final = ((600.0, 20.0), (3600.0, 60.0), (86_400.0, 300.0), (14 * 86_400.0, 1800.0))
"""Until so long after the last news, so many seconds from look to look."""
LONGEST_SECONDS: Final = _PACES[-1][0]
"""After so long without news it is looked at no more."""
MOST_FAILURES: Final = 12
"""Looks in a row that are refused; then there are no more."""
_FIRST_PAUSE: Final = 30.0
_LONGEST_PAUSE: Final = 3600.0


def compute_pause(row: PullRow, now: datetime) -> float | None:
    """Return the seconds to the next look, from how long nothing was heard of it; None: there is none any more."""
    if row.state != "open":
        return None
    quiet = (now - row.news_at).total_seconds()
    return next((pause for until, pause in _PACES if quiet < until), None)


def compute_retry(row: PullRow) -> float | None:
    """Return the seconds to the next look after one that failed; None: there is none any more."""
    if row.failures + 1 >= MOST_FAILURES:
        return None
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**row.failures)
