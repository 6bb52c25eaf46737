"""Jobs, pods and Events as a real cluster (Kubernetes 1.34, containerd 1.6) left them, and what is told of each.

The file holds what `kubectl get jobs,pods,events -o json` showed a minute after each Job was made, without what nobody reads.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_operator.follow import Stage, follow_job
from agent_operator.jobs import read_job
from agent_operator.podevents import is_telling, newest_first, read_event
from agent_operator.pods import read_pod
from tests.support.following import CONVERSATION, ONE_TASK

SEEN = json.loads((Path(__file__).parents[2] / "data" / "pods" / "kubelet.json").read_text())
NOW = datetime(2026, 11, 29, 13, 1, 40, tzinfo=UTC)
PENDING, STARTING, ENDED = Stage.PENDING, Stage.STARTING, Stage.ENDED
EXPECTED = {
    "bad-name": (STARTING, "ImagePullBackOff", "(InvalidImageName)"),
    "deadline": (ENDED, "Error", "It did not begin in time."),  # its pod is gone, and no status had told of it
    "disk-layer": (ENDED, "DiskFull", "exceeds the total limit of containers 8Mi"),
    "disk-volume": (ENDED, "DiskFull", 'Usage of EmptyDir volume "work" exceeds the limit "8Mi"'),
    "exec-format": (ENDED, "WrongArchitecture", "registry.example/agent:1"),
    "gated": (PENDING, "SchedulingGated", "kueue.x-k8s.io/admission"),
    "init-crash": (ENDED, "InitContainerFailed", "istio-init failed with exit code 3: no iptables"),
    "init-image": (STARTING, "ImagePullBackOff", "of the container istio-init"),
    "killed": (ENDED, "Error", "exit code 2"),
    "native-crash": (STARTING, "InitContainerFailed", "istio-proxy, which starts before the agent, keeps crashing"),
    "native-sidecar": (ENDED, "IdleTimeout", ""),
    "never-pull": (STARTING, "ImagePullBackOff", "(ErrImageNeverPull)"),
    "no-claim": (PENDING, "VolumePending", "PersistentVolumeClaims"),
    "no-command": (ENDED, "ContainerConfigError", "/nothing/here: no such file"),
    "no-room": (PENDING, "Unschedulable", "0/1 nodes fit: 1 Insufficient cpu"),
    "no-secret": (STARTING, "ContainerConfigError", 'secret "keys" not found'),
    "no-volume": (STARTING, "VolumePending", 'configmap "missing" not found'),
    "oom": (ENDED, "OOMKilled", "memory limit"),
    "pull": (STARTING, "ImagePullBackOff", "127.0.0.1:9/nothing:1"),
    "sidecar": (ENDED, "IdleTimeout", ""),
}


@pytest.mark.parametrize("desired", [CONVERSATION, ONE_TASK], ids=["thread", "subagent"])
@pytest.mark.parametrize("name", SEEN)
def test_what_a_kubelet_wrote_is_told(name, desired):
    seen = SEEN[name]
    events = newest_first([read_event(event) for event in seen["events"] if is_telling(event)])
    pod = read_pod(seen["pod"]) if seen["pod"] else None
    progress = follow_job(read_job(seen["job"]), pod, events, desired, NOW)
    phase, reason, words = EXPECTED[name]
    if desired.one_task and reason == "IdleTimeout":
        reason = "Completed"
    assert (progress.phase, progress.cause.reason) == (phase, reason)
    assert words in progress.cause.message
    assert progress.delete == (name == "sidecar")  # the classic one runs on; the native one has ended by itself
