"""The choice of a language: its buttons, and how a pressed one is read. Pure."""

from __future__ import annotations

import re
from typing import Final

from babel import Locale

from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.say import LANGUAGES

_DATA = re.compile(r"la:([a-z-]{0,16})")
_FOLLOW: Final = ""


def name_language(language: str) -> str:
    """Return what a language of the catalogue calls itself."""
    first, _, script = language.partition("-")
    locale = Locale.parse(f"{first}_{script.capitalize()}" if script else first)
    return str(locale.get_display_name(locale)).capitalize()


def build_language_buttons(language: str) -> tuple[Button, ...]:
    """Build a button for each language, and one that follows the person's program."""
    named = [Button(name_language(each), f"la:{each}") for each in LANGUAGES]
    return (*named, Button(keys.language_now_follow(language), f"la:{_FOLLOW}"))


def parse_language(data: str) -> str | None:
    """Return the language of a pressed button, empty for that which follows; None for any other button."""
    match = _DATA.fullmatch(data)
    return match[1] if match and (not match[1] or match[1] in LANGUAGES) else None
