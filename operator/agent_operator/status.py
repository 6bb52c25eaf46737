"""Conditions of an AgentThread and an AgentClass; pure."""

from __future__ import annotations

from datetime import datetime

from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread, Phase, RunStatus
from agent_contract.conditions import Condition, ConditionType, set_condition
from agent_operator.reasons import Why


def compute_conditions(
    thread: AgentThread, phase: Phase, problem: Why | None, run: RunStatus | None, *, scheduled: bool, now: datetime
) -> list[Condition]:
    """Compute all conditions; the time of each moves only when its status flips."""
    generation = int(thread.metadata.get("generation", 0))
    conditions = list(thread.status.conditions)
    for kind, value, reason, message in (
        (
            ConditionType.ACCEPTED,
            problem is None,
            problem.reason.value if problem else "Usable",
            problem.message if problem else "",
        ),
        (ConditionType.POD_SCHEDULED, scheduled and phase is not Phase.IDLE, *_why_scheduled(phase, run)),
        (ConditionType.READY, phase is Phase.RUNNING, phase.value, ""),
        (
            ConditionType.SUSPENDED,
            thread.spec.suspend,
            "Suspended" if thread.spec.suspend else "NotSuspended",
            "",
        ),
    ):
        new = Condition(
            type=kind.value,
            status="True" if value else "False",
            reason=reason,
            message=message,
            observed_generation=generation,
            last_transition_time=now.replace(microsecond=0),
        )
        conditions = set_condition(conditions, new)
    return conditions


def compute_class_condition(found: AgentClass, generation: int, problem: Why | None, now: datetime) -> list[Condition]:
    """Compute the one condition of a class."""
    new = Condition(
        type=ConditionType.ACCEPTED.value,
        status="False" if problem else "True",
        reason=problem.reason.value if problem else "Usable",
        message=problem.message if problem else "",
        observed_generation=generation,
        last_transition_time=now.replace(microsecond=0),
    )
    return set_condition(found.status.conditions, new)


def _why_scheduled(phase: Phase, run: RunStatus | None) -> tuple[str, str]:
    if phase is Phase.PENDING and run is not None and run.reason:
        return run.reason, run.message or ""
    return ("NoRun" if phase in {Phase.IDLE, Phase.SUSPENDED, Phase.FAILED} else phase.value), ""
