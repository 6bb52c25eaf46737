"""Where a run's pod may run; pure."""

from __future__ import annotations

from typing import Any, Final

from kubernetes_asyncio.client.models import V1LocalObjectReference, V1Toleration

from agent_contract import names
from agent_contract.agentclass import AgentClassSpec
from agent_contract.scheduling import Affinity, PodAffinity, PodTerm
from agent_operator.config import OperatorConfig

_UNREACHABLE_SECONDS: Final = 30
_AGENTS: Final = {
    "matchLabels": {names.LABEL_MANAGED_BY: names.MANAGED_BY, names.LABEL_COMPONENT: names.COMPONENT_AGENT}
}
"""Chooses the pods of all agents: what a term or constraint counts that says nothing itself."""


def build_placement(spec: AgentClassSpec, config: OperatorConfig) -> dict[str, Any]:
    """Build the fields of a pod's spec that say where it may run, and who pulls its image."""
    scheduling = spec.scheduling
    secrets = dict.fromkeys((*config.image_pull_secrets, *spec.image_pull_secrets))
    return {
        "runtime_class_name": spec.runtime_class_name,
        "node_selector": dict(scheduling.node_selector) or None,
        "priority_class_name": scheduling.priority_class_name or config.priority_class or None,
        "scheduler_name": scheduling.scheduler_name,
        "tolerations": _build_tolerations(spec),
        "affinity": _build_affinity(scheduling.affinity),
        "topology_spread_constraints": [
            {"labelSelector": _AGENTS} | one.to_dict() for one in scheduling.topology_spread_constraints
        ]
        or None,
        "image_pull_secrets": [V1LocalObjectReference(name=name) for name in secrets] or None,
    }


def _build_affinity(affinity: Affinity | None) -> dict[str, Any] | None:
    if affinity is None:
        return None
    found = affinity.to_dict()
    for name, rules in (("podAffinity", affinity.pod_affinity), ("podAntiAffinity", affinity.pod_anti_affinity)):
        if rules is not None:
            found[name] = _build_pods(rules)
    return found


def _build_pods(rules: PodAffinity) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (required := rules.required_during_scheduling_ignored_during_execution) is not None:
        found["requiredDuringSchedulingIgnoredDuringExecution"] = [_build_term(term) for term in required]
    if (preferred := rules.preferred_during_scheduling_ignored_during_execution) is not None:
        found["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {"weight": one.weight, "podAffinityTerm": _build_term(one.pod_affinity_term)} for one in preferred
        ]
    return found


def _build_term(term: PodTerm) -> dict[str, Any]:
    return {"labelSelector": _AGENTS} | term.to_dict()


def _build_tolerations(spec: AgentClassSpec) -> list[V1Toleration]:
    own = [
        V1Toleration(
            key=t.key, operator=t.operator, value=t.value, effect=t.effect, toleration_seconds=t.toleration_seconds
        )
        for t in spec.scheduling.tolerations
    ]
    named = {t.key for t in spec.scheduling.tolerations}
    # A node of which Kubernetes hears nothing (it notes so after some 50 s) is given up after half a minute, not after the
    # five that Kubernetes adds by itself: a pod that came to a dead node before that was noted would wait all the while.
    # An agent whose connection is lost is followed by another before. What a class says of such a node wins.
    away = [
        V1Toleration(
            key=f"node.kubernetes.io/{state}", operator="Exists", effect="NoExecute",
            toleration_seconds=_UNREACHABLE_SECONDS,
        )
        for state in ("not-ready", "unreachable")
        if not {f"node.kubernetes.io/{state}", None}.intersection(named)
    ]  # fmt: skip
    return [*own, *away]
