"""Which resources are this release's, where several share a namespace of agents; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from agent_contract import names

_NUMBER: Final = r"n?[0-9]+"


def is_mine(plural: str, raw: Mapping[str, Any], bot: str) -> bool:
    """Say whether a resource is for the operator of a bot.

    An AgentThread names its bot. A SubAgent is for the bot of the conversation that it works for, which its label names,
    or else its parent; one that a person made without a parent is for the bot of its label `openclaw.dev/bot`, and where
    it has none, for every operator: they make the same Job, and one of them makes it first.

    Args:
        plural: The kind.
        raw: The resource as the API gives it.
        bot: The bot's short name; empty: all resources are.
    """
    if not bot:
        return True
    spec, labels = raw.get("spec") or {}, raw["metadata"].get("labels") or {}
    if plural == names.AGENT_THREADS:
        return bool((spec.get("channel") or {}).get("bot", names.DEFAULT_BOT) == bot)
    root = labels.get(names.LABEL_THREAD) or (spec.get("parent") or {}).get("name")
    if root:
        # a bot's name may be the beginning of another's
        return re.match(rf"{re.escape(bot)}-{_NUMBER}(-|$)", root) is not None
    return bool(labels.get(names.LABEL_BOT, bot) == bot)
