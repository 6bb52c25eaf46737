"""Find the pods of the release's parts, and their containers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dev.chaos.faultplan import Target
from dev.release import CommandFailedError, Namespace, Release

_LEADING = re.compile(r"^openclaw_leading 1(?:\.0)?$", re.MULTILINE)
_COMPONENTS = {
    Target.LEADER: "gateway", Target.STANDBY: "gateway", Target.OPERATOR: "operator", Target.POSTGRES: "postgres",
    Target.RUNNER: "agent", Target.PI: "agent", Target.AGENT: "agent",
}  # fmt: skip

AGENTS = frozenset({Target.RUNNER, Target.PI, Target.AGENT})
"""Targets in agents' pods, which have a namespace of their own."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A running pod: its name and the id of its first container."""

    name: str
    container: str


def find_pod(release: Release, target: Target, pick: float) -> Pod | None:
    """Return the pod that a fault strikes; None where there is none just now.

    Args:
        release: What is installed.
        target: What is meant. A standby is the leader where there is only one gateway.
        pick: In [0, 1): which one where several fit.
    """
    pods = _read_pods(release.agents if target in AGENTS else release, _COMPONENTS[target])
    if target in {Target.LEADER, Target.STANDBY} and len(pods) > 1:
        leading = [pod for pod in pods if _leads(release, pod)]
        pods = leading if target is Target.LEADER else [pod for pod in pods if pod not in leading]
    return pods[int(pick * len(pods))] if pods else None


def _read_pods(where: Namespace, component: str) -> Sequence[Pod]:
    found = where.get("pods", "-l", f"app.kubernetes.io/component={component}")["items"]
    pods = [pod for item in found if (pod := _read_running(item)) is not None]
    return sorted(pods, key=lambda pod: pod.name)


def _read_running(item: dict[str, Any]) -> Pod | None:
    statuses = item["status"].get("containerStatuses", [])
    if not statuses or "running" not in statuses[0]["state"] or "deletionTimestamp" in item["metadata"]:
        return None
    return Pod(item["metadata"]["name"], statuses[0]["containerID"].partition("://")[2])


def _leads(release: Release, pod: Pod) -> bool:
    path = f"/api/v1/namespaces/{release.namespace}/pods/{pod.name}:9090/proxy/metrics"
    try:
        return _LEADING.search(release.kubectl("get", "--raw", path, timeout=10)) is not None
    except CommandFailedError:
        return False  # it is just starting or frozen
