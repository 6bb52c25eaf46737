"""What a Markdown text consists of: blocks and what stands in their lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent_gateway.render.formulas import to_unicode
from agent_gateway.render.marks import restore


class TooMuch(Exception):  # an outcome, not a fault
    """The text is nested too deep, or has too many pieces: it goes out as it is."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Code in a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in LaTeX, without its delimiters."""

    latex: str
    display: bool


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a line within a paragraph."""

    hard: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Words that are marked: `kind` is the name of Telegram's entity, or link, image, subscript, superscript."""

    kind: str
    children: tuple[Inline, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something that unfolds begins or ends, or its summary: one of the marks of `marks`."""

    mark: str


Inline = Text | Code | Formula | Break | Span | Mark


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of words."""

    children: tuple[Inline, ...]
    gap: bool = False
    """An empty line stands before it; the same for the other blocks."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the largest of six."""

    level: int
    children: tuple[Inline, ...]
    gap: bool = False


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block of code and its language, if it names one."""

    code: str
    language: str
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote; `alert` is the word of `> [!WARNING]`."""

    blocks: tuple[Block, ...]
    alert: str = ""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list; `checked` is None for one that is no task."""

    blocks: tuple[Block, ...]
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `start` is its first number, None for bullets."""

    start: int | None
    items: tuple[Item, ...]
    gap: bool = False
    ones: bool = False
    """Each item was written with the number 1."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first row is its head; `aligns` is left, center or right for each column."""

    rows: tuple[tuple[tuple[Inline, ...], ...], ...]
    aligns: tuple[str, ...]
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""

    gap: bool = False


@dataclass(frozen=True, slots=True)
class Details:
    """What unfolds below its summary."""

    summary: tuple[Inline, ...]
    blocks: tuple[Block, ...]
    gap: bool = False


Block = Paragraph | Heading | CodeBlock | Quote | Listing | Table | Rule | Details


def to_plain(children: Iterable[Inline]) -> str:
    """Return the words alone."""
    parts = []
    for child in children:
        match child:
            case Text(text) | Code(text):
                parts.append(text)
            case Formula(latex, _):
                parts.append(to_unicode(latex))
            case Mark(mark):
                parts.append(restore(mark))
            case Break():
                parts.append("\n")
            case Span():
                parts.append(to_plain(child.children))
    return "".join(parts)
