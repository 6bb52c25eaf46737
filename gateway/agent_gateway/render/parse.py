"""Markdown to blocks: what the parser finds, as `nodes`. Pure; linear, and with a bound for what is nested too deep."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from agent_gateway.render.blocks import arrange
from agent_gateway.render.guards import PARSER, prepare
from agent_gateway.render.marks import BREAK, DETAILS, DETAILS_END, FORMULA, LESS, SUMMARY
from agent_gateway.render.nodes import (
    Block,
    Break,
    Code,
    CodeBlock,
    Formula,
    Heading,
    Inline,
    Item,
    Listing,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    Text,
    TooMuch,
    to_plain,
)

MAX_DEPTH: Final = 40
"""How deep blocks and marked words may be nested; an indented list adds two for each of its levels."""
MAX_EVENTS: Final = 100_000
"""How many pieces a text may have; what has more, as an answer of most of a megabyte, goes out as it is."""

_TAGS: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline", "s": "strikethrough",
    "del": "strikethrough", "strike": "strikethrough", "mark": "marked", "sub": "subscript", "sup": "superscript",
    "kbd": "code", "code": "code", "tt": "code", "samp": "code",
}  # fmt: skip
_PIECE = re.compile(
    f"{LESS}(?P<end>/?)(?P<tag>{'|'.join(_TAGS)})>|{LESS}(?P<link>a)[ \t]+href=[\"'](?P<url>[^\"'\\s]{{1,2000}})[\"'][^>{LESS}]*>"
    f"|{LESS}(?P<linkend>/a)>|{FORMULA}(?P<formula>[0-9]+){FORMULA}|(?P<mark>[{DETAILS}{DETAILS_END}{SUMMARY}])|{BREAK}",
    re.IGNORECASE,
)
_SPANS: Final = {"Strong": "bold", "Emphasis": "italic", "Strikethrough": "strikethrough"}
_ONE = re.compile(rb"0*1[.)]")
_LANGUAGE = re.compile(r"[\w+#-][\w+#.-]*")
_MARKED = re.compile(f"[{LESS}{FORMULA}{BREAK}{DETAILS}{DETAILS_END}{SUMMARY}]")


@dataclass(slots=True)
class _Frame:
    """Something that has begun: what the parser calls it, its value, where, and what it holds so far."""

    name: str
    value: Any = None
    gap: bool = False
    written: str = ""
    """The tag of HTML that began it, which stays text where nothing ends it."""
    checked: bool | None = None
    cells_end: int = 0
    counted: bool = False
    """It is a list with an item whose number is not 1."""
    children: list[Any] = field(default_factory=list)


def parse(markdown: str) -> tuple[Block, ...]:
    """Return the blocks of a text that holds none of the marks of `marks`.

    Raises:
        TooMuch: it is nested too deep, or has too many pieces.
    """
    return _Builder(markdown).build()


class _Builder:
    def __init__(self, markdown: str) -> None:
        prepared = prepare(markdown)
        self._text = prepared.text
        self._data = prepared.text.encode()
        self._formulas = prepared.formulas
        self._frames = [_Frame("Root")]
        self._block_end = 0

    def build(self) -> tuple[Block, ...]:
        for count, (event, where) in enumerate(PARSER.events_with_range(self._text, merge_text=True)):
            if count >= MAX_EVENTS:
                raise TooMuch
            self._take(event, where["start"], where["end"])
        return arrange(_wrap(self._frames[0].children))

    def _take(self, event: Any, start: int, end: int) -> None:
        if isinstance(event, str):
            self._add(Rule(self._has_gap(start)) if event == "Rule" else Break(event == "HardBreak"))
            return
        kind, value = next(iter(event.items()))
        match kind:
            case "Start":
                self._open(value, start)
            case "End":
                self._close(next(iter(value)) if isinstance(value, dict) else value, end)
            case "Text":
                self._add_text(value)
            case "Code":
                self._add(Code(self._formulas.restore(value)))
            case "TaskListMarker":
                self._get_item().checked = value
            case _:
                self._add(Text(self._formulas.restore(str(value))))

    def _open(self, tag: Any, start: int) -> None:
        name, value = next(iter(tag.items())) if isinstance(tag, dict) else (tag, None)
        if len(self._frames) > MAX_DEPTH:
            raise TooMuch
        if name == "Item" and not _ONE.match(self._data, start):
            self._frames[-1].counted = True
        block = name in {"Paragraph", "Heading", "CodeBlock", "BlockQuote", "List", "Table"}
        self._frames.append(_Frame(name, value, self._has_gap(start) if block else False))

    def _has_gap(self, start: int) -> bool:
        """Tell whether an empty line stands before what begins here; signs of quotes do not fill a line."""
        before, at = 0, start
        while at > 0 and before < 2 and self._data[at - 1] in b" \t\r\n>":
            at -= 1
            before += self._data[at] == ord("\n")
        return before > 1

    def _get_item(self) -> _Frame:
        return next(frame for frame in reversed(self._frames) if frame.name == "Item")

    def _add(self, node: Any) -> None:
        children = self._frames[-1].children
        if isinstance(node, Break) and children and isinstance(children[-1], Break):
            return  # `<br>` at the end of a line
        if isinstance(node, Text) and children and isinstance(children[-1], Text):
            children[-1] = Text(children[-1].text + node.text)
        else:
            children.append(node)

    def _add_text(self, text: str) -> None:
        if self._frames[-1].name == "CodeBlock":
            self._frames[-1].children.append(text)
            return
        if not _MARKED.search(text):
            self._add_words(text)
            return
        cursor = 0
        for found in _PIECE.finditer(text):
            self._add_words(text[cursor : found.start()])
            self._add_piece(found)
            cursor = found.end()
        self._add_words(text[cursor:])

    def _add_words(self, text: str) -> None:
        if text:
            self._add(Text(self._formulas.restore(text)))

    def _add_piece(self, found: re.Match[str]) -> None:
        if found["formula"] is not None:
            source = self._formulas.found[int(found["formula"])]
            self._add(Formula(source.latex, source.display))
        elif found["linkend"] is not None or found["end"]:
            self._close_tag((found["tag"] or "a").lower(), found[0])
        elif found["tag"] is not None or found["link"] is not None:
            if len(self._frames) > MAX_DEPTH:
                raise TooMuch
            url = self._formulas.restore(found["url"] or "")
            self._frames.append(_Frame("Tag", ((found["tag"] or "a").lower(), url), written=found[0]))
        elif found["mark"] is not None:
            self._add(Mark(found[0]))
        else:
            self._add(Break(hard=True))

    def _close_tag(self, tag: str, written: str) -> None:
        if self._frames[-1].name != "Tag" or self._frames[-1].value[0] != tag:
            self._add_words(written)
            return
        frame = self._frames.pop()
        if tag == "a":
            self._add(Span("link", tuple(frame.children), frame.value[1]))
        elif _TAGS[tag] == "code":
            self._add(Code(to_plain(frame.children)))
        else:
            self._add(Span(_TAGS[tag], tuple(frame.children)))

    def _close(self, name: str, end: int) -> None:
        while self._frames[-1].name == "Tag":  # nothing ended it: it is text
            frame = self._frames.pop()
            self._add_words(frame.written)
            for child in frame.children:
                self._add(child)
        frame = self._frames.pop()
        children, gap = frame.children, frame.gap
        match name:
            case "Strong" | "Emphasis" | "Strikethrough":
                self._add(Span(_SPANS[name], tuple(children)))
            case "Link" | "Image":
                self._add(Span(name.lower(), tuple(children), self._formulas.restore(frame.value["dest_url"])))
            case "Paragraph":
                self._add(Paragraph(tuple(children), gap))
            case "Heading":
                self._add(Heading(int(str(frame.value["level"])[1:]), tuple(children), gap))
            case "CodeBlock":
                self._add(self._make_code(frame))
            case "BlockQuote":
                self._add(Quote(arrange(_wrap(children)), str(frame.value or ""), gap))
            case "Item":
                self._add(Item(arrange(_wrap(children)), frame.checked))
            case "List":
                self._add(Listing(frame.value, tuple(children), gap, frame.value == 1 and not frame.counted))
            case "TableCell":
                self._frames[-1].children.append(tuple(children))
                self._frames[-1].cells_end = end
            case "TableHead" | "TableRow":
                self._frames[-1].children.append(self._complete_row(frame, end))
            case "Table":
                self._add(Table(tuple(children), tuple(str(align).lower() for align in frame.value), gap))
            case _:
                for child in children:
                    self._add(child)

    def _make_code(self, frame: _Frame) -> CodeBlock:
        label = frame.value.get("Fenced", "") if isinstance(frame.value, dict) else ""
        language = _LANGUAGE.search(self._formulas.restore(label))
        code = self._formulas.restore("".join(frame.children)).removesuffix("\n")
        return CodeBlock(code, language[0] if language is not None else "", frame.gap)

    def _complete_row(self, frame: _Frame, end: int) -> tuple[tuple[Inline, ...], ...]:
        """Return the cells of a row; those that the head has no column for go into the last."""
        cells = list(frame.children)
        left = self._data[frame.cells_end : end].decode(errors="replace").strip(" \t\r\n>|") if frame.cells_end else ""
        if left and cells:
            cells[-1] = (*cells[-1], Text(f" | {self._formulas.restore(left)}"))
        return tuple(cells)


def _wrap(children: list[Any]) -> list[Block]:
    """Return blocks: words that stand in an item without a paragraph are one."""
    blocks: list[Block] = []
    words: list[Inline] = []
    for child in children:
        if isinstance(child, Text | Code | Formula | Break | Span | Mark):
            words.append(child)
            continue
        if words:
            blocks.append(Paragraph(tuple(words)))
            words = []
        blocks.append(child)
    return [*blocks, Paragraph(tuple(words))] if words else blocks
