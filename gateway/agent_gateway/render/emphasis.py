"""Emphasis beside signs of punctuation, as in `**Note:**text`, and without spaces in Chinese. Pure.

CommonMark lets `**` neither end between a sign and a letter nor begin between a letter and a sign, as it looks for white
space there; Chinese, Japanese and Korean have none, and models leave it out elsewhere too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from agent_gateway.render.marks import JOINER

_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u303f\u3040-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003fffd]"
)
_RUN = re.compile(r"(?<![\\*~])(?:\*{1,3}|~~)(?![*~])")
_COLONS = frozenset(":\uff1a")


def is_cjk(character: str) -> bool:
    """Tell whether a character is Chinese, Japanese or Korean, or a sign of their punctuation."""
    return _CJK.match(character) is not None


def join_emphasis(text: str, seen: str) -> str:
    """Put a joiner, which the parser takes for a letter, between runs of stars or tildes and signs of punctuation.

    Beside Chinese, Japanese and Korean every such run may begin and end emphasis, as the draft "markdown-cjk-friendly" of the
    CommonMark community says. Elsewhere it needs its partner in the same line.

    Args:
        text: The Markdown.
        seen: The same with other letters in place of code, each at the same place.
    """
    parts, cursor, start = [], 0, 0
    for line in seen.split("\n"):
        runs = list(_RUN.finditer(line))
        for at in sorted({*_find_beside_cjk(line, runs), *_find_pairs(line, runs)}):
            parts += [text[cursor : start + at], JOINER]
            cursor = start + at
        start += len(line) + 1
    return "".join([*parts, text[cursor:]])


def _find_beside_cjk(line: str, runs: list[re.Match[str]]) -> Iterator[int]:
    for run in runs:
        before, after = _get_neighbours(line, run)
        if before.isspace() or after.isspace() or not (is_cjk(before) or is_cjk(after)):
            continue
        if _is_sign(before) != _is_sign(after):
            yield run.start() if _is_sign(before) else run.end()


def _find_pairs(line: str, runs: list[re.Match[str]]) -> Iterator[int]:
    """Yield where joiners go at two stars that are a pair beyond doubt: the first begins at a word, the next ends behind one."""
    opener: re.Match[str] | None = None
    for run in runs:
        before, after = _get_neighbours(line, run)
        if run[0] != "**":
            continue
        titled = before == " " and line[run.start() - 2 : run.start() - 1] in _COLONS
        if opener is None or (before.isspace() and not titled):
            opener = None if after.isspace() else run
            continue
        outside, first = _get_neighbours(line, opener)
        if _is_sign(first) and not _is_sign(outside) and not outside.isspace():
            yield opener.end()
        if (_is_sign(before) or titled) and not _is_sign(after) and not after.isspace():
            yield run.start()
        opener = None


def _get_neighbours(line: str, run: re.Match[str]) -> tuple[str, str]:
    return line[run.start() - 1 : run.start()] or " ", line[run.end() : run.end() + 1] or " "


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def count_cjk(text: str) -> int:
    """Return how many characters are Chinese, Japanese or Korean."""
    return len(_CJK.findall(text))
