"""What becomes of a schedule that is due; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_contract.agentschedule import AgentScheduleSpec, Outcome
from agent_gateway.schedules.times import When, compute_latest, compute_next


@dataclass(frozen=True, slots=True)
class Around:
    """What is around it.

    Attributes:
        allowed: Its chat may use the bot.
        room: Its conversation may have a further turn that waits.
        active: Turns of it that have not ended.
    """

    allowed: bool
    room: bool
    active: int


@dataclass(frozen=True, slots=True)
class DuePlan:
    """What is done.

    Attributes:
        due_at: The time that counts: the last that has come.
        outcome: Asked, or why it is not.
        missed: The first of the times before that, which nobody asks any more; None where there was none.
        replaces: The turns of it that have not ended are stopped.
        next_at: When it is due next.
    """

    due_at: datetime
    outcome: Outcome
    missed: datetime | None
    replaces: bool
    next_at: datetime | None


def plan_due(spec: AgentScheduleSpec, when: When, next_at: datetime, now: datetime, around: Around) -> DuePlan:
    """Decide about a schedule whose time, `next_at`, has come by now."""
    due_at = compute_latest(when, next_at, now)
    outcome = _choose(spec, due_at, now, around)
    return DuePlan(
        due_at=due_at,
        outcome=outcome,
        missed=next_at if next_at < due_at else None,
        replaces=outcome == "Asked" and spec.concurrency_policy == "Replace" and around.active > 0,
        next_at=compute_next(when, max(now, due_at)),
    )


def _choose(spec: AgentScheduleSpec, due_at: datetime, now: datetime, around: Around) -> Outcome:
    if not around.allowed:
        return "Refused"
    deadline = spec.starting_deadline_seconds
    if deadline is not None and now - due_at > timedelta(seconds=deadline):
        return "Missed"
    if around.active and spec.concurrency_policy == "Forbid":
        return "Skipped"
    return "Asked" if around.room else "Skipped"
