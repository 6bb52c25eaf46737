"""The blocks of rich messages: a schema of Bot API 10.5, its limits, and their words; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from agent_simulators.telegram.checks import Refused, check_rich_button

MAX_CHARACTERS = 32_768
MAX_BLOCKS = 500
"""With nested ones, list items and rows of tables."""
MAX_DEPTH = 16
MAX_MEDIA = 50
MAX_COLUMNS = 20
MAX_ROW_BUTTONS = 8
_NEW_QUOTES = (10, 5)
"""Since then an expandable quote is made of blocks, no longer of text."""

_TEXT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("bold", "italic", "underline", "strikethrough", "spoiler", "code", "marked", "subscript", "superscript"), ()
    ),
    "url": ("url",), "mention": ("username",), "text_mention": ("user",), "date_time": ("unix_time", "date_time_format"),
    "email_address": ("email_address",), "phone_number": ("phone_number",), "hashtag": ("hashtag",),
    "cashtag": ("cashtag",), "bot_command": ("bot_command",), "bank_card_number": ("bank_card_number",),
    "reference": ("name",), "reference_link": ("reference_name",), "anchor_link": ("anchor_name",),
}  # fmt: skip
"""The nodes of text that hold text, and what else each must have."""
_WITHOUT_TEXT = {
    "custom_emoji": ("custom_emoji_id", "alternative_text"), "mathematical_expression": ("expression",),
    "anchor": ("name",), "button": ("button",),
}  # fmt: skip
_MEDIA = ("document", "photo", "video", "audio", "voice_note", "animation")
_BLOCKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "paragraph": (("text",), ()), "heading": (("text", "size"), ()), "pre": (("text",), ("language",)),
    "list": (("items",), ()), "table": (("cells",), ("is_bordered", "is_striped", "is_compact", "caption")),
    "details": (("summary", "blocks"), ("is_open",)), "blockquote": (("blocks",), ("credit",)),
    "expandable_blockquote": (("blocks",), ("credit",)), "pullquote": (("text",), ("credit",)),
    "mathematical_expression": (("expression",), ()), "divider": ((), ()), "footer": (("text",), ()),
    "anchor": (("name",), ()), "buttons": (("buttons",), ("align",)), "collage": (("blocks",), ("caption",)),
    "slideshow": (("blocks",), ("caption",)), "map": (("location",), ("zoom", "width", "height", "caption")),
    "thinking": (("text",), ()), **{kind: ((kind,), ("caption",)) for kind in _MEDIA},
}  # fmt: skip
"""What each block must have, and what it may have."""


@dataclass(slots=True)
class Limits:
    """What a message has used of its limits, and what is allowed in it."""

    api: tuple[int, int] = (10, 5)
    draft: bool = False
    add_media: Callable[[str, Any], Any] = lambda _kind, value: value
    """Given the kind and the input of a medium, returns how the message tells of it."""
    characters: int = 0
    blocks: int = 0
    media: int = 0
    path: list[str] = field(default_factory=list)

    def count(self, blocks: int = 0, characters: int = 0, media: int = 0) -> None:
        """Count what a message holds.

        Raises:
            Refused: it is too much.
        """
        self.blocks, self.characters, self.media = (
            self.blocks + blocks, self.characters + characters, self.media + media,
        )  # fmt: skip
        if self.characters > MAX_CHARACTERS:
            raise Refused("Bad Request: RICH_MESSAGE_TEXT_TOO_LONG")
        if self.blocks > MAX_BLOCKS:
            raise Refused("Bad Request: RICH_MESSAGE_BLOCKS_TOO_MUCH")
        if self.media > MAX_MEDIA:
            raise Refused("Bad Request: RICH_MESSAGE_MEDIA_TOO_MUCH")


def _wrong(what: str) -> Refused:
    return Refused(f"Bad Request: can't parse rich message: {what}")


def read_blocks(given: Any, limits: Limits, depth: int = 1) -> list[dict[str, Any]]:
    """Return the blocks as the message shows them.

    Raises:
        Refused: one is not of the schema, or they are too many, too long or too deep.
    """
    if not isinstance(given, list):
        raise _wrong("blocks must be an Array")
    if depth > MAX_DEPTH:
        raise Refused("Bad Request: RICH_MESSAGE_TOO_DEEP")
    return [_read_block(block, limits, depth) for block in given]


def _read_block(block: Any, limits: Limits, depth: int) -> dict[str, Any]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _BLOCKS:
        raise _wrong(f"unknown block {kind!r}")
    needed, optional = _BLOCKS[kind]
    if kind == "expandable_blockquote" and limits.api < _NEW_QUOTES:
        needed = ("text",)
    if kind == "thinking" and not limits.draft:
        raise _wrong("thinking is allowed in drafts only")
    missing = [name for name in needed if block.get(name) is None]
    unknown = set(block) - {"type", *needed, *optional}
    if missing or unknown:
        raise _wrong(f"{kind}: missing {missing}, unknown {sorted(unknown)}")
    limits.count(blocks=1)
    return {"type": kind} | {
        name: _read_field(kind, name, value, limits, depth)
        for name, value in block.items()
        if name != "type" and value is not None
    }


def _read_field(kind: str, name: str, value: Any, limits: Limits, depth: int) -> Any:
    match name:
        case "text" | "summary" | "credit":
            return read_text(value, limits, depth)
        case "caption" if kind != "table":
            return {key: read_text(part, limits, depth) for key, part in value.items()}
        case "caption":
            return read_text(value, limits, depth)
        case "blocks":
            return read_blocks(value, limits, depth + 1)
        case "items":
            return [_read_item(item, number, limits, depth) for number, item in enumerate(value, 1)]
        case "cells":
            return _read_cells(value, limits, depth)
        case "buttons":
            if not 1 <= len(value) <= MAX_ROW_BUTTONS:
                raise _wrong("a row has one to eight buttons")
            return [check_rich_button(button) for button in value]
        case "size":
            if value not in range(1, 7):
                raise _wrong("the size of a heading is 1 to 6")
        case "expression":
            limits.count(characters=len(value))
        case _ if name in _MEDIA:
            limits.count(media=1)
            return limits.add_media(name, value)
        case _:
            pass
    return value


def _read_item(item: Any, number: int, limits: Limits, depth: int) -> dict[str, Any]:
    if not isinstance(item, dict) or set(item) - {"blocks", "has_checkbox", "is_checked", "value", "type"}:
        raise _wrong("a list item has blocks, has_checkbox, is_checked, value, type")
    limits.count(blocks=1)
    label = f"{item.get('value', number)}." if item.get("type") else "•"
    return {**item, "label": label, "blocks": read_blocks(item.get("blocks"), limits, depth + 1)}


def _read_cells(rows: Any, limits: Limits, depth: int) -> list[list[dict[str, Any]]]:
    found = []
    for row in rows:
        limits.count(blocks=1)
        if len(row) > MAX_COLUMNS:
            raise Refused("Bad Request: RICH_MESSAGE_TABLE_COLUMNS_TOO_MUCH")
        found.append([_read_cell(cell, limits, depth) for cell in row])
    return found


def _read_cell(cell: dict[str, Any], limits: Limits, depth: int) -> dict[str, Any]:
    if set(cell) - {"text", "is_header", "colspan", "rowspan", "align", "valign"}:
        raise _wrong("a cell has text, is_header, colspan, rowspan, align, valign")
    text = {"text": read_text(cell["text"], limits, depth)} if cell.get("text") is not None else {}
    return {"align": "left", "valign": "top", **cell, **text}


def read_text(node: Any, limits: Limits, depth: int) -> Any:
    """Return a node of text as the message shows it.

    Raises:
        Refused: it is not of the schema, or too long or too deep.
    """
    if depth > MAX_DEPTH:
        raise Refused("Bad Request: RICH_MESSAGE_TOO_DEEP")
    if isinstance(node, str):
        limits.count(characters=len(node))
        return node
    if isinstance(node, list):
        return [read_text(part, limits, depth) for part in node]
    kind = node.get("type") if isinstance(node, dict) else None
    needed = ("text", *_TEXT[kind]) if kind in _TEXT else _WITHOUT_TEXT.get(str(kind))
    if needed is None:
        raise _wrong(f"unknown text {kind!r}")
    if set(node) != {"type", *needed}:
        raise _wrong(f"{kind} has exactly {', '.join(needed)}")
    if kind == "mathematical_expression":
        limits.count(characters=len(node["expression"]))
    if kind == "button":
        return {**node, "button": check_rich_button(node["button"])}
    return {**node, "text": read_text(node["text"], limits, depth + 1)} if kind in _TEXT else node


def flatten(blocks: Any) -> str:
    """Return the words of blocks or of a node of text, a line for each block, item and row."""
    return "\n".join(line for line in _lines(blocks) if line)


def _lines(blocks: Any) -> Iterator[str]:
    for block in blocks:
        for name in ("summary", "text", "expression", "caption"):
            if name in block:
                yield _words(block[name])
        for item in block.get("items", []):
            box = ("☑ " if item.get("is_checked") else "☐ ") if item.get("has_checkbox") else f"{item['label']} "
            yield box + flatten(item["blocks"])
        for row in block.get("cells", []):
            yield " | ".join(_words(cell.get("text", "")) for cell in row)
        if "blocks" in block:
            yield flatten(block["blocks"])


def _words(node: Any) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return "".join(map(_words, node))
    for name in ("text", "expression", "alternative_text"):
        if name in node:
            return _words(node[name])
    return _words(node["button"]["text"]) if "button" in node else ""
