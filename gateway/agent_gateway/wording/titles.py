"""Titles: how conversations are named to people, and one for a topic from what was said first, without a model. Pure and linear."""

from __future__ import annotations

import re
from typing import Final

from agent_gateway.render.foreign import clean_said, disarm
from agent_gateway.wording import keys

PRIVATE: Final = "private chat"
"""The title of what is said in a private chat, as it is stored and as the cluster shows it."""
LONGEST: Final = 40
"""Characters of a title."""
_READ: Final = 2000
"""Characters of a text that are looked at."""
_HEADING = re.compile(r"#{1,3} +(\S.*)")
_MARKS = re.compile(r"[*_`~#|]+")
_LINK = re.compile(r"\[([^\[\]]{1,200})\]\([^()\s]{1,500}\)")
_ADDRESS = re.compile(r"https?://(?:www\.)?([^\s/?#]{1,100})\S{0,500}")
_END = re.compile(r"[.!?](?=\s)|[\u3002\uff01\uff1f]")
_SHORTEST: Final = 3


def show_title(language: str, title: str) -> str:
    """Return what a person reads as the title of a conversation."""
    return keys.threads_private(language) if title == PRIVATE else disarm(title) or keys.threads_untitled(language)


def compute_title(asked: str, answer: str) -> str:
    """Return a title: the heading that the answer begins with, or else the first sentence of the question.

    Empty where neither says anything.
    """
    first = next((line.strip() for line in clean_said(answer[:_READ]).splitlines() if line.strip()), "")
    heading = _HEADING.fullmatch(first)
    return (_shorten(_clean(heading[1])) if heading else "") or _shorten(_find_sentence(asked))


def _find_sentence(asked: str) -> str:
    fenced = False
    for line in asked[:_READ].splitlines():
        text = line.strip()
        if text.startswith("```"):
            fenced = not fenced
            continue
        if fenced or not text or text.startswith(">") or (text.startswith("[") and text.endswith(("]", ":"))):
            continue  # code, a quote, or a line that says what the message refers to
        text = _clean(text)
        if len(text) < _SHORTEST:
            continue
        end = next((match for match in _END.finditer(text) if match.start() >= _SHORTEST), None)
        return text if end is None else text[: end.end()]
    return ""


def _clean(text: str) -> str:
    text = _ADDRESS.sub(r"\1", _LINK.sub(r"\1", text))
    return " ".join(_MARKS.sub("", text).split()).strip(" .,:;-\u3002")


def _shorten(text: str) -> str:
    text = text.rstrip(".\u3002")
    if len(text) > LONGEST:
        cut = text[: LONGEST - 1]
        words = cut.rpartition(" ")[0]
        text = f"{(words if len(words) >= LONGEST // 2 else cut).rstrip(' ,:;')}…"
    return text[:1].upper() + text[1:]
