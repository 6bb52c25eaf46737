"""The text of a rich message (Bot API 10.1, `rich_message.blocks`), which has no `text`: as Markdown. Pure.

Of blocks and text nodes that are not known, what they hold is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

MOST_CHARACTERS: Final = 32_768
"""Telegram takes no longer rich message."""
_DEEPEST: Final = 24
_MOST_NODES: Final = 5000
_SIGNS: Final = {"bold": "**", "italic": "_", "strikethrough": "~~", "code": "`"}


class _Reader:
    """Reads one message, within bounds."""

    def __init__(self) -> None:
        self._left = _MOST_NODES

    def blocks(self, blocks: object, depth: int) -> str:
        found = (self._block(block, depth) for block in self._list(blocks, depth))
        return "\n\n".join(text for text in found if text)

    def inline(self, node: object, depth: int) -> str:
        if isinstance(node, str):
            return node
        if isinstance(node, dict):
            node = self._node(node, depth)
        return (
            node if isinstance(node, str) else "".join(self.inline(part, depth + 1) for part in self._list(node, depth))
        )

    def _node(self, node: dict[str, Any], depth: int) -> str:
        if depth > _DEEPEST:
            return ""
        text = self.inline(node.get("text", node.get("expression", "")), depth + 1)
        kind = node.get("type")
        sign = _SIGNS.get(kind, "") if isinstance(kind, str) else ""
        url = node.get("url")
        if kind == "url" and isinstance(url, str) and url != text:
            return f"[{text}]({url})"
        return f"{sign}{text}{sign}" if text.strip() else text

    def _list(self, value: object, depth: int) -> Iterator[object]:
        if not isinstance(value, list) or depth > _DEEPEST:
            return
        for item in value:
            self._left -= 1
            if self._left < 0:
                return
            yield item

    def _block(self, block: object, depth: int) -> str:
        if not isinstance(block, dict):
            return block if isinstance(block, str) else ""
        text = self.inline(block.get("text", block.get("expression", block.get("summary", ""))), depth + 1)
        below = self.blocks(block.get("blocks"), depth + 1)
        match block.get("type"):
            case "heading":
                return f"## {text}" if text else ""
            case "pre":
                language = block.get("language")
                return f"```{language if isinstance(language, str) else ''}\n{text}\n```"
            case "list":
                return "\n".join(self._item(item, depth) for item in self._list(block.get("items"), depth))
            case "table":
                return "\n".join(self._row(row, depth) for row in self._list(block.get("cells"), depth))
            case "blockquote" | "expandable_blockquote" | "pullquote":
                quoted = "\n\n".join(filter(None, [text, below]))
                return "\n".join(f"> {line}".rstrip() for line in quoted.split("\n")) if quoted else ""
            case "mathematical_expression":
                return f"$${text}$$" if text else ""
            case _:
                return "\n\n".join(filter(None, [text, below]))

    def _item(self, item: object, depth: int) -> str:
        if not isinstance(item, dict):
            return f"- {self.inline(item, depth + 1)}"
        text = self.blocks(item.get("blocks"), depth + 1) or self.inline(item.get("text", ""), depth + 1)
        box = ("[x] " if item.get("is_checked") is True else "[ ] ") if item.get("has_checkbox") is True else ""
        return f"- {box}{text}".replace("\n", "\n  ")

    def _row(self, row: object, depth: int) -> str:
        cells = [self.inline(cell, depth + 1).replace("\n", " ") for cell in self._list(row, depth)]
        return f"| {' | '.join(cells)} |"


def read_rich(raw: object) -> str:
    """Return what a rich message says; empty where it says nothing that can be read."""
    blocks: Sequence[object] | None = raw.get("blocks") if isinstance(raw, dict) else None
    return _Reader().blocks(blocks, 0).strip()[:MOST_CHARACTERS]
