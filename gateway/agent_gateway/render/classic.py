"""Blocks to a text with entities, as any client shows it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent_gateway.render.foreign import find_other_host, find_taps, is_sendable
from agent_gateway.render.formulas import to_unicode
from agent_gateway.render.marks import restore
from agent_gateway.render.nodes import (
    Block,
    Break,
    Code,
    CodeBlock,
    Details,
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
    to_plain,
)
from agent_gateway.render.tables import draw_grid
from agent_gateway.render.times import ShownTime, read_time
from agent_gateway.telegram.ports import Entity

LONG_QUOTE: Final = 200
"""UTF-16 units of a quote; a longer one unfolds."""
_INDENT: Final = "\u2002\u2002"
"""Before a further paragraph of an item: about as wide as its bullet."""
_LEVEL: Final = "  "
NOTHING: Final = "–"  # noqa: RUF001  # a dash
_RULE: Final = "————————"
_HEADINGS: Final = (("bold", "underline"), ("bold", "underline"), ("bold",), ("bold",), ("italic",), ("italic",))
ALERTS: Final = {"Note": "📝", "Tip": "💡", "Important": "❗", "Warning": "⚠️", "Caution": "🛑"}
_LOWERED: Final = str.maketrans("0123456789+-=()aeoxijnmkt", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓᵢⱼₙₘₖₜ")
_RAISED: Final = str.maketrans("0123456789+-=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ")
_SMALL: Final = {"subscript": (_LOWERED, "_"), "superscript": (_RAISED, "^")}
_UNTOUCHED: Final = frozenset({"code", "pre", "text_link"})
_SHOWN_AS: Final = {"marked": "bold"}


def write(blocks: Sequence[Block]) -> tuple[str, list[Entity]]:
    """Return the text and its entities, which may be inside others; what Telegram forbids of it is left in.

    Commands and names of people are code in it: a tap copies them.
    """
    writer = _Writer()
    writer.write_blocks(blocks)
    text = writer.get_text()
    return text, [*mark_taps(text, writer.entities), *writer.entities]


def mark_taps(text: str, entities: Sequence[Entity] = ()) -> list[Entity]:
    """Return code for what a tap would do something with and is no link to a page: a tap copies it then."""
    covered = ((entity.offset, entity.end) for entity in entities if entity.type in _UNTOUCHED)
    return [Entity("code", start, end - start) for start, end in find_taps(text, covered)]


def get_target(span: Span, label: str) -> str:
    """Return what is written behind the words of a link that leads nowhere from a chat: its address, if they do not say it."""
    target = span.url.removeprefix("mailto:")
    if not label.strip():
        return target
    named = not target or target in label or (target.startswith("#") and span.kind != "image")
    return "" if named else f" ({target})"


class _Writer:
    """The text so far, its length in UTF-16 units, and how many line ends it has at its end."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._units = 0
        self._line_ends = 0
        self._new_line = "\n"
        """The end of a line within a paragraph, with the indentation of the next."""
        self.entities: list[Entity] = []

    def get_text(self) -> str:
        return "".join(self._parts)

    def write_blocks(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            if self._parts:
                self._end_line(2 if block.gap else 1)
            self._write_block(block)

    def _put(self, text: str) -> None:
        if not text:
            return
        self._parts.append(text)
        self._units += len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
        bare = text.rstrip("\n")
        self._line_ends = len(text) - len(bare) + (self._line_ends if not bare else 0)

    def _end_line(self, wanted: int = 1) -> None:
        self._put("\n" * (wanted - self._line_ends))

    def _mark(
        self, kind: str, start: int, url: str | None = None, language: str | None = None, time: ShownTime | None = None
    ) -> None:
        if self._units > start:
            self.entities.append(Entity(kind, start, self._units - start, url, language, time))

    def _write_record(self, names: Sequence[Sequence[Inline]], row: Sequence[Sequence[Inline]]) -> None:
        for column, cell in enumerate(row):
            named = bool(names) and to_plain(names[column]).strip() != ""
            empty = not to_plain(cell).strip()
            if empty and not named:
                continue
            if column and names:
                self._end_line()
            elif column:
                self._put(" · ")
            if named:
                self._write_inlines(names[column])
                self._put(f": {NOTHING}" if empty else ": ")
            start = self._units
            self._write_inlines(cell)
            if not column and len(row) > 1:
                self._mark("bold", start)

    # ------------------------------------------------------------------------------------------------------- blocks

    def _write_block(self, block: Block, level: int = 0) -> None:
        match block:
            case Paragraph(children):
                self._write_inlines(children)
            case Heading(size, children):
                start = self._units
                self._write_inlines(children)
                for kind in _HEADINGS[size - 1]:
                    self._mark(kind, start)
            case CodeBlock():
                start = self._units
                self._put(block.code)
                self._mark("pre", start, language=block.language or None)
            case Quote():
                self._write_quote(block)
            case Listing():
                self._write_list(block, level)
            case Table():
                self._write_table(block)
            case Rule():
                self._put(_RULE)
            case Details():
                self._write_details(block)

    def _write_quote(self, quote: Quote) -> None:
        start, outer = self._units, self._new_line
        self._new_line = "\n"
        if quote.alert:
            title = self._units
            self._put(f"{ALERTS[quote.alert]} {quote.alert}")
            self._mark("bold", title)
            self._put("\n")
        for index, block in enumerate(quote.blocks):
            if index:
                self._end_line(2 if block.gap else 1)
            self._write_block(block)
        self._new_line = outer
        self._mark("expandable_blockquote" if self._units - start > LONG_QUOTE else "blockquote", start)

    def _write_details(self, details: Details) -> None:
        start = self._units
        self._put("▾ ")
        self._write_inlines(details.summary)
        self._mark("bold", start)
        if not details.blocks:
            return
        self._end_line()
        start = self._units
        for index, block in enumerate(details.blocks):
            if index:
                self._end_line(2 if block.gap else 1)
            self._write_block(block)
        self._mark("expandable_blockquote", start)

    def _write_list(self, listing: Listing, level: int) -> None:
        for index, item in enumerate(listing.items):
            if self._parts:
                self._end_line()
            number = None if listing.start is None else listing.start + index
            self._write_item(item, number, level)

    def _write_item(self, item: Item, number: int | None, level: int) -> None:
        outer, indent = self._new_line, _LEVEL * level
        self._new_line = f"\n{indent}{_INDENT}"
        bullet = "•" if number is None else f"{number}."
        self._put(f"{indent}{bullet if item.checked is None else '✅' if item.checked else '☐'} ")
        for index, block in enumerate(item.blocks):
            if index or not isinstance(block, Paragraph | Heading):
                self._end_line()
            if index and isinstance(block, Paragraph | Heading | Rule):
                self._put(f"{indent}{_INDENT}")
            self._write_block(block, level + 1)
        self._new_line = outer

    def _write_table(self, table: Table) -> None:
        grid = draw_grid(table)
        if grid is None:
            self._write_records(table)
            return
        start = self._units
        self._put(grid)
        self._mark("pre", start)

    def _write_records(self, table: Table) -> None:
        """Write each row as a paragraph: each cell behind the name of its column, the first in bold."""
        outer, self._new_line = self._new_line, " "
        head, *body = table.rows
        for index, row in enumerate(body or [head]):
            if index:
                self._end_line(2 if len(row) > 1 else 1)
            self._write_record(head if body else (), row)
        self._new_line = outer

    # -------------------------------------------------------------------------------------------------- inside lines

    def _write_inlines(self, children: Sequence[Inline]) -> None:
        for child in children:
            match child:
                case Text(text):
                    self._put(text)
                case Break():
                    self._put(self._new_line)
                case Code(text):
                    self._put_code("code", text)
                case Formula(latex, display):
                    shown = to_unicode(latex)
                    self._put_code("pre" if display and "\n" in shown else "code", shown)
                case Mark(mark):
                    self._put(restore(mark))
                case Span():
                    self._write_span(child)

    def _put_code(self, kind: str, text: str) -> None:
        if kind == "pre" and self._parts:
            self._end_line()
        start = self._units
        self._put(text)
        self._mark(kind, start)
        if kind == "pre":
            self._end_line()

    def _write_span(self, span: Span) -> None:
        start = self._units
        match span.kind:
            case "link" | "image":
                self._write_link(span)
            case "subscript" | "superscript":
                self._put(_make_small(to_plain(span.children), *_SMALL[span.kind]))
            case kind:
                self._write_inlines(span.children)
                self._mark(_SHOWN_AS.get(kind, kind), start)

    def _write_link(self, span: Span) -> None:
        if span.kind == "image":
            self._put("🖼 ")
        start, label = self._units, to_plain(span.children)
        self._write_inlines(span.children)
        time = read_time(span.url)
        if time is not None:
            self._mark("date_time", start, time=time)
            return
        if is_sendable(span.url):
            if not label.strip():
                self._put(span.url)
            self._mark("text_link", start, span.url)
            other = find_other_host(label, span.url)
            self._put(f" ({other})" if other else "")
            return
        self._put(get_target(span, label))


def _make_small(text: str, table: dict[int, int], sign: str) -> str:
    shown = text.translate(table)
    return (
        shown
        if all(ord(c) in table or c.isspace() for c in text)
        else f"{sign}{text}"
        if len(text) == 1
        else f"{sign}({text})"
    )
