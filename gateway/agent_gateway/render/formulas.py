"""Formulas in LaTeX, as models write them outside of code: found, taken out, and shown in Unicode. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from telegramify_markdown.latex_escape.helper import LatexToUnicodeHelper

from agent_gateway.render.marks import FORMULA, FORMULA_MARK, restore

LONGEST_FORMULA: Final = 500
"""Characters of a formula; what is longer is text."""
_LONGEST_IN_DOLLARS: Final = 200
_MOST_DOUBLINGS: Final = 6
"""Commands in one formula that write a mark over each character: nested ones double its length each time."""
_GROWTH: Final = 8
"""How many times its source a formula in Unicode may be."""

_OPENERS = re.compile(r"(?<!\\)\\[(\[]|(?<![\\$])\$\$(?!\$)|(?<![\w$\\])\$(?![\s$])")
_CLOSERS: Final = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}
_LIKE_A_FORMULA = re.compile(
    r"\\[A-Za-z]|[A-Za-z0-9)}\]]\^[{\w(]|(?<![A-Za-z0-9_])[A-Za-z]_[{A-Za-z0-9](?![A-Za-z0-9_])"
)
_LINE_BREAK = re.compile(r"(?<![ \t])[ \t]*\n[ \t>]*")
_DOUBLING = re.compile(r"\\(?:sqrt|over|under|[bx]?cancel|sout)")
_FRACTION = re.compile(r"\\[dtc]frac(?![A-Za-z])")
_SIZE = re.compile(r"\\(?:displaystyle|limits|nolimits|bigl?|bigr|Bigl?|Bigr)(?![A-Za-z])")
_LATEX: Final = LatexToUnicodeHelper()


@dataclass(frozen=True, slots=True)
class FormulaSource:
    """A formula as it was written, and without its delimiters."""

    written: str
    latex: str
    display: bool
    """It stands on lines of its own."""


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas of one text, in the order in which they were taken out."""

    found: list[FormulaSource] = field(default_factory=list)

    def take_out(self, text: str) -> str:
        """Return a text without code with a mark in place of each formula."""
        parts, cursor = [], 0
        for opener in _OPENERS.finditer(text):
            if opener.start() < cursor:
                continue
            formula = _read(text, opener)
            if formula is not None:
                parts += [text[cursor : opener.start()], f"{FORMULA}{len(self.found)}{FORMULA}"]
                self.found.append(formula)
                cursor = opener.start() + len(formula.written)
        return "".join([*parts, text[cursor:]])

    def restore(self, text: str) -> str:
        """Return a text with its formulas as they were written, and without any other marks."""
        if FORMULA in text:
            text = FORMULA_MARK.sub(lambda mark: self.found[int(mark[1])].written, text)
        return restore(text)


def _read(text: str, opener: re.Match[str]) -> FormulaSource | None:
    """Return the formula that begins here, if one does."""
    sign, start = opener[0], opener.end()
    closer = _CLOSERS[sign]
    longest = _LONGEST_IN_DOLLARS if sign == "$" else LONGEST_FORMULA
    end = text.find(closer, start, start + longest + len(closer))
    body = text[start:end] if end >= 0 else ""
    if not body.strip() or "\n\n" in body or "`" in body:
        return None
    if sign == "$" and not _is_between_dollars(body, text[end + 1 : end + 2]):
        return None
    latex = _LINE_BREAK.sub(" ", body).strip()
    return FormulaSource(text[opener.start() : end + len(closer)], latex, sign in {"\\[", "$$"})


def _is_between_dollars(body: str, after: str) -> bool:
    """Tell whether what stands between two dollars is a formula, and neither two prices nor two variables."""
    if "\n" in body or body != body.rstrip() or after.isalnum() or after in {"_", "$"}:
        return False
    return (len(body) == 1 and body.isalpha()) or _LIKE_A_FORMULA.search(body) is not None


def to_unicode(latex: str) -> str:
    """Return a formula in Unicode, or as it was written where that has no way to say it."""
    plain = _SIZE.sub("", _FRACTION.sub(r"\\frac", latex))
    if len(latex) > LONGEST_FORMULA or len(_DOUBLING.findall(plain)) > _MOST_DOUBLINGS:
        return latex
    try:
        shown = str(_LATEX.convert(plain))  # type: ignore[no-untyped-call]
    except (ValueError, IndexError, KeyError, RecursionError):  # it is no LaTeX
        return latex
    lines = [" ".join(line.split()) for line in shown.strip().split("\n")]
    shown = "\n".join(line for line in lines if line)
    # A command that it does not know stays with its arguments glued to it.
    return shown if shown and "\\" not in shown and len(shown) <= _GROWTH * len(latex) else latex
