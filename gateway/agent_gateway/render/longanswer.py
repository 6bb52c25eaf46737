"""Answers too long for a chat: how they begin, their headings and their end as a message, the whole as a file. Pure.

The end is what counts: an agent says there what it found, and what is to be done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent_gateway.render.excerpt import cut_beginning, keep_end
from agent_gateway.render.fences import Block, find_blocks
from agent_gateway.render.foreign import OWN, break_taps
from agent_gateway.render.render import MAX_ENTITIES, MAX_UNITS, Chunk, count_messages, render
from agent_gateway.wording import keys
from agent_gateway.wording.texts import count_units, shorten
from agent_gateway.wording.units import number

MOST_CHUNKS: Final = 3
"""Messages that an answer may take."""
_ENOUGH: Final = 40_000
"""Characters that are looked at first to see that an answer takes more."""
_MOST_READ: Final = 100_000
"""Characters of an answer that may be messages, however little is to be seen of them: with more it is a file."""
LONGEST_END: Final = 1800
"""Characters of the end that stand in the message, in whole paragraphs."""
LONGEST_BEGINNING: Final = 200
"""Characters of the line that the answer begins with."""
_MOST_AROUND: Final = 1500
"""Characters beside a long block of code that stand in the message."""
_MOST_HEADINGS: Final = 12
_PLAIN_FILE: Final = "answer.txt"
_MOSTLY: Final = 0.7
_SIGNS = re.compile(r"[*_`~\[/@<$|>#:\-+=\\]")
"""Each entity begins with one of these: a short text that is full of them takes many messages too."""
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+)$", re.MULTILINE)
_LONGEST_HEADING: Final = 100
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


def plan(text: str, language: str = "en") -> LongAnswer | None:
    """Return how an answer in Markdown is told as a file; None for one that messages can hold.

    Args:
        text: The answer.
        language: In which the file is spoken of.
    """
    if count_units(text) <= MAX_UNITS and len(_SIGNS.findall(text)) <= MOST_CHUNKS * MAX_ENTITIES:
        return None
    blocks = find_blocks(text)
    long_block = any(count_units(block.code) > MAX_UNITS for block in blocks)
    if not long_block and not _takes_more(text):
        return None
    code = _find_code(text, blocks)
    if code is not None:
        block, summary = code
        name, contents = f"code.{_SUFFIXES.get(block.language.lower(), 'txt')}", block.code
        told = keys.long_code(language, count=_count_lines(contents), file=name)
    else:
        name, contents = "answer.md", text
        summary = _summarise(text, blocks, language)
        told = keys.long_whole(language, count=_count_lines(text), characters=number(language, len(text)), file=name)
    told = f"*{OWN} {told}*"
    said = f"{summary}\n\n{told}" if summary else told
    chunks = render(said)
    return LongAnswer(chunks if len(chunks) <= MOST_CHUNKS else render(break_taps(said), "plain"), name, contents)


def plan_plain(text: str, language: str = "en") -> LongAnswer | None:
    """Return the same for a text without formatting: its beginning is told, as nothing is known of its parts."""
    if not _takes_more(text, "plain"):
        return None
    beginning = text[:LONGEST_END].rpartition("\n")[0] or text[:LONGEST_END]
    words = keys.long_whole(
        language, count=_count_lines(text), characters=number(language, len(text)), file=_PLAIN_FILE
    )
    return LongAnswer(render(f"{beginning.rstrip()}\n…\n\n{OWN} {words}", "plain"), _PLAIN_FILE, text)


def _takes_more(text: str, format: str = "markdown") -> bool:  # noqa: A002  # of the row
    """Tell whether a text takes more messages than an answer may; mostly its beginning tells."""
    if len(text) > _MOST_READ:
        return True
    parts = (text[:_ENOUGH], text) if len(text) > _ENOUGH else (text,)
    return any(count_messages(part, format, MOST_CHUNKS + 1) > MOST_CHUNKS for part in parts)


def _find_code(text: str, blocks: list[Block]) -> tuple[Block, str] | None:
    """Return the block of code that an answer consists of, and what stands around it; None where there is more."""
    longest = max(blocks, key=lambda block: len(block.code), default=None)
    if longest is None or len(longest.code) <= _MOSTLY * len(text):
        return None
    around = f"{text[: longest.start].rstrip()}\n\n{text[longest.end :].lstrip()}".strip()
    return (longest, around) if len(around) <= _MOST_AROUND else None


def _summarise(text: str, blocks: list[Block], language: str) -> str:
    end = keep_end(text, LONGEST_END)
    before = text[: len(text) - len(end.source)]
    parts = _list_headings(before, [block for block in blocks if block.end <= len(before)], language)
    beginning = cut_beginning(before, LONGEST_BEGINNING, headings=not parts)
    return "\n\n".join(filter(None, [beginning, parts, f"…\n\n{end.shown}"]))


def _list_headings(text: str, blocks: list[Block], language: str) -> str:
    starts, ends = [block.start for block in blocks], [block.end for block in blocks]
    prose = "".join(text[a:b] for a, b in zip([0, *ends], [*starts, len(text)], strict=True))
    found = _HEADING.findall(prose)
    if len(found) < 2:
        return ""
    listed = [f"- {shorten(heading.rstrip().rstrip('#'), _LONGEST_HEADING)}" for heading in found[:_MOST_HEADINGS]]
    more = len(found) - len(listed)
    more_line = [f"- {keys.long_more(language, count=number(language, more))}"] if more else []
    return "\n".join([keys.long_parts(language), *listed, *more_line])


def _count_lines(text: str) -> int:
    return text.rstrip("\n").count("\n") + 1
