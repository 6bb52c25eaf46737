"""The button that stops a turn; pure. It names its turn, so that an old one never stops another."""

from __future__ import annotations

import re

from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys

_DATA = re.compile(r"st:([0-9]{1,18})")


def build_button(language: str, turn_id: int) -> Button:
    """Build the button that stops a turn."""
    return Button(keys.again_stop(language), f"st:{turn_id}")


def parse_stop(data: str) -> int | None:
    """Return the turn that a pressed button stops; None for any other button."""
    match = _DATA.fullmatch(data)
    return int(match[1]) if match else None
