"""The marks of a message (links, code, bold) as Markdown. Plain text stays as it was written: nothing is escaped. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.telegram.inbound.reading import Mark

_DEEPEST: Final = 8
_PAIRS: Final = {"bold": "**", "italic": "_", "strikethrough": "~~"}
_BLOCKS: Final = frozenset({"pre", "blockquote", "expandable_blockquote"})
_SHOWN: Final = frozenset(_PAIRS) | _BLOCKS | {"code", "text_link"}
_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,32}", re.ASCII)
_RUNS: Final = re.compile("`+")


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    mark: Mark


def to_markdown(text: str, marks: Sequence[Mark], start: int = 0, end: int | None = None) -> str:
    """Return the text from `start` to `end` (code points) with its marks.

    A mark whose range lies outside, or only partly within another, is cut to what it covers there.
    """
    stop = len(text) if end is None else end
    spans = [span for span in _place(text, marks) if span.mark.type in _SHOWN]
    return _render(text, start, stop, _clip(spans, start, stop), 0)


def find_ranges(text: str, marks: Sequence[Mark]) -> list[tuple[int, int, Mark]]:
    """Return the marks with their ranges in code points."""
    return [(span.start, span.end, span.mark) for span in _place(text, marks)]


def _place(text: str, marks: Sequence[Mark]) -> list[_Span]:
    """Turn UTF-16 units into code points."""
    if not marks:
        return []
    starts, units = {}, 0
    for index, char in enumerate(text):
        starts[units] = index
        units += 2 if char > "\uffff" else 1
    starts[units] = len(text)

    def find(offset: int) -> int:
        return starts.get(offset, starts.get(offset - 1, len(text)))

    placed = (_Span(find(m.offset), find(m.offset + m.length), m) for m in marks)
    return sorted((s for s in placed if s.start < s.end), key=lambda s: (s.start, -s.end))


def _clip(spans: Sequence[_Span], start: int, end: int) -> list[_Span]:
    clipped = (_Span(max(s.start, start), min(s.end, end), s.mark) for s in spans)
    return [s for s in clipped if s.start < s.end]


def _render(text: str, start: int, end: int, spans: Sequence[_Span], depth: int) -> str:
    """Render a range; `spans` are sorted, outer ones first."""
    out, at, index = "", start, 0
    while index < len(spans) and depth < _DEEPEST:
        outer = spans[index]
        index += 1
        if outer.start < at:  # what is left of one that began within the last
            continue
        inner = []
        while index < len(spans) and spans[index].start < outer.end:
            inner.append(spans[index])
            index += 1
        out += text[at : outer.start]
        out = _join(out, _wrap(text, outer, _clip(inner, outer.start, outer.end), depth), outer.mark.type)
        at = outer.end
        if outer.mark.type in _BLOCKS and at < end and text[at] != "\n":
            out += "\n"
    return out + text[at:end]


def _join(before: str, wrapped: str, kind: str) -> str:
    gap = "\n" if kind in _BLOCKS and before and not before.endswith("\n") else ""
    return f"{before}{gap}{wrapped}"


def _wrap(text: str, span: _Span, inner: Sequence[_Span], depth: int) -> str:
    mark, plain = span.mark, text[span.start : span.end]
    if mark.type == "code":
        fence = "`" * (_longest_run(plain) + 1)
        gap = " " if plain.startswith("`") or plain.endswith("`") else ""
        return f"{fence}{gap}{plain}{gap}{fence}"
    if mark.type == "pre":
        fence = "`" * max(3, _longest_run(plain) + 1)
        language = mark.language if mark.language and _LANGUAGE.fullmatch(mark.language) else ""
        return f"{fence}{language}\n{plain.strip(chr(10))}\n{fence}"
    within = _render(text, span.start, span.end, inner, depth + 1)
    if mark.type == "text_link":
        return _link(within, mark.url or "")
    if mark.type in _BLOCKS:
        return "\n".join(f"> {line}".rstrip() for line in within.split("\n"))
    return _pair(within, _PAIRS[mark.type])


def _longest_run(text: str) -> int:
    return max((len(run[0]) for run in _RUNS.finditer(text)), default=0)


def _link(text: str, url: str) -> str:
    address = re.sub(r"[\s<>]", "", url)[:2048].replace("(", "%28").replace(")", "%29")
    if not address or address.rstrip("/") == text.strip().rstrip("/"):
        return text
    return f"[{text}]({address})"


def _pair(text: str, sign: str) -> str:
    """Set signs around the words, within the blanks at their ends, as Markdown wants them."""
    words = text.strip()
    if not words:
        return text
    head = text[: len(text) - len(text.lstrip())]
    return f"{head}{sign}{words}{sign}{text[len(text.rstrip()) :]}"
