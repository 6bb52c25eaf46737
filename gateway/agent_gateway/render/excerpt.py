"""The end and the beginning of a long Markdown text, in whole paragraphs, items or lines. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent_gateway.render.fences import find_open_fence, lengthen_fences
from agent_gateway.render.guards import PARSER

_BLOCKS: Final = frozenset({"Paragraph", "Heading", "CodeBlock", "BlockQuote", "List", "Table", "HtmlBlock"})
_ITEM = re.compile(r"^ {0,3}(?:[-+*]|[0-9]{1,9}[.)])[ \t]", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.!?…:;])\s+|(?<=[\u3002\uff01\uff1f\uff1b])")  # the signs of Chinese and Japanese too
_MARKERS = re.compile(r"[*`~]+")
_READ_AGAIN: Final = 8
"""How many times the wanted characters are read of a text's end: no block of code that counts is longer."""


_MOST_READ: Final = 65_536
"""Characters of a text's end that are looked at: what is kept of it is far shorter."""


@dataclass(frozen=True, slots=True)
class End:
    """The end of a text: as a text of its own, and how it stands there."""

    shown: str
    source: str


@dataclass(frozen=True, slots=True)
class _Part:
    kind: str
    start: int
    end: int


def keep_end(text: str, most: int) -> End:
    """Return the last blocks of a text that have at most so many characters together; of a longer last one its own end."""
    text = _read_end(text.rstrip())
    parts = _find_parts(text)
    if not parts:
        return End("", "")
    begin = len(text)
    for part in reversed(parts):
        if len(text) - part.start > most:
            break
        begin = part.start
    if begin < len(text):
        return End(text[begin:], text[begin:])
    return _cut_part(text, parts[-1], most)


def _read_end(text: str) -> str:
    """Return as much of a text's end as is looked at, from the beginning of a line on; within code its fence before it."""
    if len(text) <= _MOST_READ:
        return text
    start = text.find("\n", len(text) - _MOST_READ) + 1 or len(text) - _MOST_READ
    fence = find_open_fence(text[:start])
    return f"{fence}\n{text[start:]}" if fence else text[start:]


def _find_parts(text: str) -> list[_Part]:
    """Return the blocks that stand in no other, with their places."""
    source = lengthen_fences(text)
    if source != text:  # an example of Markdown has longer fences there: the places are not those of the text
        return _find_paragraphs(text)
    data, parts, depth = text.encode(), [], 0
    for event, where in PARSER.events_with_range(text):
        if event == "Rule" and not depth:
            parts.append((where["start"], where["end"], "Rule"))
        if not isinstance(event, dict):
            continue
        kind, value = next(iter(event.items()))
        name = next(iter(value)) if isinstance(value, dict) else value
        if kind == "Start" and name in _BLOCKS:
            if not depth:
                parts.append((where["start"], where["end"], str(name)))
            depth += 1
        elif kind == "End" and _end_name(name, value) in _BLOCKS:
            depth -= 1
    return _to_places(data, parts)


def _end_name(name: object, value: object) -> object:
    return next(iter(value)) if isinstance(value, dict) else name


def _to_places(data: bytes, parts: list[tuple[int, int, str]]) -> list[_Part]:
    """Return the parts by characters in place of bytes, each from the beginning of its line."""
    found, cursor, place = [], 0, 0
    for start, end, kind in parts:
        line = data.rfind(b"\n", 0, start) + 1
        begin = line if not data[line:start].strip() else start
        place += len(data[cursor:begin].decode())
        found.append(_Part(kind, place, place + len(data[begin:end].decode())))
        cursor = begin
    return found


def _find_paragraphs(text: str) -> list[_Part]:
    starts = [0, *(found.end() for found in re.finditer(r"\n[ \t]*\n", text))]
    return [_Part("Paragraph", start, end) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _cut_part(text: str, part: _Part, most: int) -> End:
    """Return the end of one long block, still of its kind."""
    source = text[part.start :]
    lines = source.split("\n")
    match part.kind:
        case "CodeBlock":
            fence = lines[0].lstrip()[:3]
            if fence not in {"```", "~~~"}:
                return _cut_lines(source, most)
            last = lines[-1].strip()
            closed = last.startswith(fence) and not last.strip(fence[0])
            inside = _cut_lines("\n".join(lines[1:-1] if closed else lines[1:]), most).shown
            return End(f"{lines[0]}\n{inside}\n{lines[0].lstrip()[: _count_run(lines[0].lstrip())]}", source)
        case "Table":
            return End("\n".join([*lines[:2], _cut_lines("\n".join(lines[2:]), most).shown]), source)
        case "List":
            items = [found.start() for found in _ITEM.finditer(source) if len(source) - found.start() <= most]
            if items:
                return End(source[items[0] :], source[items[0] :])
        case _:
            pass
    cut = _cut_lines(source, most).shown.lstrip()  # an indented line would be code
    return End(cut, cut)


def _count_run(line: str) -> int:
    return len(line) - len(line.lstrip(line[0]))


def _cut_lines(text: str, most: int) -> End:
    """Return the last lines, or sentences, or words, that are at most so many characters."""
    start = max(0, len(text) - most)
    if not start:
        return End(text, text)
    at = text.find("\n", start)
    if at < 0:
        sentence = _SENTENCE.search(text, start)
        at = sentence.end() - 1 if sentence is not None and sentence.end() < len(text) else text.find(" ", start)
    cut = text[at + 1 :].lstrip("\n") if 0 <= at < len(text) - 1 else text[start:]
    return End(cut, cut)


def cut_beginning(text: str, most: int, *, headings: bool) -> str:
    """Return the first words of a text: its heading if `headings` are wanted, or its first paragraph, shortened."""
    for part in _find_parts(text[: most * _READ_AGAIN]):
        if part.kind not in {"Paragraph", "Heading"} or (part.kind == "Heading" and not headings):
            return ""
        words = " ".join(text[part.start : part.end].split())
        if len(words) <= most:
            return words
        cut = _MARKERS.sub("", words[:most].rpartition(" ")[0] or words[:most])  # some would have no partner
        return f"{cut.rstrip()} …"
    return ""
