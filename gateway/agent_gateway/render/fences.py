"""Where the blocks of code of a Markdown text are. Pure; line by line, as an answer may open as many as it likes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([\w+#.-]*)(.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: where the whole of it is, its contents, and the language that it names."""

    start: int
    end: int
    code: str
    language: str
    open: str = ""
    """The fence that would close it, where none was written."""


def find_blocks(text: str) -> list[Block]:
    """Return the fenced blocks of code in order; one that nothing closes goes on to the end."""
    blocks = []
    start = inside = at = 0
    fence = language = ""
    for line in text.split("\n"):
        end = at + len(line)
        found = _FENCE.match(line)
        if found is not None and not fence and not (found[1][0] == "`" and "`" in found[3]):
            start, inside, fence, language = at, min(end + 1, len(text)), found[1], found[2]
        elif found is not None and fence and found[1].startswith(fence) and not (found[2] + found[3]).strip():
            blocks.append(Block(start, end, text[inside:at], language))
            fence = ""
        at = end + 1
    if fence:
        blocks.append(Block(start, len(text), text[inside:], language, fence))
    return blocks


def close_code(text: str) -> str:
    """Return a text that broke off, with its last block of code closed: what is added is no code."""
    blocks = find_blocks(text)
    return f"{text.rstrip()}\n{blocks[-1].open}" if blocks and blocks[-1].open else text
