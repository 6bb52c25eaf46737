"""Answers to messages that ask the agent nothing. Pure."""

from __future__ import annotations

from agent_gateway.wording import keys
from agent_gateway.wording.units import size


def too_large(language: str, *, name: str, count: int) -> str:
    """Say that Telegram does not let a bot fetch a file of `count` bytes."""
    return keys.too_large(language, name=name, size=size(language, count))
