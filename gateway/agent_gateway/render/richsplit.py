"""Rich blocks cut into messages that Telegram takes: 32,768 characters, 500 blocks, 16 levels (Bot API 10.5). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from agent_gateway.render.richblocks import RichBlock, count_words

MAX_CHARACTERS: Final = 32_768
MAX_BLOCKS: Final = 500
"""With nested ones, items of lists and rows of tables."""
MAX_LEVELS: Final = 16
"""Of blocks in blocks, and of marked words in marked words below them."""


_HOLDERS: Final = frozenset({"paragraph", "heading", "pre", "details"})
"""Blocks that hold text on their own level; marked words hold theirs on the next."""


def split_blocks(
    blocks: Sequence[RichBlock], characters: int = MAX_CHARACTERS, most: int = MAX_BLOCKS
) -> list[list[RichBlock]]:
    """Return the blocks of each message: cut between blocks, and within one only where it is too large for a message."""
    messages: list[list[RichBlock]] = []
    room = (0, 0)
    for block in blocks:
        for part in _cut(block, characters, most):
            size = count_words(part), count_blocks(part)
            if not messages or size[0] > room[0] or size[1] > room[1]:
                messages.append([])
                room = characters, most
            messages[-1].append(part)
            room = room[0] - size[0], room[1] - size[1]
    return messages


def count_blocks(block: RichBlock) -> int:
    """Return how many blocks a block is, with what is inside it."""
    inside = sum(map(count_blocks, block.get("blocks", ())))
    items = sum(1 + sum(map(count_blocks, item["blocks"])) for item in block.get("items", ()))
    return 1 + inside + items + len(block.get("cells", ()))


def count_levels(node: Any, level: int = 1) -> int:
    """Return how deep a block or a node of text is nested, itself included."""
    if isinstance(node, list):
        return max((count_levels(part, level) for part in node), default=level)
    if not isinstance(node, dict):
        return level
    deepest = level
    for name in ("blocks", "items"):
        if name in node:
            below = level if name == "items" else level + 1
            deepest = max(deepest, count_levels(node[name], below))
    for name in ("text", "summary"):
        if name in node:
            inside = node[name]
            deeper = level if node["type"] in _HOLDERS else level + 1
            deepest = max(deepest, count_levels(inside, deeper))
    return max([deepest, *(count_levels(cell.get("text", ""), level) for row in node.get("cells", ()) for cell in row)])


def _cut(block: RichBlock, characters: int, most: int) -> Iterator[RichBlock]:
    if count_words(block) <= characters and count_blocks(block) <= most:
        yield block
        return
    match block["type"]:
        case "pre":
            yield from ({**block, "text": text} for text in _cut_words(block["text"], characters, "\n"))
        case "paragraph" | "heading":
            yield from ({**block, "text": text} for text in _cut_text(block["text"], characters))
        case "table":
            yield from _cut_table(block, characters, most)
        case "list":
            yield from _cut_list(block, characters, most)
        case "blockquote" | "expandable_blockquote" | "details":
            room = characters - count_words(block.get("summary", ""))
            for part in split_blocks(block["blocks"], max(room, characters // 2), most - 1):
                yield {**block, "blocks": part}
        case _:
            yield block  # a formula has a limit of its own


def _cut_list(block: RichBlock, characters: int, most: int) -> Iterator[RichBlock]:
    items = [
        {**item, "blocks": part}
        for item in block["items"]
        for part in split_blocks(item["blocks"], characters, most - 2)
    ]
    for part in _group(items, characters, most - 1, [1 + sum(map(count_blocks, item["blocks"])) for item in items]):
        yield {**block, "items": part}


def _cut_table(block: RichBlock, characters: int, most: int) -> Iterator[RichBlock]:
    """Yield tables with the same head, and in place of a row that no message could hold its cells as paragraphs."""
    head, *rows = block["cells"]
    room = characters - count_words(head)
    if room < characters // 2:  # the head alone is nearly a message
        head, rows, room = [], block["cells"], characters
    elif rows and count_words(rows[0]) > room:
        yield {**block, "cells": [head]}
    for large, some in groupby(rows, key=lambda row: count_words(row) > room):
        if not large:
            part = list(some)
            for group in _group(part, room, most - 2, [1] * len(part)):
                yield {**block, "cells": [head, *group] if head else group}
            continue
        for cell in (cell for row in some for cell in row if "text" in cell):
            yield from ({"type": "paragraph", "text": text} for text in _cut_text(cell["text"], characters))


def _group(parts: Sequence[Any], characters: int, most: int, blocks: Sequence[int]) -> Iterator[list[Any]]:
    group: list[Any] = []
    room, left = characters, most
    for part, count in zip(parts, blocks, strict=True):
        size = count_words(part)
        if group and (size > room or count > left):
            yield group
            group, room, left = [], characters, most
        group.append(part)
        room, left = room - size, left - count
    if group:
        yield group


def _cut_text(text: Any, characters: int) -> Iterator[Any]:
    """Yield words of at most so many characters, with what marks them."""
    if count_words(text) <= characters:
        yield text
    elif isinstance(text, str):
        yield from _cut_words(text, characters, " ")
    elif isinstance(text, list):
        parts = [part for node in text for part in _cut_text(node, characters)]
        yield from _group(parts, characters, len(parts), [1] * len(parts))
    else:
        yield from ({**text, "text": part} for part in _cut_text(text["text"], characters))


def _cut_words(text: str, characters: int, separator: str) -> Iterator[str]:
    start = 0
    while len(text) - start > characters:
        at = text.rfind(separator, start + characters // 2, start + characters)
        end = at + 1 if at >= 0 else start + characters
        yield text[start:end]
        start = end
    yield text[start:]
