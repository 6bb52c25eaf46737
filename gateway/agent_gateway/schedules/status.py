"""What the status of an AgentSchedule says; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent_contract.agentschedule import AgentScheduleStatus, DueTime
from agent_contract.conditions import Condition, ConditionType, set_condition
from agent_gateway.store.schedules import ScheduleRow


def build_status(
    row: ScheduleRow, recent: Sequence[DueTime], active: int, conditions: Sequence[Condition], now: datetime
) -> AgentScheduleStatus:
    """Build it.

    Args:
        row: The schedule.
        recent: Its last due times, the newest first.
        active: Its turns that have not ended.
        conditions: What the status says now.
        now: What time it is.
    """
    told = list(conditions)
    for new in _build_conditions(row, now):
        told = set_condition(told, new)
    return AgentScheduleStatus(
        observed_generation=row.generation,
        next_at=row.next_at,
        last_at=row.last_at,
        last_successful_at=row.succeeded_at,
        active=active,
        failures=row.failures,
        recent=choose_recent(row, recent),
        conditions=told,
    )


def choose_recent(row: ScheduleRow, recent: Sequence[DueTime]) -> list[DueTime]:
    """Return those that have ended, as many of each kind as the schedule keeps."""
    room = {True: row.spec.successful_turns_history_limit, False: row.spec.failed_turns_history_limit}
    kept: list[DueTime] = []
    for one in recent:
        well = one.outcome == "Succeeded"
        if one.outcome != "Asked" and room[well] > 0:
            room[well] -= 1
            kept.append(one)
    return kept


def _build_conditions(row: ScheduleRow, now: datetime) -> list[Condition]:
    accepted = not row.problem
    paused = row.paused_at is not None
    words = f"Its last {row.failures} turns failed: change it, or let it go on in the chat (/schedules)."
    return [
        Condition(
            type=ConditionType.ACCEPTED, status="True" if accepted else "False", reason=row.problem or "Accepted",
            message=row.words, observed_generation=row.generation, last_transition_time=now,
        ),
        Condition(
            type=ConditionType.PAUSED, status="True" if paused else "False",
            reason="TurnsFailed" if paused else "NotPaused", message=words if paused else "",
            observed_generation=row.generation, last_transition_time=now,
        ),
    ]  # fmt: skip
