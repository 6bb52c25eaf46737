"""Which of a parent's sub-agents may begin: first come, first served, without those that cannot; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgent, SubAgentPhase

_TERMINAL = frozenset(phase.value for phase in SubAgentPhase if phase.terminal)
_CANNOT_BEGIN = frozenset({
    Reason.CLASS_NOT_FOUND, Reason.CLASS_INVALID, Reason.SPEC_INVALID, Reason.QUOTA_EXCEEDED, Reason.CREATE_REFUSED,
    Reason.WEBHOOK_UNAVAILABLE,
})  # fmt: skip
"""Reasons of one without a Job that waits for something else than its turn: it keeps nobody waiting."""


@dataclass(frozen=True, slots=True)
class Slots:
    """How many of the same parent's are at work or before it, and how many may be."""

    taken: int
    limit: int


def compute_slots(sub: SubAgent, siblings: Iterable[dict[str, Any]], limit: int) -> Slots:
    """Count those of the same parent that are at work, and those that wait before it and could begin.

    Args:
        sub: The one that waits.
        siblings: SubAgents as the API server gives them; others than the parent's are passed over.
        limit: How many of one parent may work at the same time.
    """
    if sub.spec.parent is None:
        return Slots(0, limit)
    parent = sub.spec.parent.uid
    mine = (raw for raw in siblings if ((raw.get("spec") or {}).get("parent") or {}).get("uid") == parent)
    return Slots(sum(_takes_slot(raw, sub) for raw in mine), limit)


def _takes_slot(raw: dict[str, Any], sub: SubAgent) -> bool:
    metadata, status = raw["metadata"], raw.get("status") or {}
    if metadata["uid"] == sub.uid or "deletionTimestamp" in metadata:
        return False
    if status.get("phase") in _TERMINAL or status.get("finishedAt"):
        return False
    if status.get("jobName"):
        return True
    return status.get("reason") not in _CANNOT_BEGIN and _order(metadata) < _order(sub.metadata)


def _order(metadata: dict[str, Any]) -> tuple[str, int, str]:
    name = str(metadata["name"])
    return str(metadata.get("creationTimestamp", "")), len(name), name  # k10 comes after k2
