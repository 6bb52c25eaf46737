"""Remove what a benchmark leaves on a cluster, its own run or an earlier one that was killed, within a bound."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dev.bench.agentsandbox import remove_definitions
from dev.progress import UserError
from dev.release import CommandFailedError, Namespace, Release

_POLL: Final = 0.5
_CALL_SECONDS: Final = 30.0
_EVERYWHERE: Final = (
    "clusterrolebindings", "clusterroles", "priorityclasses", "validatingadmissionpolicybindings", "validatingadmissionpolicies",
)  # fmt: skip
"""Kinds that the chart makes and no namespace holds. Its definitions are every release's of the cluster: they stay."""
_OWNER: Final = ("meta.helm.sh/release-namespace", "meta.helm.sh/release-name")


def others_of(release: Release) -> Namespace:
    """Return the namespace of what is measured beside ours."""
    return Namespace(release.cluster, f"{release.namespace}-others")


def clear(release: Release, seconds: float = 180.0, *, beside: bool = False) -> None:
    """Remove a release, its namespaces, and what it has that no namespace holds.

    Args:
        release: Whose. It need not be there, whole or in part.
        seconds: After which it is given up.
        beside: What was measured beside it, too.

    Raises:
        UserError: a namespace stays; the text says which, and what it waits for.
    """
    deadline = time.monotonic() + seconds
    others = others_of(release)
    spaces = [release.agents, release, *([others] if beside else [])]
    # what runs would go on for its grace, with nobody there that it could say goodbye to
    for space in spaces:
        _try(space, "delete", "pods", "--all", "--grace-period=1", "--wait=false")
    if beside:
        remove_definitions(release.cluster, others, _CALL_SECONDS)
    with contextlib.suppress(CommandFailedError, subprocess.TimeoutExpired):
        release.helm("uninstall", release.name, "--ignore-not-found", "--no-hooks", timeout=_CALL_SECONDS)
    for space in spaces:
        _try(space, "delete", "namespace", space.namespace, "--ignore-not-found", "--wait=false")
    _remove_everywhere(release)
    while left := list(_list_left(spaces)):
        if time.monotonic() > deadline:
            raise UserError(
                f"The cluster does not let go of an earlier run within {seconds:.0f} s: {'; '.join(left)}. "
                "`make cluster-down cluster` makes a new cluster."
            )
        time.sleep(_POLL)


def _remove_everywhere(release: Release) -> None:
    """Remove what helm would remove had its record not gone with the namespace."""
    try:
        found: Sequence[Mapping[str, Any]] = release.get(",".join(_EVERYWHERE))["items"]
    except (CommandFailedError, subprocess.TimeoutExpired):
        return
    for name in list_owned(found, release.namespace, release.name):
        _try(release, "delete", name, "--ignore-not-found", "--wait=false")


def list_owned(found: Sequence[Mapping[str, Any]], namespace: str, name: str) -> list[str]:
    """Return which objects are of a helm release, as kubectl names them."""
    return [
        f"{one['kind'].lower()}/{one['metadata']['name']}"
        for one in found
        if tuple(one["metadata"].get("annotations", {}).get(key) for key in _OWNER) == (namespace, name)
    ]


def _list_left(spaces: Sequence[Namespace]) -> Iterator[str]:
    for space in spaces:
        text = _try(space, "get", "namespace", space.namespace, "--ignore-not-found", "-o", "json")
        if text is None:
            yield f"{space.namespace} (nobody says whether it is there)"
        elif text.strip():
            yield describe_namespace(json.loads(text))


def describe_namespace(found: Mapping[str, Any]) -> str:
    """Say what a namespace that goes waits for, as its conditions tell."""
    conditions = found.get("status", {}).get("conditions", [])
    waits = [one["message"] for one in conditions if one["status"] == "True"]
    name = str(found["metadata"]["name"])
    return f"{name} ({' '.join(waits)})" if waits else name


def _try(space: Namespace, *words: str) -> str | None:
    """Run kubectl; return what it printed, or None where it did not come to its end: what is left is looked at behind it."""
    try:
        return space.kubectl(*words, timeout=_CALL_SECONDS)
    except (CommandFailedError, subprocess.TimeoutExpired):
        return None


def find_held(spaces: Sequence[Namespace]) -> str:
    """Say what keeps pods of these namespaces from a node, in the scheduler's words; empty where nothing does."""
    found: dict[str, int] = {}
    for space in spaces:
        text = _try(space, "get", "pods", "--field-selector=status.phase=Pending", "-o", "json")
        for words in list_unscheduled(json.loads(text)["items"] if text else []):
            found[words] = found.get(words, 0) + 1
    return "; ".join(f"{count} pods found no node: {words}" for words, count in found.items())


def list_unscheduled(pods: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return why pods have no node, of those that have none."""
    return [
        " ".join(str(one.get("message", "")).split())
        for pod in pods
        for one in pod.get("status", {}).get("conditions", [])
        if one["type"] == "PodScheduled" and one["status"] == "False"
    ]
