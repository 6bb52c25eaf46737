"""The conditions and the summary of a sub-agent's status; pure."""

from __future__ import annotations

from datetime import datetime

from agent_contract.conditions import Condition, ConditionType
from agent_contract.subagent import SUMMARY, SubAgent, SubAgentPhase, SubAgentStatus, SubAgentSummary
from agent_operator.causes import Cause
from agent_operator.conditions import find, find_accepted, set_all


def compute_summary(sub: SubAgent, status: SubAgentStatus) -> SubAgentSummary:
    """Compute what a table shows of its texts."""
    terminal = status.phase is not None and status.phase.terminal
    detail = status.result or (status.message if terminal else None) or ""
    return SubAgentSummary(task=_shorten(sub.spec.task), result=_shorten(detail))


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY else line[: SUMMARY - 1] + "…"


def compute_conditions(sub: SubAgent, status: SubAgentStatus, problem: Cause | None, now: datetime) -> list[Condition]:
    """Compute all conditions; the time of each moves only when its status flips."""
    phase = status.phase or SubAgentPhase.PENDING
    detail = status.message or ""
    waits = (status.reason, detail) if status.reason and not phase.terminal else (phase.value, "")
    failed = phase.terminal and phase is not SubAgentPhase.SUCCEEDED
    findings = (
        find_accepted(problem),
        find(ConditionType.COMPLETE, phase is SubAgentPhase.SUCCEEDED, *waits),
        find(ConditionType.FAILED, failed, phase.value, detail if failed else ""),
    )
    return set_all(sub.status.conditions, findings, int(sub.metadata.get("generation", 0)), now)
