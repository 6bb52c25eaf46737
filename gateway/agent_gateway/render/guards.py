"""Markdown as models write it, made such that a parser of CommonMark reads it as it was meant. Pure.

Each guard is one function from text to text, linear in its length. `tests/unit/gateway/render/test_library_alone.py` lists what
the parser makes of such text alone: a guard may go when the parser has learnt it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyromark

from agent_gateway.render.emphasis import join_emphasis
from agent_gateway.render.fences import lengthen_fences
from agent_gateway.render.formulas import Formulas
from agent_gateway.render.marks import (
    BRACKET,
    BREAK,
    DETAILS,
    DETAILS_END,
    LESS,
    PIPE,
    STAR,
    SUMMARY,
    UNDERSCORE,
)

PARSER: Final = pyromark.Markdown(
    options=pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_GFM
)

_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!https?://|mailto:)(?<!\]\(<)")
_FOOTNOTE = re.compile(r"\[(?=\^)")
_DEFINITION = re.compile(r"[ \t>]*(?:(?:[-+*]|[0-9]{1,9}[.)])[ \t]+)?\[([^\[\]]{1,999})\]:")
_LABEL = re.compile(r"\[([^\[\]]{1,999})\]")
_DUNDER = re.compile(r"(?<!\w)__[A-Za-z]\w*?__(?!\w)")
_DELIMITERS: Final = frozenset("|:- \t>")
_ROW_CODE = re.compile(r"(?<!`)`[^`]+`(?!`)|(?<!`)``[^`]+``(?!`)")
_BREAK_TAG = re.compile(f"{LESS}[bB][rR][ \t]?/?>")
LONGEST_SUMMARY: Final = 300
"""Characters of a summary; what is longer is text."""
_PREFIX = r"^[ \t>]*(?:[-+*][ \t]+|[0-9]{1,9}[.)][ \t]+)?"
_DETAILS_TAGS = re.compile(
    f"(?P<start>{_PREFIX})?(?:{LESS}(?P<tag>/?details)[^>{LESS}\n]{{0,40}}>|{LESS}summary>(?P<summary>[^{LESS}]{{0,{LONGEST_SUMMARY}}}"
    f"(?:{LESS}/?(?:b|strong|code|i|em)>[^{LESS}]{{0,{LONGEST_SUMMARY}}}){{0,6}}){LESS}/summary>)[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text that the parser reads as it was meant, and the formulas that were taken out of it."""

    text: str
    formulas: Formulas


def prepare(markdown: str) -> Prepared:
    """Return what the parser is given in place of `markdown`, which holds none of the marks."""
    text = _TAG.sub(LESS, lengthen_fences(markdown))
    if f"{LESS}details" in text.lower():
        text = "".join(p if code else _mark_details(p) for p, code in find_code(text, blocks_only=True))
    text = _keep_pipes(text) if "|" in text and "`" in text else text
    text = _FOOTNOTE.sub(BRACKET, _keep_definitions(text))
    formulas = Formulas()
    pieces = [(piece if code else _guard(piece, formulas), code) for piece, code in find_code(text)]
    text = "".join(piece for piece, _ in pieces)
    if "*" not in text and "~~" not in text:
        return Prepared(text, formulas)
    seen = "".join(_hide(piece) if code else piece for piece, code in pieces)
    return Prepared(join_emphasis(text, seen), formulas)


