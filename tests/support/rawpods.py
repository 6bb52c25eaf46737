"""Jobs, pods and Events as an API server and a kubelet write them, in as few words as a test needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent_contract import names
from tests.support.operator import NOW, UID, job_name

AGENT_IMAGE = "registry.example/agent:1"
PROXY_IMAGE = "docker.io/istio/proxyv2:1.27.0"
START = NOW - timedelta(minutes=5)


def at(seconds):
    """Return the time so many seconds after the pod was made, as the API writes it."""
    return (START + timedelta(seconds=seconds)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def raw_job(*, owner=UID, uid="job-1", run=1, labels=None, annotations=None, metadata=None, conditions=(), **spec):
    """A Job as `batch/v1` shows it while its pod is active."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(run),
            "uid": uid,
            "creationTimestamp": at(0),
            "generation": 1,
            "labels": {names.LABEL_MANAGED_BY: names.MANAGED_BY, names.LABEL_RUN: str(run), **(labels or {})},
            "annotations": {names.ANNOTATION_ALLOWANCE: "4030", **(annotations or {})},
            "ownerReferences": [
                {
                    "apiVersion": names.API_VERSION, "kind": "AgentThread", "name": "tg-42", "uid": owner,
                    "controller": True, "blockOwnerDeletion": True,
                }
            ],
            **(metadata or {}),
        },
        "spec": {"activeDeadlineSeconds": 4030, "backoffLimit": 0, "parallelism": 1, "completions": 1, **spec},
        "status": {"startTime": at(0), "active": 1, "conditions": list(conditions)},
    }  # fmt: skip


def true(kind, reason="", message="", seconds=1):
    """Return a condition that holds."""
    return {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": at(seconds)}


def false(kind, reason="", message="", seconds=1):
    """Return a condition that does not."""
    return {**true(kind, reason, message, seconds), "status": "False"}


SCHEDULED = true("PodScheduled")
SANDBOXED = true("PodReadyToStartContainers", seconds=3)


def waiting(reason, message="", **more):
    """Return the status of a container that waits."""
    return {"state": {"waiting": {"reason": reason, "message": message}}, "ready": False, "restartCount": 0, **more}


def running(seconds=4):
    """Return the status of a container that runs."""
    return {"state": {"running": {"startedAt": at(seconds)}}, "ready": True, "started": True, "restartCount": 0}


def ended(code, reason="Error", message="", started=4, finished=200):
    """Return the status of a container that has ended; one that a node forgot has no times."""
    state = {"exitCode": code, "reason": reason, "message": message, "containerID": "containerd://c"}
    times = {
        "startedAt": at(started) if started is not None else None,
        "finishedAt": at(finished) if finished else None,
    }
    return {"state": {"terminated": {**state, **times}}, "ready": False, "restartCount": 0}


def raw_pod(agent=None, *, phase="Pending", before=(), init=(), beside=(), conditions=(SCHEDULED,), uid="pod-1",
            spec=None, metadata=None, **status):  # fmt: skip
    """A pod of the run's Job.

    Args:
        agent: The status of the agent's container; none was written where it is missing.
        phase: `status.phase`.
        before: (name, image, status) of containers that admission put before the agent's in the list.
        init: The same of init containers; a fourth value is the container's restartPolicy.
        beside: The same of containers behind the agent's.
        conditions: Of the pod.
        uid: Its UID.
        spec: More of its specification.
        metadata: More of its metadata.
        **status: More of its status.
    """
    listed = [*before, (names.CONTAINER, AGENT_IMAGE, agent), *beside]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{job_name()}-abcde",
            "uid": uid,
            "creationTimestamp": at(0),
            "labels": {names.LABEL_MANAGED_BY: names.MANAGED_BY, names.LABEL_RUN: "1"},
            "ownerReferences": [
                {"apiVersion": "batch/v1", "kind": "Job", "name": job_name(), "uid": "job-1", "controller": True}
            ],
            **(metadata or {}),
        },
        "spec": {
            "containers": [{"name": name, "image": image} for name, image, _ in listed],
            "initContainers": [
                {"name": name, "image": image, **({"restartPolicy": more[0]} if more else {})}
                for name, image, _, *more in init
            ],
            "nodeName": "node-1" if SCHEDULED in conditions else None,
            "restartPolicy": "Never",
            **(spec or {}),
        },
        "status": {
            "phase": phase,
            "conditions": list(conditions),
            "containerStatuses": [{"name": name, "image": image, **s} for name, image, s in listed if s is not None],
            "initContainerStatuses": [
                {"name": name, "image": image, **s} for name, image, s, *_ in init if s is not None
            ],
            "startTime": at(1),
            **status,
        },
    }


def raw_event(reason, message, seconds=10, *, uid="pod-1", kind="Pod", warning=True):
    """An Event as `v1` shows it."""
    return {
        "metadata": {"name": f"x.{seconds}", "creationTimestamp": at(seconds)},
        "involvedObject": {"kind": kind, "uid": uid, "name": "x"},
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "message": message,
        "count": 1,
        "firstTimestamp": at(seconds),
        "lastTimestamp": at(seconds),
    }


def moment(seconds):
    """Return the time so many seconds after the pod was made."""
    return datetime.fromisoformat(at(seconds))
