"""A chat as a page: time goes down, with what rang, what changed and who pressed what, at the width of a phone."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.transcript_entries import NOTHING, Entry, build_entries, normalise
from tests.support.transcript_lines import cells

FOLDER = Path(__file__).parents[2] / "docs" / "transcripts"
_TIME = 8
"""Columns of the time at the left."""
_PASSING_LINES = 8
"""Lines that are shown of what is seen on the way."""
_SHOWN = "what it showed"
PASSING = "· "
"""Stands before what was only seen on the way: whether and when it was seen is chance."""

__all__ = ["check_page", "normalise", "render_events", "without_chance"]


def render_events(events: Iterable[Mapping[str, Any]], names: Mapping[int, str]) -> str:
    """Return what happened in a chat, oldest first.

    Args:
        events: As `GET /sim/events` gives them.
        names: Of people, by id.
    """
    entries = build_entries(list(events), names)
    start = entries[0].at if entries else 0
    rang = [_time(entry.at - start) for entry in entries if entry.rang]
    lines = [line for entry in _join(entries) for line in _lines(entry, start)]
    told = f"{len(rang)}x ({', '.join(rang)})" if rang else "never"
    return "~~~text\n" + "\n".join([*lines, "", f"🔔 rang {told}"]) + "\n~~~\n"


def _join(entries: Sequence[Entry]) -> list[Entry]:
    """Keep the last of what was seen on the way of one message with nothing between, with how often that changed."""
    joined: list[Entry] = []
    for entry in entries:
        last = joined[-1] if joined else None
        new = last is None or last.head.startswith(("🔔", "🔕"))
        if last is not None and not new and last.passing and entry.passing and last.about == entry.about:
            joined[-1] = dataclasses.replace(entry, times=last.times + 1)
        else:
            joined.append(entry)
    return joined


def _lines(entry: Entry, start: int) -> list[str]:
    often = f" ({entry.times} times)" if entry.times > 1 else ""
    mark = PASSING if entry.passing else ""
    head = f"{_time(entry.at - start).rjust(_TIME - 2)}  {mark}{entry.head}{often}"
    lines = entry.lines
    if entry.passing and len(lines) > _PASSING_LINES:
        lines = (*lines[:_PASSING_LINES], "…")
    return [head, *(f"{' ' * _TIME}{line}".rstrip() for line in lines)]


def _time(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    return f"+{seconds} s" if seconds < 100 else f"+{seconds // 60}:{seconds % 60:02}"


def without_chance(page: str, *, group: bool = False) -> tuple[list[str], dict[str, str]]:
    """Return the parts of a page that come out alike each time, and the last reaction on each message.

    What is seen on the way is left out, but that it rang; times are left out, but how often it rang. In a group it depends
    on the seconds that an answer took whether it is a new message, which rings, or takes the place of what was on the way.
    """
    parts: list[str] = []
    reactions: dict[str, str] = {}
    for part in _split(page):
        head, _, rest = part.partition("\n")
        passing, head = head.startswith(PASSING), head.removeprefix(PASSING)
        emoji, on, message = head.partition(" on “")
        if on and not rest and cells(emoji) <= cells(NOTHING):
            reactions[message] = emoji
        elif not passing:
            parts.append(f"{head}\n{rest}".rstrip())
        elif "🔔" in head:
            parts.append(head.partition(" (")[0])
    return list(filter(None, map(_without_seconds, parts))) if group else parts, reactions


def _without_seconds(part: str) -> str:
    """Return a part of a group's page without what depends on how long an answer took; empty where nothing is left."""
    head, _, rest = part.partition("\n")
    if head.startswith("🔔 rang"):
        return ""
    if not re.match(r"[🔔🔕✎] bot\b", head) or (head.startswith("✎") and not head.endswith(_SHOWN)):
        return part
    lines = [line for line in rest.splitlines() if not line.startswith(("▸", "┃"))]
    said = "\n".join(lines).strip()
    return f"bot\n{said}" if said else ""


def _split(page: str) -> list[str]:
    """Return the entries of a page without their times; what stands before them and behind them are entries too."""
    parts: list[str] = [""]
    for line in page.splitlines():
        time, text = line[:_TIME].strip(), line[_TIME:]
        if time.startswith("+"):
            parts.append(text)
        elif line.startswith("🔔 rang"):
            parts.append(line.partition(" (")[0])
        else:
            parts[-1] += f"\n{line.strip()}"
    return [part.strip() for part in parts]


def check_page(name: str, title: str, words: str, body: str, *, any_order: bool = False, group: bool = False) -> None:
    """Compare a page with the one in the documentation; `UPDATE_TRANSCRIPTS=1` writes it.

    Args:
        name: Of the file.
        title: Of the page.
        words: What it shows.
        body: As `render_events` gives it.
        any_order: Whether the order of what happened is chance.
        group: Whether it happened in a group.

    Raises:
        AssertionError: the chat looks otherwise than the page says.
    """
    page = f"# {title}\n\n{words}\n\n{body}"
    path = FOLDER / f"{name}.md"
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(page)
    assert path.exists(), f"{path.name} is missing: run with UPDATE_TRANSCRIPTS=1 and read it"
    expected, expected_marks = without_chance(path.read_text(), group=group)
    found, found_marks = without_chance(page, group=group)
    if any_order:
        # what stands right below its question answers it without saying so
        expected, found = (
            sorted(re.sub(r"^(🔔|🔕) bot to “[^”]*”", r"\1 bot", part) for part in parts) for parts in (expected, found)
        )
    differences = list(
        difflib.unified_diff("\n\n".join(expected).split("\n"), "\n\n".join(found).split("\n"), lineterm="")
    )
    assert not differences, "\n".join(differences)
    assert found_marks == expected_marks, f"{found_marks} and not {expected_marks}"
