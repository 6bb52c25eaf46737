"""Conditions as they are set on every kind of resource; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_contract.conditions import Condition, ConditionType, set_condition
from agent_operator.causes import Cause

Status = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found of one condition."""

    kind: ConditionType
    status: Status
    reason: str
    message: str = ""


def find(kind: ConditionType, value: bool, reason: str, message: str = "") -> Finding:
    """Return the finding that a condition holds, or does not."""
    return Finding(kind, "True" if value else "False", reason, message)


def find_accepted(problem: Cause | None) -> Finding:
    """Return whether a resource can be used, and why not."""
    if problem is None:
        return find(ConditionType.ACCEPTED, True, "Usable")
    return find(ConditionType.ACCEPTED, False, problem.reason.value, problem.message)


def set_all(
    conditions: Sequence[Condition], findings: Iterable[Finding], generation: int, now: datetime
) -> list[Condition]:
    """Return the conditions with what was found; the time of each moves only when its status flips."""
    kept = list(conditions)
    for one in findings:
        new = Condition(
            type=one.kind.value, status=one.status, reason=one.reason, message=one.message,
            observed_generation=generation, last_transition_time=now.replace(microsecond=0),
        )  # fmt: skip
        kept = set_condition(kept, new)
    return kept
