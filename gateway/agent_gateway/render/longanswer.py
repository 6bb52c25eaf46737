"""Answers too long for a chat: their beginning as a message, the whole as a file. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.render.fences import Block, find_blocks
from agent_gateway.render.render import MAX_UNITS, Chunk, render, render_partial
from agent_gateway.wording.texts import count_units, shorten

MOST_CHUNKS: Final = 3
"""Messages that an answer may take."""
_ENOUGH: Final = 40_000
"""Characters that are looked at first to see that an answer takes more."""
_BEGINNING: Final = 1500
"""Characters of the answer that stand in the message."""
_MOST_HEADINGS: Final = 12
_MOSTLY: Final = 0.7
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+)$", re.MULTILINE)
_LONGEST_HEADING: Final = 100
_LONGEST_END: Final = 500
_SENTENCES = re.compile(r"[^\W\d_].*[.!?…)]", re.DOTALL)
_SUFFIXES: Final = {
    "bash": "sh", "c": "c", "c#": "cs", "c++": "cpp", "cpp": "cpp", "css": "css", "diff": "diff", "dockerfile": "dockerfile",
    "go": "go", "html": "html", "java": "java", "javascript": "js", "js": "js", "json": "json", "jsx": "jsx", "kotlin": "kt",
    "lua": "lua", "markdown": "md", "md": "md", "patch": "diff", "php": "php", "py": "py", "python": "py", "rb": "rb",
    "ruby": "rb", "rust": "rs", "sh": "sh", "shell": "sh", "sql": "sql", "swift": "swift", "toml": "toml", "ts": "ts",
    "tsx": "tsx", "typescript": "ts", "xml": "xml", "yaml": "yaml", "yml": "yaml", "zsh": "sh",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LongAnswer:
    """What is said of an answer that goes as a file."""

    chunks: list[Chunk]
    file_name: str
    file_text: str


def plan(text: str) -> LongAnswer | None:
    """Return how an answer in Markdown is told as a file; None for one that messages can hold."""
    blocks = find_blocks(text)
    long_block = any(count_units(block.code) > MAX_UNITS for block in blocks)
    if not long_block and not _takes_more(text):
        return None
    longest = max(blocks, key=lambda block: len(block.code), default=None)
    around = (
        f"{text[: longest.start].rstrip()}\n\n{text[longest.end :].lstrip()}".strip() if longest is not None else text
    )
    if longest is not None and len(longest.code) > _MOSTLY * len(text) and len(around) <= _BEGINNING:
        suffix = _SUFFIXES.get(longest.language.lower(), "txt")
        name, contents, summary = f"code.{suffix}", longest.code, around
        told = f"The code ({_count(contents, 'line')}) is in {name} below."
    else:
        name, contents = "answer.md", text
        summary = "\n\n".join(filter(None, [_begin(text, blocks), _list_headings(text, blocks), _end(text, blocks)]))
        told = f"The whole answer ({_count(text, 'line')}, {len(text):,} characters) is in {name} below."
    return LongAnswer(render(f"{summary}\n\n*{told}*" if summary else f"*{told}*"), name, contents)


def _takes_more(text: str) -> bool:
    """Tell whether a text takes more messages than an answer may; mostly its beginning tells."""
    if len(text) <= MAX_UNITS:
        return False
    parts = (text[:_ENOUGH], text) if len(text) > _ENOUGH else (text,)
    return any(len(render_partial(part, most=MOST_CHUNKS + 1)) > MOST_CHUNKS for part in parts)


def _begin(text: str, blocks: Sequence[Block]) -> str:
    """Return the beginning, up to the end of a paragraph and never into a block of code."""
    part = text[: min(_BEGINNING, blocks[0].start if blocks else len(text))]
    for separator in ("\n\n", "\n", " "):
        at = part.rfind(separator, len(part) // 4)
        if at > 0:
            return f"{part[:at].rstrip()}\n\n…"
    return f"{part.rstrip()}…" if part.strip() else ""


def _end(text: str, blocks: Sequence[Block]) -> str:
    """Return the last paragraph where it is a short one of whole sentences: it may tell why the answer broke off."""
    whole = text.rstrip()
    last = whole.rpartition("\n\n")[2]
    code = bool(blocks) and blocks[-1].end > len(whole) - len(last)
    return "" if code or len(last) > _LONGEST_END or not _SENTENCES.fullmatch(last) else last


def _list_headings(text: str, blocks: Sequence[Block]) -> str:
    starts, ends = [block.start for block in blocks], [block.end for block in blocks]
    prose = "".join(text[a:b] for a, b in zip([0, *ends], [*starts, len(text)], strict=True))
    found = _HEADING.findall(prose)
    if len(found) < 2:
        return ""
    listed = [f"- {shorten(heading.rstrip().rstrip('#'), _LONGEST_HEADING)}" for heading in found[:_MOST_HEADINGS]]
    more = len(found) - len(listed)
    return "\n".join(["Its parts:", *listed, *([f"- and {more} more"] if more else [])])


def _count(text: str, what: str) -> str:
    number = text.rstrip("\n").count("\n") + 1
    return f"{number:,} {what}{'' if number == 1 else 's'}"
