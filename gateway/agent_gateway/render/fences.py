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


_ANY_FENCE = re.compile(
    r"^([ \t]*+(?:>[ \t]?)*+(?:[-+*][ \t]++|[0-9]{1,9}[.)][ \t]++)?[ \t]*+)(`{3,}|~{3,})[ \t]*+([^`\n]*)$"
)


def lengthen_fences(markdown: str) -> str:
    """Return a text in which examples of Markdown that hold fences of their own length have longer ones.

    Only a block that is called `md` or `markdown` is looked at: there a fence with a language opens an inner one.
    """
    if "```m" not in markdown and "~~~m" not in markdown:
        return markdown
    lines = markdown.split("\n")
    index = 0
    while index < len(lines):
        fence = _ANY_FENCE.match(lines[index])
        if fence is None:
            index += 1
            continue
        nested = fence[3].strip().lower() in {"md", "markdown"}
        end, holds = _find_end(lines, index, fence, nested=nested)
        if holds and end < len(lines):
            longer = fence[2][0] * (len(fence[2]) + 1)
            lines[index] = f"{fence[1]}{longer}{fence[3]}"
            closing = _ANY_FENCE.match(lines[end])
            lines[end] = f"{closing[1] if closing else ''}{longer}"
        index = end + 1
    return "\n".join(lines)


def _find_end(lines: list[str], start: int, fence: re.Match[str], *, nested: bool) -> tuple[int, bool]:
    """Return the line that closes a fence, which is behind the last where none does, and whether others are inside it."""
    depth, holds = 1, False
    for index in range(start + 1, len(lines)):
        found = _ANY_FENCE.match(lines[index])
        if found is None or found[2][0] != fence[2][0] or len(found[2]) < len(fence[2]):
            continue
        if found[3].strip():
            depth, holds = depth + nested, holds or nested
        else:
            depth -= 1
        if depth == 0:
            return index, holds
    return len(lines), holds


def find_open_fence(markdown: str) -> str:
    """Return the fence that a text is still inside of, in a list or quote too; empty where it is in none."""
    fence = ""
    for line in markdown.split("\n"):
        found = _ANY_FENCE.match(line) if "```" in line or "~~~" in line else None
        if found is None:
            continue
        if not fence:
            fence = found[2]
        elif found[2].startswith(fence) and not found[3].strip():
            fence = ""
    return fence
