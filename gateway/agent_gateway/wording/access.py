"""Buttons and links by which people are let in; pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys

ASK: Final = "ac:ask"
"""What the button gives back by which an unknown person asks to be let in."""
_DECISION = re.compile(r"ac:(allowed|later|never):([0-9]{1,18})")


class Decision(StrEnum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    LATER = "later"
    NEVER = "never"


def build_ask_button(language: str) -> Button:
    """Build the button by which an unknown person asks to be let in."""
    return Button(keys.access_unknown_ask(language), ASK)


def build_decision_buttons(language: str, request_id: int) -> tuple[Button, ...]:
    """Build the buttons by which an administrator decides a request."""
    words = {
        Decision.ALLOWED: keys.access_request_in(language),
        Decision.LATER: keys.access_request_later(language),
        Decision.NEVER: keys.access_request_never(language),
    }
    return tuple(
        Button(text, f"ac:{decision}:{request_id}", beside=decision is not Decision.ALLOWED)
        for decision, text in words.items()
    )


def build_allow_button(language: str, request_id: int) -> Button:
    """Build the button by which an administrator allows the group that it stands in."""
    return Button(keys.group_known_allow(language), f"ac:{Decision.ALLOWED}:{request_id}")


def parse_decision(data: str) -> tuple[Decision, int] | None:
    """Return the decision and the request of a pressed button; None for any other button."""
    match = _DECISION.fullmatch(data)
    return (Decision(match[1]), int(match[2])) if match else None


def build_link(bot: str, code: str) -> str:
    """Return the link that opens the bot and sends it a code (Telegram, "Deep links", bot links)."""
    return f"https://t.me/{bot}?start={code}"
