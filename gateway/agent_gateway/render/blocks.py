"""Blocks as they were meant: what unfolds, and lists that their numbers or bullets cut in pieces. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agent_gateway.render.marks import DETAILS, DETAILS_END, SUMMARY
from agent_gateway.render.nodes import (
    Block,
    CodeBlock,
    Details,
    Inline,
    Item,
    Listing,
    Mark,
    Paragraph,
    Quote,
    Table,
    TooMuch,
)

MAX_FOLDS: Final = 16
"""How deep what unfolds may be nested in one container."""


def arrange(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks of one container with their parts put together.

    Raises:
        TooMuch: what unfolds is nested too deep.
    """
    return tuple(_join_lists(_fold_details(blocks)))


def _fold_details(blocks: Sequence[Block]) -> list[Block]:
    """Put what stands between `<details>` and its end into one block; what nothing ends goes on to the last."""
    if not any(_read_mark(block) for block in blocks):
        return list(blocks)
    levels: list[tuple[tuple[Inline, ...], bool, list[Block]]] = [((), False, [])]
    for block in blocks:
        mark = _read_mark(block)
        if mark == DETAILS:
            if len(levels) > MAX_FOLDS:
                raise TooMuch
            levels.append(((), block.gap, []))
        elif mark == DETAILS_END and len(levels) > 1:
            _end(levels)
        elif (
            mark == SUMMARY
            and isinstance(block, Paragraph)
            and len(levels) > 1
            and not (levels[-1][0] or levels[-1][2])
        ):
            levels[-1] = (block.children[1:-1], levels[-1][1], [])
        elif mark == SUMMARY and isinstance(block, Paragraph):
            levels[-1][2].append(replace(block, children=block.children[1:-1]))
        else:
            levels[-1][2].append(block)
    while len(levels) > 1:
        _end(levels)
    return levels[0][2]


def _end(levels: list[tuple[tuple[Inline, ...], bool, list[Block]]]) -> None:
    summary, gap, inside = levels.pop()
    levels[-1][2].append(Details(summary, arrange(inside), gap))


def _read_mark(block: Block) -> str:
    """Return which mark a paragraph is, if it is one."""
    if not isinstance(block, Paragraph) or not block.children:
        return ""
    first, last = block.children[0], block.children[-1]
    if len(block.children) == 1:
        return first.mark if isinstance(first, Mark) and first.mark != SUMMARY else ""
    summary = isinstance(first, Mark) and isinstance(last, Mark) and first.mark == last.mark == SUMMARY
    return SUMMARY if summary else ""


def _join_lists(blocks: Sequence[Block]) -> list[Block]:
    """Put bullets under the number they stand below, and number on where each item was written as the first.

    Models write `1. … - … 1. … - …` without indentation, and blocks of code between `1.` and `1.`.
    """
    joined: list[Block] = []
    last_numbered: int | None = None  # where the numbered list is that may go on
    for block in blocks:
        if isinstance(block, Listing) and last_numbered is not None:
            numbered = joined[last_numbered]
            assert isinstance(numbered, Listing)  # noqa: S101  # for the type checker
            adjacent = last_numbered == len(joined) - 1
            if block.start is None and adjacent and not block.gap:
                joined[last_numbered] = _put_below(numbered, block)
                continue
            if block.ones and numbered.ones and numbered.start is not None:
                if adjacent:
                    joined[last_numbered] = replace(numbered, items=numbered.items + block.items)
                    continue
                block = replace(block, start=numbered.start + len(numbered.items))  # noqa: PLW2901  # numbered on
        joined.append(block)
        if isinstance(block, Listing) and block.start is not None:
            last_numbered = len(joined) - 1
        elif not isinstance(block, CodeBlock | Quote | Table):
            last_numbered = None
    return joined


def _put_below(numbered: Listing, bullets: Listing) -> Listing:
    *others, last = numbered.items
    return replace(numbered, items=(*others, Item((*last.blocks, bullets), last.checked)))
