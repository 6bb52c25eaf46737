"""Tables for a chat without tables: a narrow one in columns, a wide one as records. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

from agent_gateway.render.nodes import Table, to_plain

TABLE_COLUMNS: Final = 36
"""The most columns of a table in a monospace font that a phone shows without breaking its lines."""
_WIDE = frozenset("WF")
_UNSEEN = frozenset("\ufe0f\u200b\u200d")


def draw_grid(table: Table) -> str | None:
    """Return a table drawn in columns; None where it is too wide for that."""
    rows = [[to_plain(cell).strip() for cell in row] for row in table.rows]
    if any("\n" in cell for row in rows for cell in row):
        return None
    widths = [max(map(measure, column)) for column in zip(*rows, strict=False)]
    if not widths or sum(widths) + 3 * (len(widths) - 1) > TABLE_COLUMNS:
        return None
    aligns = [*table.aligns, *["none"] * len(widths)]
    lines = [
        " | ".join(_pad(cell, width, align) for cell, width, align in zip(row, widths, aligns, strict=False)).rstrip()
        for row in rows
    ]
    if len(rows) > 1:
        lines.insert(1, "-+-".join("-" * width for width in widths))
    return "\n".join(lines)


def measure(text: str) -> int:
    """Return how many columns a text takes in a monospace font."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) or sign in _UNSEEN else 1 + (unicodedata.east_asian_width(sign) in _WIDE)
        for sign in text
    )


def is_wide(table: Table) -> bool:
    """Tell whether a chat without tables shows it as records."""
    return draw_grid(table) is None


def _pad(cell: str, width: int, align: str) -> str:
    space = width - measure(cell)
    if align == "right":
        return " " * space + cell
    if align == "center":
        return " " * (space // 2) + cell + " " * (space - space // 2)
    return cell + " " * space
