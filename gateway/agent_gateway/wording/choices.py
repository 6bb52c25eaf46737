"""What a conversation can be set to besides its model: texts and buttons; pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, get_args

from agent_contract.terms import Thinking
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys

LEVELS: Final[tuple[Thinking, ...]] = get_args(Thinking)
USUAL: Final = ""
"""In place of a level: the class's own."""
SHOWN: Final = (0, 1, 2)
"""How much of the work is shown."""
_CHOICES: Final = (USUAL, *LEVELS)
_THINK = re.compile(r"tn:([0-9]{1,18}):([0-9])")
_VERBOSE = re.compile(r"vb:([0-9]{1,18}):([0-2])")
_WORDS: Final[dict[str, Callable[[str], str]]] = {
    USUAL: keys.think_usual,
    "off": keys.think_off,
    "minimal": keys.think_minimal,
    "low": keys.think_low,
    "medium": keys.think_medium,
    "high": keys.think_high,
    "xhigh": keys.think_xhigh,
}
_SHOWN_WORDS: Final = (keys.verbose_level_0, keys.verbose_level_1, keys.verbose_level_2)


def level_text(language: str, level: str) -> str:
    """Name a level of thinking."""
    return _WORDS[level](language)


def build_think_buttons(language: str, thread_id: int, level: str) -> tuple[Button, ...]:
    """Build a button for each level; the current one is marked."""
    return tuple(
        Button(_mark(level_text(language, choice), chosen=choice == level), f"tn:{thread_id}:{number}", beside=number % 2 == 0 < number)
        for number, choice in enumerate(_CHOICES)
    )  # fmt: skip


def parse_think(data: str) -> tuple[int, str] | None:
    """Return the thread and the level of a pressed button; None for any other button."""
    match = _THINK.fullmatch(data)
    if match is None or int(match[2]) >= len(_CHOICES):
        return None
    return int(match[1]), _CHOICES[int(match[2])]


def build_verbose_buttons(language: str, thread_id: int, level: int) -> tuple[Button, ...]:
    """Build a button for each amount; the current one is marked."""
    return tuple(
        Button(_mark(words(language), chosen=number == level), f"vb:{thread_id}:{number}")
        for number, words in enumerate(_SHOWN_WORDS)
    )


def verbose_text(language: str, level: int, *, chosen: bool) -> str:
    """Say how much of the work is shown now or, where it was `chosen`, from the next answer on."""
    head = keys.verbose_next(language) if chosen else keys.verbose_now(language)
    return f"{head} {_SHOWN_WORDS[level](language)}"


def parse_verbose(data: str) -> tuple[int, int] | None:
    """Return the thread and the amount of a pressed button; None for any other button."""
    match = _VERBOSE.fullmatch(data)
    return (int(match[1]), int(match[2])) if match else None


def _mark(words: str, *, chosen: bool) -> str:
    return f"✓ {words}" if chosen else words
