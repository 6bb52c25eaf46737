"""Words that somebody else chose, made fit to stand beside ours: a name cannot pass for a header line. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from agent_contract.text import CUT, clean

MOST_NAME: Final = 64
"""Characters of a name of a person or chat in a prompt."""
MOST_TITLE: Final = 256
"""Characters of the title of a conversation."""
MOST_QUOTED: Final = 2000
"""Characters of a text that is quoted."""
_LINES: Final = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_STEERS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Signs that turn the direction of what stands behind them."""
_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Those of them that reach beyond the text that they stand in (Unicode TR 9, embeddings, overrides and isolates)."""
_HEADERS: Final = re.compile(
    "(^|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])([ \t]{0,64})\\["
    r"(?=From |In reply to |Forwarded from |Written by kubectl |namely to |Said here |Its file |An event |Checks failed |This is asked by |The checklist of "
    r"|Only what people |voice message, |\w{1,20}day \d)"
    r"(?![^\]\n]{0,4096}\]\()"  # the words of a link stand in brackets too
)
"""The beginnings of lines that would read as header lines (`prompt`, `prefaces`, `wording.speech`)."""
_BRACKETS: Final = str.maketrans("[]", "()")
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters that show nothing."""


def clean_line(text: object, limit: int) -> str:
    """Return a text as one line that can be stored and turns nothing that stands behind it; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    return " ".join(_TURNS.sub("", clean(text[: 4 * limit])).split())[:limit]


def clean_name(name: object, limit: int = MOST_NAME) -> str:
    """Return a name as it may stand in a header line: on one line, without brackets and without turning the text."""
    line = clean_line(name, 4 * limit)
    shown = "".join(c for c in _STEERS.sub("", line) if unicodedata.category(c) not in {"Cc", "Zl", "Zp"})
    plain = " ".join(shown.translate(_BRACKETS).split())
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}{CUT}"


def escape_headers(text: str) -> str:
    """Return a person's own words; a line that looks like a header line is marked as theirs by a backslash."""
    return _HEADERS.sub(r"\1\2\\[", text)


def quote(text: object, limit: int = MOST_QUOTED) -> str:
    """Return a text as a Markdown quote, each line marked; empty for what says nothing."""
    if not isinstance(text, str) or not has_words(text):
        return ""
    kept = clean(text.strip(), limit)
    return "\n".join(f"> {line}".rstrip() for line in _LINES.split(_STEERS.sub("", kept)))


def has_words(text: str) -> bool:
    """Say whether a text shows anything: signs of no width ask nothing."""
    return any(unicodedata.category(c)[0] not in "ZC" and c not in _BLANK and not _is_variant(c) for c in text)


def _is_variant(char: str) -> bool:
    """Say whether a sign only chooses how the one before it looks."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
