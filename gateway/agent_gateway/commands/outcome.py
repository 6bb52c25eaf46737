"""What a command or button says."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.store.chatrows import Button


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said to who asked. What follows besides is noted on the transaction."""

    text: str
    """Empty: nothing is said."""
    buttons: tuple[Button, ...] = ()
    """Under what is said."""
