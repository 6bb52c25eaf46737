"""How things stand in a terminal: text of others made harmless, tables, ages, amounts; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

_STEERS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of what stands behind them, or break lines unseen."""


def clean(text: str) -> str:
    """Return text that steers no terminal: only line feeds and tabs are left of its controls."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in _STEERS))


def clean_line(text: Any, most: int) -> str:
    """Return it on one line, cut to so many columns."""
    line = " ".join(clean(str(text or "")).split())
    return _cut(line, most)


def measure(text: str) -> int:
    """Return how many columns a text takes: East Asian letters take two, combining signs none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) == "Cf"
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


def build_table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return lines of a table; the columns `right` stand at the right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(measure(line[n]) for line in lines) for n in range(len(head))]
    built = []
    for line in lines:
        cells = []
        for n, cell in enumerate(line):
            blank = " " * (widths[n] - measure(cell))
            cells.append(blank + cell if n in right else cell + blank)
        built.append("   ".join(cells).rstrip())
    return built


def show_age(since: datetime | None, now: datetime) -> str:
    """Return how long ago something was, as kubectl shows it."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, of in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * of:
            return f"{seconds // of}{unit}"
    return f"{seconds}s"


def read_time(text: Any) -> datetime | None:
    """Return a moment of JSON; None where there is none."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _cut(line: str, most: int) -> str:
    if measure(line) <= most:
        return line
    kept, used = [], 0
    for sign in line:
        used += measure(sign)
        if used > most - 1:
            break
        kept.append(sign)
    return "".join(kept) + "…"
