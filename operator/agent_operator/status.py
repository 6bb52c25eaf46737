"""Conditions of an AgentThread and an AgentClass; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread, Phase, RunStatus
from agent_contract.conditions import Condition, ConditionType
from agent_operator.causes import Cause
from agent_operator.conditions import Finding, find, find_accepted, set_all

_RESTRICTED = "restricted"


def compute_conditions(
    thread: AgentThread, phase: Phase, problem: Cause | None, run: RunStatus | None, *, scheduled: bool, now: datetime
) -> list[Condition]:
    """Compute all conditions; the time of each moves only when its status flips."""
    findings = (
        find_accepted(problem),
        find(ConditionType.POD_SCHEDULED, scheduled and phase is not Phase.IDLE, *_explain_scheduled(phase, run)),
        find(ConditionType.READY, phase is Phase.RUNNING, *_explain_ready(phase, run)),
        find(ConditionType.SUSPENDED, thread.spec.suspend, "Suspended" if thread.spec.suspend else "NotSuspended"),
    )
    return set_all(thread.status.conditions, findings, int(thread.metadata.get("generation", 0)), now)


@dataclass(frozen=True, slots=True)
class Enforced:
    """What the agents' namespace enforces of the Pod Security Standards."""

    namespace: str
    level: str | None
    """As its label says; empty where it has none, None where it may not be read."""


def compute_class_conditions(
    found: AgentClass, generation: int, problem: Cause | None, enforced: Enforced, now: datetime
) -> list[Condition]:
    """Compute the conditions of a class: whether it can be used, and whether the cluster confines its pods."""
    return set_all(found.status.conditions, (find_accepted(problem), _find_security(enforced)), generation, now)


def _find_security(enforced: Enforced) -> Finding:
    if enforced.level == _RESTRICTED:
        return find(ConditionType.POD_SECURITY, True, "Restricted")
    if enforced.level is None:
        words = f"The operator may not read the namespace {enforced.namespace}."
        return Finding(ConditionType.POD_SECURITY, "Unknown", "NotReadable", words)
    words = (
        f"The namespace {enforced.namespace} does not enforce the level restricted: whoever may create pods there may "
        f"make one that takes the node. `kubectl label namespace {enforced.namespace} "
        f"{names.LABEL_POD_SECURITY}={_RESTRICTED}` mends it."
    )
    return find(ConditionType.POD_SECURITY, False, "NotEnforced", words)


def _explain_ready(phase: Phase, run: RunStatus | None) -> tuple[str, str]:
    """Say why the run's agent does not run, where it shall or did a moment ago."""
    if phase not in {Phase.RUNNING, Phase.IDLE} and run is not None and run.reason:
        return run.reason, run.message or ""
    return phase.value, ""


def _explain_scheduled(phase: Phase, run: RunStatus | None) -> tuple[str, str]:
    if phase is Phase.PENDING and run is not None and run.reason:
        return run.reason, run.message or ""
    return ("NoRun" if phase in {Phase.IDLE, Phase.SUSPENDED, Phase.FAILED} else phase.value), ""