def find_code(text: str, *, blocks_only: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, and which of them the parser takes for code: in blocks, and mostly in lines too."""
    data, cursor = text.encode(), 0
    for event, where in PARSER.events_with_range(text):
        if not isinstance(event, dict):
            continue
        begun = event.get("Start")
        if (blocks_only or "Code" not in event) and not (isinstance(begun, dict) and "CodeBlock" in begun):
            continue
        if where["start"] >= cursor:
            yield data[cursor : where["start"]].decode(), False
            yield data[where["start"] : where["end"]].decode(), True
            cursor = where["end"]
    yield data[cursor:].decode(), False


def _guard(text: str, formulas: Formulas) -> str:
    """Apply what is meant for words and not for code."""
    if "$" in text or "\\" in text:
        text = formulas.take_out(text)
    if LESS in text:
        text = _BREAK_TAG.sub(BREAK, text)
    if "__" in text:
        text = _DUNDER.sub(lambda name: name[0].replace("_", UNDERSCORE), text)
    return "\n".join(map(keep_operators, text.split("\n"))) if "*" in text else text


def _hide(code: str) -> str:
    """Return something of the same length for code, of which the emphasis around it sees the first and last sign."""
    lines = code.split("\n")
    return "\n".join(f"`{'x' * (len(line) - 2)}`" if len(line) > 1 else line for line in lines)


# ------------------------------------------------------------------------------------------------ definitions of links


def _keep_definitions(text: str) -> str:
    """Keep the lines that define links which nothing uses: the parser would drop them."""
    if "]:" not in text:
        return text
    lines = text.split("\n")
    defined = Counter(found[1].casefold() for line in lines if (found := _DEFINITION.match(line)))
    used = Counter(label.casefold() for label in _LABEL.findall(text)) if defined else Counter()
    unused = {label for label, times in defined.items() if used[label] <= times}
    for index, line in enumerate(lines):
        found = _DEFINITION.match(line)
        if found is not None and found[1].casefold() in unused:
            at = found.start(1) - 1
            lines[index] = f"{line[:at]}{BRACKET}{line[at + 1 :]}"
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------- pipes in tables


def _keep_pipes(text: str) -> str:
    """Keep pipes in code in the rows of a table that would have too many cells by them: models do not escape those."""
    lines = text.split("\n")
    columns = 0
    for index, line in enumerate(lines):
        if "|" not in line:
            columns = 0
        elif "-" in line and index and _DELIMITERS.issuperset(line):
            columns = line.count("|")
            lines[index - 1] = _mask_pipes(lines[index - 1], columns)
        elif columns:
            lines[index] = _mask_pipes(line, columns)
    return "\n".join(lines)


def _mask_pipes(line: str, columns: int) -> str:
    if "`" not in line or line.count("|") <= columns:
        return line
    return _ROW_CODE.sub(lambda code: code[0].replace("|", PIPE) if "\\|" not in code[0] else code[0], line)


# --------------------------------------------------------------------------------------------------------- <details>


def _mark_details(text: str) -> str:
    """Set what unfolds, and its summary, on paragraphs of their own, within the quote or item that they stand in.

    A tag counts at the beginning of a line or behind another one, and at the end of a line where it closes.
    """
    parts, cursor, prefix = [], 0, ""
    for found in _DETAILS_TAGS.finditer(text):
        follows = found.start() == cursor and cursor > 0
        if found["start"] is None and not follows and not (found["tag"] or "").startswith("/"):
            continue
        if not follows:
            line = text.rfind("\n", 0, found.start()) + 1
            prefix = found["start"] or _read_prefix(text, line)
        below = re.sub(r"[^>\s]", " ", prefix)
        paragraph = f"\n{below}\n{below}"
        mark = DETAILS_END if found["tag"] and found["tag"][0] == "/" else DETAILS
        if found["summary"] is not None:
            mark = f"{SUMMARY}{' '.join(found['summary'].split())}{SUMMARY}"
        begun = "" if follows else f"{below}\n{prefix}" if found["start"] is not None else paragraph
        parts += [text[cursor : found.start()], begun, mark, paragraph]
        cursor = found.end()
    return "".join([*parts, text[cursor:]])


def _read_prefix(text: str, line: int) -> str:
    found = re.compile(_PREFIX, re.MULTILINE).match(text, line)
    return found[0] if found is not None else ""


# --------------------------------------------------------------------------------------------------------- arithmetic

_STARS = re.compile(r"(?<![*\\])(\*{1,2})(?!\*)")
_OPERAND = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_BEFORE, _AFTER = _OPERAND | frozenset(")]"), _OPERAND | frozenset("(")


def keep_operators(line: str) -> str:
    """Keep stars between operands, as in `w*h*2` and `x**2 + y**2`.

    Two of them may also end what is bold, as in `**N**th`: where a line opens more than it closes they are left.
    """
    runs = list(_STARS.finditer(line))
    operators = [
        run
        for run in runs
        if line[run.start() - 1 : run.start()] in _BEFORE and line[run.end() : run.end() + 1] in _AFTER
    ]
    if not operators:
        return line
    between = {run.start() for run in operators}
    others = [run for run in runs if len(run[0]) == 2 and run.start() not in between]
    opening = sum(line[run.end() : run.end() + 1].strip() != "" and not _follows_word(line, run) for run in others)
    parts, cursor = [], 0
    for run in operators:
        if len(run[0]) == 1 or opening <= len(others) - opening:
            parts += [line[cursor : run.start()], STAR * len(run[0])]
            cursor = run.end()
    return "".join([*parts, line[cursor:]])


def _follows_word(line: str, run: re.Match[str]) -> bool:
    return run.start() > 0 and not line[run.start() - 1].isspace() and line[run.start() - 1] not in "([{\"'"
