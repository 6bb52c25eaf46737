"""A piece of a Markdown text as plain words on one line, wherever it was cut. Pure."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator

from agent_gateway.render.formulas import to_unicode
from agent_gateway.render.marks import UNSENDABLE
from agent_gateway.render.nodes import (
    Block,
    Break,
    Code,
    CodeBlock,
    Details,
    Formula,
    Heading,
    Inline,
    Listing,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    Text,
    TooMuch,
)
from agent_gateway.render.parse import parse

_HALF = re.compile(r"(?<=[^\s*~])(?:\*{2,3}|~~)(?=[\s.,;:!?)\]]|$)")
"""The end of marked words whose beginning was cut off."""
_HALF_CODE = re.compile(r"(?<=[^\s`])`(?=[\s.,;:!?)\]]|$)")
"""The same of code, where the signs have no partner."""
log = logging.getLogger(__name__)


def to_words(piece: str) -> str:
    """Return the words of a piece of a Markdown text without its marks; code is as it was written."""
    try:
        blocks = parse(_drop_half_code(UNSENDABLE.sub("", piece)))
    except TooMuch:
        return piece
    except Exception:  # a fault of formatting must not hold a page of what was found back
        log.exception("formatting failed, the piece is shown as it is", extra={"length": len(piece)})
        return piece
    return " ".join(" ".join(_list_blocks(blocks)).split()) or " ".join(piece.split())


def _drop_half_code(piece: str) -> str:
    """Take the end of code away whose beginning was cut off: it would begin code itself, up to the next one."""
    first, gap, rest = piece.partition("\n\n")
    if "```" in first or first.count("`") % 2 == 0:
        return piece
    return f"{_HALF_CODE.sub('', first, count=1)}{gap}{rest}"


def _list_blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph(children) | Heading(_, children):
                yield _join(children)
            case CodeBlock(code):
                yield code
            case Quote(inside):
                yield from _list_blocks(inside)
            case Listing(start, items):
                for at, item in enumerate(items):
                    yield "•" if start is None else f"{start + at}."
                    yield from _list_blocks(item.blocks)
            case Table(rows):
                yield from (" · ".join(filter(None, (_join(cell).strip() for cell in row))) for row in rows)
            case Details(summary, inside):
                yield _join(summary)
                yield from _list_blocks(inside)
            case Rule():
                pass


def _join(children: Iterable[Inline]) -> str:
    """Return what stands in lines; of marks that have no partner nothing stays, but in code."""
    words, said = [], ""
    for text, is_code in _list_inline(children):
        if not is_code:
            said += text.replace("`", "")
            continue
        words += [_HALF.sub("", said), text]
        said = ""
    return "".join([*words, _HALF.sub("", said)])


def _list_inline(children: Iterable[Inline]) -> Iterator[tuple[str, bool]]:
    for child in children:
        match child:
            case Text(text):
                yield text, False
            case Code(text):
                yield text, True
            case Formula(latex, _):
                yield to_unicode(latex), True
            case Span(_, inside):
                yield from _list_inline(inside)
            case Break():
                yield " ", False
            case Mark():
                pass
