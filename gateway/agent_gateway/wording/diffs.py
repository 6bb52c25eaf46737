"""What became of files, as a message in Markdown; pure. Names and lines are an agent's: nothing of them is formatting."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.diffs.report import FileTold, Report
from agent_gateway.render.foreign import spell_hidden
from agent_gateway.wording import keys
from agent_gateway.wording.texts import count_units
from agent_gateway.wording.units import number, size

MEDIA_TYPE: Final = "text/x-diff"
MOST_LISTED: Final = 20
"""Files that the message names; each takes a few of the entities that Telegram shows."""
MOST_FOLDED: Final = 1200
"""UTF-16 units of a file's lines that are folded into the message; of more it is in the patch alone."""
MOST_UNITS: Final = 3300
"""Of the whole message, so that it stays one."""
_MOST_BYTES: Final = 4 * MOST_FOLDED
_MOST_NAME: Final = 44
"""Characters of a name: about the width of a phone."""
_SIGNS: Final = {"added": "A", "removed": "D", "changed": "M", "renamed": "R"}
_TICKS: Final = re.compile(r"`+")
_MINUS: Final = "\N{MINUS SIGN}"
_NOTES: Final = {
    "binary": keys.diff_note_binary, "picture": keys.diff_note_picture, "large": keys.diff_note_large,
    "secret": keys.diff_note_secret, "rights": keys.diff_note_rights, "unread": keys.diff_note_unread,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """A message, and whether all of the patch stands in it."""

    text: str
    whole: bool


def build_summary(language: str, title: str, report: Report, notes: Sequence[str] = ()) -> Summary:
    """Build the message: what all of it is, then each file in a line, its lines folded below where they are few."""
    said = [f"*{note}*" for note in notes]
    if not report.count:
        return Summary("\n\n".join([f"**{title}**", keys.diff_nothing(language), *said]), whole=True)
    head = [f"**{title}**\n{_count(language, report)}", *said]
    left = MOST_UNITS - count_units("\n\n".join(head))
    blocks, whole = _list_files(language, report, left)
    return Summary("\n\n".join([*head, *blocks]), whole)


def _count(language: str, report: Report) -> str:
    lines = f"+{number(language, report.added)} {_MINUS}{number(language, report.removed)}"
    return f"{keys.diff_count(language, count=report.count)}, {lines}"


def _list_files(language: str, report: Report, left: int) -> tuple[list[str], bool]:
    """Return the blocks of the message, and whether they hold all of the patch."""
    listed = report.files[:MOST_LISTED]
    lines = [_describe(language, one) for one in listed]
    left -= sum(count_units(line) + 1 for line in lines)
    blocks: list[str] = []
    plain: list[str] = []
    whole = report.count == len(listed)
    for one, line in zip(listed, lines, strict=True):
        part = _read_lines(report.part(one))
        cost = count_units(part or "")
        if not part or cost > left:
            whole = whole and part == ""
            plain.append(line)
            continue
        left -= cost
        blocks += ["\n".join(plain)] if plain else []
        plain = []
        blocks.append(f"<details><summary>{line}</summary>\n\n{_fence(part)}\n\n</details>")
    more = report.count - len(listed)
    plain += [keys.diff_more(language, count=more)] if more else []
    return [*blocks, *(["\n".join(plain)] if plain else [])], whole


def _describe(language: str, one: FileTold) -> str:
    """Return a file's line: what became of it, its name, its lines or why there are none."""
    name = f"`{_shorten(one.path)}`"
    if one.old and one.old != one.path:
        name = f"`{_shorten(one.old)}` → {name}"
    words = [_SIGNS[one.what], name]
    if one.added:
        words.append(f"+{number(language, one.added)}")
    if one.removed:
        words.append(f"{_MINUS}{number(language, one.removed)}")
    if one.note:
        words.append(f"({', '.join(filter(None, [_NOTES[one.note](language), _describe_sizes(language, one)]))})")
    return " ".join(words)


def _describe_sizes(language: str, one: FileTold) -> str:
    if one.note not in {"binary", "picture", "large", "unread"}:
        return ""
    if not (one.before or one.after):
        return ""
    before, after = size(language, one.before), size(language, one.after)
    match one.what:
        case "added":
            return after
        case "removed":
            return before
        case _:
            return f"{before} → {after}" if before != after else after


def _shorten(path: str) -> str:
    clean = spell_hidden(path).replace("`", "'")
    return clean if len(clean) <= _MOST_NAME else f"…{clean[-(_MOST_NAME - 1) :]}"


def _read_lines(part: bytes) -> str | None:
    """Return the hunks of a file's part of a patch, empty where it has none; None where they are too long for a message."""
    hunks = part[part.find(b"\n@@ ") + 1 :] if b"\n@@ " in part else b""
    if len(hunks) > _MOST_BYTES:
        return None
    lines = hunks.decode("utf-8", "replace").rstrip("\n").split("\n")
    text = "\n".join(spell_hidden(line) for line in lines)
    return text if count_units(text) <= MOST_FOLDED else None


def _fence(text: str) -> str:
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}"
