"""How long a message waits for what its person may write next, and what that is a part of. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from agent_gateway.store.rows import Turn
from agent_gateway.telegram.inbound.incoming import Prompt
from agent_gateway.wording.texts import count_units

LONG_UNITS: Final = 3600
"""Telegram's programs cut a longer text than 4096 UTF-16 units into messages, each at the last line or word that fits."""
SHORT_WAIT: Final = 0.8
"""Seconds that a message waits whose person goes on writing."""
LONG_WAIT: Final = 1.5
"""Seconds that one waits which its program sends in several: an album, a forwarded bundle, a long text."""
FOLLOW_SECONDS: Final = 2.0
"""So long after a question, what is forwarded belongs to it, though its answer may have begun: a program sends the comment
first and the bundle behind it."""


def find_wait(prompt: Prompt, *, goes_on: bool) -> float | None:
    """Return for how many seconds more may follow; None where a message starts at once.

    Args:
        prompt: The message.
        goes_on: Something waits in its conversation, or comes from its chat behind it.
    """
    silent = bool(prompt.files) and not prompt.text
    if prompt.forwarded or prompt.album is not None or silent or count_units(prompt.text) >= LONG_UNITS:
        return LONG_WAIT
    return SHORT_WAIT if goes_on else None


def may_join(prompt: Prompt, own: frozenset[int]) -> bool:
    """Say whether a message is a part of a turn of the same person that waits.

    Args:
        prompt: The message.
        own: The messages that the turn asks: a reply to anything else is a question of its own.
    """
    return prompt.reply_to is None or prompt.reply_to in own


def follows(prompt: Prompt, running: Turn, came_at: datetime) -> bool:
    """Say whether a message belongs to the question that is being answered, whose agent has it already."""
    if not prompt.forwarded or prompt.files or prompt.person_id != running.person_id or running.again_of is not None:
        return False
    return (came_at - running.created_at).total_seconds() <= FOLLOW_SECONDS
