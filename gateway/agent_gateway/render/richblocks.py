"""Blocks as those of Telegram's rich messages: InputRichBlock and RichText of Bot API 10.5. Pure.

A quote that unfolds holds `blocks` since 10.5, and held `text` before; a cell of a table holds words only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from agent_gateway.render.classic import ALERTS, LONG_QUOTE, NOTHING, get_target
from agent_gateway.render.foreign import find_other_host, is_sendable
from agent_gateway.render.marks import restore
from agent_gateway.render.nodes import (
    Block,
    Break,
    Code,
    CodeBlock,
    Details,
    Formula,
    Heading,
    Inline,
    Item,
    Listing,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    Text,
    to_plain,
)
from agent_gateway.render.times import read_time

MAX_COLUMNS: Final = 20
"""Of a table; one with more is shown as records."""
_ADDRESS = re.compile(r"https?://[^\s<>\"'`|]{1,2000}")
_NOT_AT_ITS_END: Final = ".,;:!?)]}*_'\"\u3002\uff0c\uff1b\uff1a\uff01\uff1f\uff09\u300d\u201d"

RichBlock = dict[str, Any]
RichText = str | list[Any] | dict[str, Any]


def to_rich(blocks: Sequence[Block]) -> list[RichBlock]:
    """Return blocks as Telegram takes them, none of them empty."""
    return [rich for block in blocks for rich in _convert(block)]


def _convert(block: Block) -> Iterator[RichBlock]:
    match block:
        case Paragraph(children):
            yield from _split_paragraph(children)
        case Heading(level, children) if to_plain(children).strip():
            yield {"type": "heading", "text": to_text(children), "size": level}
        case CodeBlock(code, language) if code.strip():
            yield {"type": "pre", "text": code, **({"language": language} if language else {})}
        case Quote():
            yield from _convert_quote(block)
        case Listing(start, items):
            yield {"type": "list", "items": [_convert_item(item, start, n) for n, item in enumerate(items)]}
        case Table(rows) if len(rows[0]) > MAX_COLUMNS:
            yield from _convert_records(block)
        case Table():
            yield _convert_table(block)
        case Rule():
            yield {"type": "divider"}
        case Details(summary, inside):
            title = to_text(summary) if to_plain(summary).strip() else NOTHING
            yield {"type": "details", "summary": title, "blocks": to_rich(inside) or [_say(NOTHING)]}
        case _:
            pass  # nothing is to be seen of it


def _say(text: RichText) -> RichBlock:
    return {"type": "paragraph", "text": text}


def _split_paragraph(children: Sequence[Inline]) -> Iterator[RichBlock]:
    """Yield a paragraph, and formulas that stand on lines of their own as blocks."""
    words: list[Inline] = []
    for child in children:
        if isinstance(child, Formula) and child.display:
            if to_plain(words).strip():
                yield _say(to_text(_strip(words)))
            yield {"type": "mathematical_expression", "expression": child.latex}
            words = []
        else:
            words.append(child)
    if to_plain(words).strip():
        yield _say(to_text(_strip(words)))


def _strip(words: list[Inline]) -> list[Inline]:
    start, end = 0, len(words)
    while start < end and isinstance(words[start], Break):
        start += 1
    while end > start and isinstance(words[end - 1], Break):
        end -= 1
    return words[start:end]


def _convert_quote(quote: Quote) -> Iterator[RichBlock]:
    inside = to_rich(quote.blocks)
    if quote.alert:
        inside = [_say({"type": "bold", "text": f"{ALERTS[quote.alert]} {quote.alert}"}), *inside]
    if not inside:
        return
    nested = any(block["type"] in {"blockquote", "expandable_blockquote"} for block in inside)
    unfolds = count_words(inside) > LONG_QUOTE and not nested
    yield {"type": "expandable_blockquote" if unfolds else "blockquote", "blocks": inside}


def _convert_item(item: Item, start: int | None, index: int) -> RichBlock:
    rich: RichBlock = {"blocks": to_rich(item.blocks) or [_say(NOTHING)]}
    if item.checked is not None:
        rich["has_checkbox"] = True
        rich["is_checked"] = item.checked
    if start is not None:
        rich["value"] = start + index
        rich["type"] = "1"
    return rich


def _convert_table(table: Table) -> RichBlock:
    aligns = [align if align in {"left", "center", "right"} else "left" for align in table.aligns]
    cells = [
        [_convert_cell(cell, aligns[column], head=not index) for column, cell in enumerate(row)]
        for index, row in enumerate(table.rows)
    ]
    return {"type": "table", "cells": cells, "is_bordered": True}


def _convert_cell(cell: Sequence[Inline], align: str, *, head: bool) -> RichBlock:
    rich: RichBlock = {"align": align, "valign": "top"}
    if to_plain(cell).strip():
        rich["text"] = to_text(cell)
    if head:
        rich["is_header"] = True
    return rich


def _convert_records(table: Table) -> Iterator[RichBlock]:
    head, *body = table.rows
    for row in body or [head]:
        parts: list[Any] = []
        for name, cell in zip(head, row, strict=False):
            parts += ["\n" if parts else "", *([_flat(to_text(name)), ": "] if body else []), _flat(to_text(cell))]
        yield _say([part for part in parts if part != ""])


def _flat(text: RichText) -> RichText:
    return text or NOTHING


def to_text(children: Sequence[Inline]) -> RichText:
    """Return words as a node of rich text."""
    nodes: list[Any] = []
    for node in (node for child in children for node in _convert_inline(child)):
        if isinstance(node, str) and nodes and isinstance(nodes[-1], str):
            nodes[-1] += node
        elif node != "":
            nodes.append(node)
    if not nodes:
        return ""
    return nodes[0] if len(nodes) == 1 else nodes


def _convert_inline(child: Inline) -> Iterator[Any]:
    match child:
        case Text(text):
            yield from _link_addresses(text)
        case Code(text):
            yield {"type": "code", "text": text} if text else ""
        case Formula(latex, _):
            yield {"type": "mathematical_expression", "expression": latex}
        case Break():
            yield "\n"
        case Mark(mark):
            yield restore(mark)
        case Span("link" | "image"):
            yield from _convert_link(child)
        case Span(kind, children) if to_plain(children).strip():
            yield {"type": kind, "text": to_text(children)}
        case Span(_, children):
            yield to_plain(children)


def _link_addresses(text: str) -> Iterator[Any]:
    """Yield words with their addresses as links: Telegram's own search for them may refuse a whole message."""
    cursor = 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(_NOT_AT_ITS_END)
        yield text[cursor : found.start()]
        yield {"type": "url", "text": address, "url": address}
        cursor = found.start() + len(address)
    yield text[cursor:]


def _convert_link(span: Span) -> Iterator[Any]:
    if span.kind == "image":
        yield "🖼 "
    label = to_plain(span.children)
    time = read_time(span.url)
    if time is not None and label.strip():
        yield {"type": "date_time", "text": label, "unix_time": time.unix, "date_time_format": time.format}
        return
    if is_sendable(span.url):
        text = label if _ADDRESS.fullmatch(label) else to_text(_without_links(span.children))
        yield {"type": "url", "text": text if label.strip() else span.url, "url": span.url}
        other = find_other_host(label, span.url)
        yield f" ({other})" if other else ""
        return
    yield to_text(span.children)
    yield get_target(span, label)


def _without_links(children: Sequence[Inline]) -> list[Inline]:
    """Return the label of a link with its addresses as code is: a link holds no other."""
    return [Code(child.text) if isinstance(child, Text) and "://" in child.text else child for child in children]


def count_words(node: Any) -> int:
    """Return how many characters blocks or text have, as Telegram counts them: formulas by their source."""
    if isinstance(node, str):
        return len(node)
    if isinstance(node, list):
        return sum(map(count_words, node))
    return sum(
        count_words(node[name])
        for name in ("text", "summary", "expression", "blocks", "items", "cells")
        if name in node
    )
