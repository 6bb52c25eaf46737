"""The conditions and the summary of a sub-agent's status; pure."""

from __future__ import annotations

from datetime import datetime

from agent_contract.conditions import Condition, ConditionType, set_condition
from agent_contract.subagent import SUMMARY, SubAgent, SubAgentPhase, SubAgentStatus, SubAgentSummary
from agent_operator.reasons import Why


def compute_summary(sub: SubAgent, status: SubAgentStatus) -> SubAgentSummary:
    """Compute what a table shows of its texts."""
    over = status.phase is not None and status.phase.over
    said = status.result or (status.message if over else None) or ""
    return SubAgentSummary(task=_shorten(sub.spec.task), result=_shorten(said))


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY else line[: SUMMARY - 1] + "…"


def compute_conditions(sub: SubAgent, status: SubAgentStatus, problem: Why | None, now: datetime) -> list[Condition]:
    """Compute all conditions; the time of each moves only when its status flips."""
    phase = status.phase or SubAgentPhase.PENDING
    said = status.message or ""
    failed = phase.over and phase is not SubAgentPhase.SUCCEEDED
    conditions = list(sub.status.conditions)
    for kind, value, reason, message in (
        (
            ConditionType.ACCEPTED,
            problem is None,
            problem.reason.value if problem else "Usable",
            problem.message if problem else "",
        ),
        (ConditionType.COMPLETE, phase is SubAgentPhase.SUCCEEDED, phase.value, ""),
        (ConditionType.FAILED, failed, phase.value, said if failed else ""),
    ):
        new = Condition(
            type=kind.value, status="True" if value else "False", reason=reason, message=message,
            observed_generation=int(sub.metadata.get("generation", 0)),
            last_transition_time=now.replace(microsecond=0),
        )  # fmt: skip
        conditions = set_condition(conditions, new)
    return conditions
