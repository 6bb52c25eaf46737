"""What a class and a run allow: how deep, and how long; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent_contract.agentclass import SubAgents
from agent_contract.terms import DEFAULT_TASK_SECONDS
from agent_gateway.store.rows import SubAgentRow
from agent_gateway.wording import subagents as words

START_ALLOWANCE = timedelta(seconds=120)
"""How much longer than its own timeout a sub-agent may wait for its resource."""
CREATE_MOST = timedelta(minutes=15)
"""The longest that it waits for its resource, whatever its timeout."""


def check_depth(language: str, limits: SubAgents, depth: int) -> str | None:
    """Return why a sub-agent of this depth is not allowed, in words; None where it is."""
    return words.depth_text(language, depth, limits.max_depth) if depth > limits.max_depth else None


def cap_timeout(wanted: int | None, most: int, since: datetime | None, now: datetime) -> int:
    """Return the seconds that a sub-agent may work: no more than is left of its parent's turn.

    Args:
        wanted: What was asked for; None for the default.
        most: Seconds that the parent's turn may last.
        since: When that began; None where it has not.
        now: The time.
    """
    left = most if since is None else int((since + timedelta(seconds=most) - now).total_seconds())
    return max(1, min(wanted or DEFAULT_TASK_SECONDS, left))


def compute_create_deadline(child: SubAgentRow) -> datetime:
    """Return until when its resource must have been created."""
    return child.created_at + min(timedelta(seconds=child.timeout) + START_ALLOWANCE, CREATE_MOST)
