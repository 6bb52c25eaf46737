"""What the chat and the agent are told after the database was put back to an earlier state; pure."""

from __future__ import annotations

from typing import Final

from agent_gateway.wording import keys
from agent_gateway.wording.say import LANGUAGES

REFUSED: Final = "The database was put back to an earlier state and lacks what this run has sent: it cannot go on."
"""Told to a run's log."""


def build_prefixes() -> dict[str, str]:
    """Return, by language, what stands before a message that may have been said before."""
    return {language: f"{keys.restored_repeated(language)}\n\n" for language in LANGUAGES}
