"""Markdown to Telegram's rich messages: tables, formulas, tasks and what unfolds as they are (Bot API 10.5). Pure.

The same blocks as those of `classic`. The API does not tell which client reads, and older ones show a placeholder: a text goes
out rich only where it needs that.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.render.emphasis import count_cjk
from agent_gateway.render.excerpt import keep_end
from agent_gateway.render.fold import LONGEST_WAY
from agent_gateway.render.formulas import to_unicode
from agent_gateway.render.marks import UNSENDABLE
from agent_gateway.render.nodes import Block, Details, Formula, Inline, Listing, Paragraph, Quote, Span, Table, TooMuch
from agent_gateway.render.parse import parse
from agent_gateway.render.richblocks import RichBlock, count_words, to_rich
from agent_gateway.render.richsplit import (
    MAX_BLOCKS,
    MAX_CHARACTERS,
    MAX_LEVELS,
    count_blocks,
    count_levels,
    split_blocks,
)
from agent_gateway.render.tables import is_wide

log = logging.getLogger(__name__)

CJK_SHARE: Final = 20
"""One character in so many that is Chinese, Japanese or Korean makes a text theirs."""
FOLD_CHARACTERS: Final = 4096
"""Of each rich message that stay free for the way to the answer, and for a note above it."""
FOLD_BLOCKS: Final = 64
_QUOTES: Final = frozenset({"blockquote", "expandable_blockquote"})
_SIGNS: Final = ("|", "$", "\\(", "\\[", "[ ]", "[x]", "[X]", "<details", "<DETAILS")
"""One of these stands in each text that needs more than the classic form."""


@dataclass(frozen=True, slots=True)
class RichChunk:
    """One rich message: an InputRichMessage, its words, and a hash that is equal for what looks equal."""

    rich: dict[str, Any]
    text: str
    hash: str


def render_rich(markdown: str) -> list[RichChunk]:
    """Return the rich messages that show a text: none where only the classic form can, as it is nested too deep or empty."""
    try:
        blocks = to_rich(parse(_clean(markdown)))
    except TooMuch:
        return []
    except Exception:  # a fault of formatting must not hold an answer back
        log.exception("rich formatting failed, the text goes out in the classic form", extra={"length": len(markdown)})
        return []
    if count_levels(blocks) > MAX_LEVELS:
        return []
    most = MAX_CHARACTERS - FOLD_CHARACTERS, MAX_BLOCKS - FOLD_BLOCKS
    return [_make_chunk(part) for part in split_blocks(blocks, *most)]


def build_rich_fold(line: str, narration: Sequence[str] = ()) -> list[RichBlock]:
    """Return the blocks that tell the way to an answer below it: each message of `render_rich` has room for them.

    Args:
        line: What was done, as in "▸ 12 steps · 1 min 40 s".
        narration: What the agent said on the way, in Markdown, one text a message of it.
    """
    end = keep_end("\n\n".join(text.strip() for text in narration if text.strip()), LONGEST_WAY).shown
    try:
        said = to_rich(parse(_clean(end)))
    except TooMuch:
        said = []
    fits = count_words(said) + count_words(line) <= FOLD_CHARACTERS and sum(map(count_blocks, said)) <= FOLD_BLOCKS - 4
    if not said or not fits or count_levels(said) >= MAX_LEVELS:
        said = [{"type": "paragraph", "text": end}] if end else []
    nested = any(block["type"] in _QUOTES for block in said)
    way = [{"type": "blockquote" if nested else "expandable_blockquote", "blocks": said}] if said else []
    return [{"type": "paragraph", "text": {"type": "italic", "text": line[:FOLD_CHARACTERS]}}, *way]


def needs_rich(markdown: str) -> bool:
    """Tell whether a text has what the classic form can only hint at.

    That is a table wider than a phone, a formula on a line of its own or one that Unicode cannot say, a list of tasks, or
    something that unfolds.
    """
    if not any(sign in markdown for sign in _SIGNS):
        return False
    try:
        return _any_needs(parse(_clean(markdown)))
    except TooMuch:
        return False


def prefers_classic(markdown: str) -> bool:
    """Tell whether a text is mostly Chinese, Japanese or Korean, which some clients draw badly in rich messages."""
    return count_cjk(markdown) * CJK_SHARE >= len(markdown) > 0


def _clean(markdown: str) -> str:
    return UNSENDABLE.sub("\ufffd", markdown).replace("\r\n", "\n")


def _any_needs(blocks: Iterable[Block]) -> bool:
    return any(_needs(block) for block in blocks)


def _needs(block: Block) -> bool:
    match block:
        case Table():
            return is_wide(block)
        case Details():
            return True
        case Listing(_, items):
            return any(item.checked is not None or _any_needs(item.blocks) for item in items)
        case Quote(inside, _):
            return _any_needs(inside)
        case Paragraph(children):
            return _has_formula(children)
        case _:
            return False


def _has_formula(children: Sequence[Inline]) -> bool:
    return any(
        (
            isinstance(child, Formula)
            and (child.display or (to_unicode(child.latex) == child.latex and "\\" in child.latex))
        )
        or (isinstance(child, Span) and _has_formula(child.children))
        for child in children
    )


def _make_chunk(blocks: list[RichBlock]) -> RichChunk:
    rich = {"blocks": blocks, "skip_entity_detection": True}
    digest = hashlib.sha256(json.dumps(rich, sort_keys=True).encode()).hexdigest()[:16]
    return RichChunk(rich, "\n".join(_list_words(blocks)), digest)


def _list_words(node: Any) -> list[str]:
    """Return the words of blocks, a line for each."""
    if isinstance(node, list):
        return [line for part in node for line in _list_words(part)]
    if "cells" in node:
        return [" | ".join(_join(cell.get("text", "")) for cell in row) for row in node["cells"]]
    own = [_join(node[name]) for name in ("summary", "text", "expression") if name in node]
    return own + [line for name in ("blocks", "items") if name in node for line in _list_words(node[name])]


def _join(node: Any) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return "".join(map(_join, node))
    return _join(node.get("text", node.get("expression", "")))
