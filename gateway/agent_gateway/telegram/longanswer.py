"""Answers too long for a chat: their beginning as a message, the whole as a file. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent_gateway.telegram.render import MAX_UNITS, Chunk, render

MOST_CHUNKS: Final = 3
"""Messages that an answer may take."""
_BEGINNING: Final = 1500
"""Characters of the answer that stand in the message."""
_MOST_HEADINGS: Final = 12
_MOSTLY: Final = 0.7
_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)[^\n]*\n(?P<code>.*?)^(?P=fence)[`~]*[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
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
    blocks = list(_FENCE.finditer(text))
    long_block = any(_units(block["code"]) > MAX_UNITS for block in blocks)
    if not long_block and (len(text) <= MAX_UNITS or len(render(text)) <= MOST_CHUNKS):
        return None
    longest = max(blocks, key=lambda block: len(block["code"]), default=None)
    if longest is not None and len(longest["code"]) > _MOSTLY * len(text):
        suffix = _SUFFIXES.get(longest["language"].lower(), "txt")
        name, contents = f"code.{suffix}", longest["code"]
        around = f"{text[: longest.start()].rstrip()}\n\n{text[longest.end() :].lstrip()}"
        summary = _begin(around)
        told = f"The code ({_count(contents, 'line')}) is in {name} below."
    else:
        name, contents = "answer.md", text
        summary = "\n\n".join(filter(None, [_begin(text), _list_headings(text)]))
        told = f"The whole answer ({_count(text, 'line')}, {len(text):,} characters) is in {name} below."
    return LongAnswer(render(f"{summary}\n\n*{told}*" if summary else f"*{told}*"), name, contents)


def _begin(text: str) -> str:
    """Return the beginning, up to the end of a paragraph and never into a block of code."""
    first = _FENCE.search(text)
    room = min(_BEGINNING, first.start() if first is not None else len(text))
    if room >= len(text.rstrip()):
        return text.strip()
    part = text[:room]
    for separator in ("\n\n", "\n", " "):
        at = part.rfind(separator, room // 4)
        if at > 0:
            return f"{part[:at].rstrip()}\n\n…"
    return f"{part.rstrip()}…" if part.strip() else ""


def _list_headings(text: str) -> str:
    found = _HEADING.findall(_FENCE.sub("", text))
    if len(found) < 2:
        return ""
    listed = [f"- {heading}" for heading in found[:_MOST_HEADINGS]]
    more = len(found) - len(listed)
    return "\n".join(["Its parts:", *listed, *([f"- and {more} more"] if more else [])])


def _count(text: str, what: str) -> str:
    number = text.rstrip("\n").count("\n") + 1
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
