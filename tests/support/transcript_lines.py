"""Text as it stands on a phone: wrapped, with quotes and code set apart, and long quotes folded."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

WIDTH = 44
"""Columns, of which a Chinese character takes two."""
FOLDED = 3
"""Lines that are seen of a quote that can be unfolded."""
_BARS = {"blockquote": "┃ ", "expandable_blockquote": "┃ ", "pre": "│ "}


def cells(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, width: int = WIDTH) -> list[str]:
    """Return one line as the lines that fit, cut at blanks, or between the signs of words that are too long."""
    lines, line, used = [], "", 0
    for word in _words(text):
        size = cells(word)
        if used + cells(word.rstrip()) > width and line:
            lines.append(line.rstrip())
            line, used = "", 0
        line, used = line + word, used + size
    return [*lines, line.rstrip()]


def _words(text: str) -> list[str]:
    """Return the words with the blanks behind them; those of scripts without blanks, and long ones, sign by sign."""
    words: list[str] = []
    for piece in text.split(" "):
        wide = any(unicodedata.east_asian_width(sign) in "WF" for sign in piece)
        words += [*piece[:-1], f"{piece[-1:]} "] if wide or cells(piece) > WIDTH else [f"{piece} "]
    return words


def excerpt(text: str, most: int = 26) -> str:
    """Return the beginning of a text in quotation marks."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= most else line[: most - 1].rstrip() + '…'}”"


def lay_out(
    text: str, entities: Sequence[Mapping[str, Any]], normalise: Callable[[str], str] = lambda part: part
) -> list[str]:
    """Return a message's lines: quotes and code bear a bar, and of a long folded quote three lines are seen.

    Args:
        text: Of the message.
        entities: Of the text.
        normalise: What is done with each part of it first.
    """
    lines: list[str] = []
    for part, kind in _parts(text, entities):
        bar = _BARS.get(kind, "")
        raws = normalise(part).strip("\n").split("\n")
        block = [bar + line for raw in raws for line in wrap(raw, WIDTH - len(bar))]
        if kind == "expandable_blockquote" and len(block) > FOLDED:
            more = len(block) - FOLDED
            block = [*block[:FOLDED], f"{bar}⌄ {more} more line{'s' if more > 1 else ''}"]
        lines += block
    return lines


def _parts(text: str, entities: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the text in parts, each with the kind of the quote or code that it is, or with none."""
    units = text.encode("utf-16-le")
    parts, at = [], 0
    for entity in sorted((e for e in entities if e["type"] in _BARS), key=lambda e: (e["offset"], -e["length"])):
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        if start < at:
            continue
        parts += [(units[at:start], ""), (units[start:end], str(entity["type"]))]
        at = end
    parts.append((units[at:], ""))
    return [(decoded, kind) for raw, kind in parts if (decoded := raw.decode("utf-16-le")).strip()]
