"""What a class and a turn allow: how deep, how many, how long, and how long a turn's clock stands still; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from agent_contract.agentclass import SubAgents
from agent_contract.terms import DEFAULT_TASK_SECONDS
from agent_gateway.store.rows import SubAgentRow, SubAgentState
from agent_gateway.wording import subagents as words

START_ALLOWANCE = timedelta(seconds=120)
"""How much longer than its own timeout a sub-agent may wait for its resource."""
CREATE_MOST = timedelta(minutes=15)
"""The longest that it waits for its resource, whatever its timeout."""
BEGIN_MOST = timedelta(hours=1)
"""How long one whose resource stands may wait for room or for its siblings while its parent's clock stands still."""


def check_depth(limits: SubAgents, depth: int) -> str | None:
    """Return why a sub-agent of this depth is not allowed, in words; None where it is."""
    return words.depth_text(depth, limits.max_depth) if depth > limits.max_depth else None


def cap_timeout(wanted: int | None, most: int, since: datetime | None, now: datetime) -> int:
    """Return the seconds that a sub-agent may work: no more than is left of its parent's run.

    Args:
        wanted: What was asked for; None for the default.
        most: Seconds that the parent's run may last.
        since: When that began; None where it has not.
        now: The time.
    """
    left = most if since is None else int((since + timedelta(seconds=most) - now).total_seconds())
    return max(1, min(wanted or DEFAULT_TASK_SECONDS, left))


def compute_create_deadline(child: SubAgentRow) -> datetime:
    """Return until when its resource must have been created."""
    return child.created_at + min(timedelta(seconds=child.timeout) + START_ALLOWANCE, CREATE_MOST)


def compute_paused_until(children: Sequence[SubAgentRow], now: datetime) -> datetime | None:
    """Return until when the clock of a turn stood still for its sub-agents; None where it did not.

    One counts only once its resource stands, as it may work from then on, and not for ever.
    """
    return max((_counts_until(child, now) for child in children if child.uid is not None), default=None)


def _counts_until(child: SubAgentRow, now: datetime) -> datetime:
    most = child.created_at + BEGIN_MOST + timedelta(seconds=child.timeout)
    ended = child.finished_at if child.state is SubAgentState.FINISHED and child.finished_at is not None else now
    return min(ended, most)
