"""A text that is still being written, as if what it has begun were ended: no marker stands for the seconds until it is. Pure."""

from __future__ import annotations

import re
from typing import Final

from agent_gateway.render.fences import find_open_fence, lengthen_fences
from agent_gateway.render.guards import keep_operators

PREVIEWED: Final = 6000
"""Code points of what is being written that are looked at."""
_LONGEST: Final = 4096
"""Characters of the last paragraph that are looked at."""
_TICKS = re.compile(r"`+")
_TAIL = re.compile(r"(?:^|(?<=\s))(?:[*_~`]{0,4}!?\[?|\\)$")
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\s]{0,2000}(?:\([^()\s]{0,100}\)?)?$")
_OPEN_LINK = re.compile(r"!?\[([^\[\]\n^]{1,300})$")
_DELIMITERS = re.compile(r"\n[ \t]*+(\|?[ \t]*+:?-[-:| \t]*|\|[ \t]*)$")
_BEGUN = re.compile(
    r"[ \t>]*(?:[`~]{1,3}[\w+#.-]*|(?:[-+*]|#{1,6}|[0-9]{1,9}[.)]?|- \[[ xX]?\]?)[ \t]*|\[(?:![A-Za-z]*\]?)?|<[A-Za-z/]*)"
)
_TAG = re.compile(r"</?[A-Za-z]{0,10}$")
_UNPACKED = re.compile(r"(?<=[(,])[ ]?\*{1,2}(?=[A-Za-z_]\w{0,99}[,)=:])")
_SUMMARY = re.compile(r"<summary>[^<]{0,300}$", re.IGNORECASE)
_PAIRS: Final = {
    "**": re.compile(r"(?<![\\*])\*\*(?=[^\s*])|(?<=[^\s\\*])\*\*(?!\*)"),
    "*": re.compile(r"(?<![A-Za-z0-9_*\\])\*(?=[^\s*])|(?<=[^\s*\\])\*(?![A-Za-z0-9_*])"),
    "~~": re.compile(r"(?<![\\~])~~(?=[^\s~])|(?<=[^\s\\~])~~(?!~)"),
}


def complete(text: str) -> str:
    """Return a text that ends anywhere such that it can be shown: what was begun in its last paragraph is ended."""
    text = lengthen_fences(text)
    fence = find_open_fence(text)
    if fence:
        return _drop_half_fence(text, fence)
    fenced = max(text.rfind("```"), text.rfind("~~~"))
    start = max(text.rfind("\n\n"), text.find("\n", fenced) if fenced >= 0 else -1, len(text) - _LONGEST - 1) + 1
    return text[:start] + _complete_paragraph(text[start:])


def _drop_half_fence(text: str, fence: str) -> str:
    """Leave out the beginning of the line that closes a block of code."""
    line = text.rpartition("\n")[2].strip()
    return text[: len(text) - len(text.rpartition("\n")[2])] if line and line == fence[: len(line)] else text


def _complete_paragraph(text: str) -> str:
    line = text.rpartition("\n")[2]
    if _BEGUN.fullmatch(line):
        return text[: len(text) - len(line)]  # the beginning of a block: nothing of it is to be seen yet
    if (row := _DELIMITERS.search(text)) is not None and "|" in text[: row.start()].rpartition("\n")[2]:
        head = text[: row.start()].rpartition("\n")[2].strip().strip("|")
        return f"{text[: row.start()]}\n|{' - |' * (head.count('|') + 1)}"
    if line.lstrip(" >").startswith("|") and not text[: len(text) - len(line)].rstrip("\n").rpartition("\n")[
        2
    ].startswith("|"):
        return f"{text.rstrip(' |')} |\n|{' - |' * line.strip(' >|').count('|')} - |"
    text = _TAG.sub("", text)
    if _SUMMARY.search(text):
        return f"{text}</summary>"
    start = text.rfind("\n") + 1
    return text[:start] + _end_marks(_end_link(_TAIL.sub("", text[start:])))


def _end_link(text: str) -> str:
    """Show the words of a link whose address is still being written."""
    bare, _ = _hide_code(text)
    found = _LINK.search(bare) or _OPEN_LINK.search(bare)
    if found is None:
        return text
    return text[: found.start()] + text[found.start(1) : found.end(1)]


def _hide_code(text: str) -> tuple[str, re.Match[str] | None]:
    """Return a text with other letters in place of code in its lines, and the backticks that begin code which nothing ends."""
    runs = list(_TICKS.finditer(text))
    partner: dict[int, int] = {}
    latest: dict[int, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        size = len(runs[index][0])
        if size in latest:
            partner[index] = latest[size]
        latest[size] = index
    parts, cursor, index, opener = [], 0, 0, None
    while index < len(runs):
        run = runs[index]
        if index in partner:
            end = runs[partner[index]].end()
            parts += [text[cursor : run.start()], "x" * (end - run.start())]
            cursor, index = end, partner[index]
        elif opener is None and len(run[0]) <= 2 and text[run.end() : run.end() + 1].strip():
            opener = run
        index += 1
    return "".join([*parts, text[cursor:]]), opener


def _end_marks(line: str) -> str:
    bare, opener = _hide_code(line)
    ticks = len(bare) - len(bare.rstrip("`"))
    if opener is None and 0 < ticks <= len("``"):
        line, bare = line[:-ticks], bare[:-ticks]
    if opener is not None:
        closed = line.rstrip("`") if line[opener.end() :].strip("`") else line
        line, bare = f"{closed}{opener[0]}", f"{bare[: opener.start()]}x"
    line, tail = _split_tail(line) if opener is None else (line, "")
    if len(tail) > len("**"):
        return line + tail
    begun = _find_open(bare[: len(bare) - len(tail)] if opener is None else bare)
    if tail in begun.values():
        line, begun = line + tail, {at: mark for at, mark in begun.items() if mark != tail}
    return line.rstrip() + "".join(mark for _, mark in sorted(begun.items(), reverse=True)) if begun else line


def _split_tail(line: str) -> tuple[str, str]:
    """Return a line without the stars or tildes at its end, and those: half of a mark, or one that begins or ends words."""
    stem = line.rstrip("*~")
    return stem, line[len(stem) :]


def _find_open(bare: str) -> dict[int, str]:
    """Return where marks begin that nothing ends, each with its mark."""
    found = {}
    seen = _UNPACKED.sub(lambda stars: "x" * len(stars[0]), keep_operators(bare))
    for mark, pattern in _PAIRS.items():
        places = [place.start() for place in pattern.finditer(seen)]
        if len(places) % 2:
            found[places[-1]] = mark
    return found
