"""What is said of voice messages: what was heard, and why nothing was. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent_gateway.speech.problems import Trouble
from agent_gateway.wording import keys
from agent_gateway.wording.units import duration
from agent_gateway.wording.waiting import with_details

_BY_TROUBLE: Final[dict[Trouble, Callable[[str], str]]] = {
    Trouble.OFF: keys.speech_off,
    Trouble.VIDEO: keys.speech_video,
    Trouble.AWAY: keys.speech_away,
    Trouble.BUSY: keys.speech_busy,
    Trouble.REFUSED: keys.speech_refused,
    Trouble.UNREADABLE: keys.speech_unreadable,
    Trouble.SILENT: keys.speech_silent,
}
SET_PROVIDER: Final = "speech.provider (SPEECH_PROVIDER)"
"""What an administrator sets where nothing can hear."""
_MARKS: Final = frozenset("\\`*_~|<>[]()#!$")


def not_heard(language: str, *, trouble: Trouble, longest: int, details: str = "") -> str:
    """Say that a voice message was not understood.

    Args:
        language: Of whoever spoke.
        trouble: Why.
        longest: Seconds that are heard at most.
        details: For an administrator alone; empty for others.
    """
    if trouble is Trouble.TOO_LONG:
        return keys.speech_too_long(language, most=duration(language, longest))
    text = _BY_TROUBLE[trouble](language)
    return with_details(language, text, details) if details else text


def heard(language: str, words: str) -> str:
    """Return, as Markdown, what was understood, as a quote, and how it is corrected."""
    plain = "".join(f"\\{sign}" if sign in _MARKS else sign for sign in words)
    quoted = "\n".join(f"> {line}".rstrip() for line in f"🎙 {plain}".splitlines())
    return f"{quoted}\n\n{keys.speech_heard(language)}"


def told(words: str, seconds: int) -> str:
    """Return a voice message's words as the agent gets them."""
    return f"[voice message, {seconds} s] {words}"
