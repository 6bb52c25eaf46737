"""What is told of a run that ended or is about to: each end that people have met, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_operator.causes import Cause
from agent_operator.follow import Stage
from tests.support.following import CONVERSATION, ONE_TASK, follow, known
from tests.support.rawpods import PROXY_IMAGE, SCHEDULED, at, ended, raw_job, raw_pod, running, true, waiting

GONE = {"metadata": {"deletionTimestamp": at(210)}}
FAILED = raw_job(conditions=[true("FailureTarget", "BackoffLimitExceeded")])


def disrupted(reason, message=""):
    return [SCHEDULED, true("DisruptionTarget", reason, message)]


def failed(agent=None, **more):
    return raw_pod(agent, phase="Failed", **more)


def evicted(message):
    """A pod as the kubelet leaves it that it evicted."""
    conditions = disrupted("TerminationByKubelet", message)
    return failed(ended(137), reason="Evicted", message=message, conditions=conditions)


EMPTY_DIR = 'Usage of EmptyDir volume "work" exceeds the limit "2Gi". '
CONTAINER = 'Container agent exceeded its local ephemeral storage limit "3Gi". '
POD = "Pod ephemeral local storage usage exceeds the total limit of containers 3Gi. "
LOW = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 93Mi. Container agent was using 1Gi."
UNKNOWN = "The container could not be located when the pod was terminated"

ENDS = {
    "its own disk": (evicted(EMPTY_DIR), "DiskFull", 'EmptyDir volume "work" exceeds the limit "2Gi"'),
    "its own layer": (evicted(CONTAINER), "DiskFull", 'storage limit "3Gi"'),
    "all of its disk": (evicted(POD), "DiskFull", "total limit of containers 3Gi"),
    "its node's memory": (evicted(LOW), "Evicted", "low on resource: memory"),
    "its node's disk": (evicted("The node was low on resource: ephemeral-storage. "), "Evicted", "ephemeral-storage"),
    "a drain": (failed(ended(143), conditions=disrupted("EvictionByEvictionAPI"), **GONE), "Evicted", "EvictionByEv"),
    "more urgent work": (
        failed(ended(143), conditions=disrupted("PreemptionByScheduler", "default-scheduler: preempting"), **GONE),
        "Preempted",
        "preempting",
    ),
    "a critical pod": (failed(None, reason="Preempting", message="Preempted in order to admit x"), "Preempted", "admit"),
    "a node that is away": (
        failed(None, conditions=disrupted("DeletionByTaintManager"), **GONE),
        "NodeLost",
        "unreachable",
    ),
    "a node that was removed": (
        failed(None, conditions=disrupted("DeletionByPodGC", "PodGC: node no longer exists"), **GONE),
        "NodeLost",
        "node is gone",
    ),
    "a node that shuts down": (
        failed(ended(143), reason="Terminated", message="Pod was terminated in response to imminent node shutdown.",
               conditions=disrupted("TerminationByKubelet", "Pod was terminated in response to imminent node shutdown.")),
        "Evicted",
        "imminent node shutdown",
    ),
    "a node that shuts down, in older words": (
        failed(ended(143), reason="Shutdown", message="Pod was terminated in response to imminent node shutdown."),
        "Evicted",
        "imminent node shutdown",
    ),
    "a node that restarted": (
        failed(ended(137, "ContainerStatusUnknown", UNKNOWN, None, None)),
        "NodeLost",
        "The pod's node restarted",
    ),
    "a containerd that forgot": (failed(ended(255, "Unknown")), "NodeLost", "restarted"),
    "a signal of nobody": (failed(ended(137)), "Error", "exit code 137 (SIGKILL)"),
    "its memory": (failed(ended(137, "OOMKilled")), "OOMKilled", "memory limit"),
    "a start that fails": (failed(ended(128, "StartError", 'exec: "agent": not found')), "ContainerConfigError", "found"),
    "another processor": (
        failed(ended(255, message="exec /usr/bin/python3: exec format error\n", started=4, finished=4)),
        "WrongArchitecture",
        "The image registry.example/agent:1 is made for another kind of processor than its node's",
    ),
    "another processor, told by runc": (
        failed(ended(128, "StartError", "runc create failed: exec /bin/x: exec format error")),
        "WrongArchitecture",
        "exec format error",
    ),
    "the same words of an agent that worked": (
        failed(ended(1, message="exec /x: exec format error", started=4, finished=60)),
        "Error",
        "exit code 1",
    ),
    "an init container": (
        failed(waiting("PodInitializing"), init=[("istio-init", PROXY_IMAGE, ended(1, message="no iptables"))]),
        "InitContainerFailed",
        "The init container istio-init failed with exit code 1: no iptables",
    ),
    "a node without room after all": (
        failed(None, reason="OutOfcpu", message="Pod was rejected: Node didn't have enough resource: cpu"),
        "Unschedulable",
        "resource: cpu (OutOfcpu)",
    ),
    "a node that takes none": (
        failed(None, reason="NodeShutdown", message="Pod was rejected as the node is shutting down."),
        "Evicted",
        "shutting down",
    ),
    "somebody": (failed(ended(143), **GONE), "Deleted", "The pod was deleted."),
}  # fmt: skip


@pytest.mark.parametrize("counted", [False, True], ids=["jobNotYet", "jobFailed"])
@pytest.mark.parametrize("desired", [CONVERSATION, ONE_TASK], ids=["thread", "subagent"])
@pytest.mark.parametrize(("pod", "reason", "words"), ENDS.values(), ids=list(ENDS))
def test_why_it_ended(pod, reason, words, desired, counted):
    progress = follow(pod, FAILED if counted else None, desired=desired, seconds=215)
    assert (progress.phase, progress.cause.reason, progress.delete) == (Stage.ENDED, reason, False)
    assert words in progress.cause.message
    assert progress.finished_at is not None


GOING = {
    "a drain": (disrupted("EvictionByEvictionAPI"), "Evicted"),
    "more urgent work": (disrupted("PreemptionByScheduler"), "Preempted"),
    "a node that is away": (disrupted("DeletionByTaintManager"), "NodeLost"),
    "somebody": ([SCHEDULED], "Deleted"),
}


@pytest.mark.parametrize("desired", [CONVERSATION, ONE_TASK], ids=["thread", "subagent"])
@pytest.mark.parametrize(("conditions", "reason"), GOING.values(), ids=list(GOING))
def test_what_was_seen_first_is_the_cause(conditions, reason, desired):
    going = follow(raw_pod(running(), phase="Running", conditions=conditions, **GONE), desired=desired, seconds=205)
    assert (going.phase, going.cause.reason, going.requeue_after) == (Stage.ENDING, reason, 5.0)
    for job, pod in ((FAILED, failed(ended(143))), (FAILED, None), (False, None), (False, failed(ended(143)))):
        last = follow(pod, job, desired=known(going, desired), seconds=220)
        assert (last.phase, last.cause.reason) == (Stage.ENDED, reason)


def test_an_answer_is_one_whatever_befell_its_pod():
    pod = raw_pod(
        ended(0, "Completed", "seven"), phase="Succeeded", conditions=disrupted("EvictionByEvictionAPI"), **GONE
    )
    evicted_before = replace(ONE_TASK, cause=Cause("Evicted", "x"), stop=Cause("Cancelled", "It was cancelled."))
    for job in (None, FAILED, False):
        assert follow(pod, job, desired=evicted_before, seconds=215).cause.reason == "Completed"
        assert follow(pod, job, seconds=215).cause.reason == "IdleTimeout"


def test_the_agents_own_end_is_told_where_its_job_is_gone():
    assert follow(failed(ended(70)), False).cause.reason == "AgentFailed"
    assert follow(failed(ended(137)), False).cause.message == "The Job was deleted."


# --- a queue ----------------------------------------------------------------------------------------

SUSPENDED = raw_job(suspend=True)
STARTED = replace(CONVERSATION, started_at=follow(raw_pod(running(), phase="Running")).pod.agent.started_at)


@pytest.mark.parametrize("pod", [
    raw_pod(running(), phase="Running"),
    raw_pod(running(), phase="Running", **GONE),
    failed(ended(143), **GONE),
    None,
])  # fmt: skip
def test_a_run_that_a_queue_takes_its_room_from_is_over_and_not_begun_again_by_its_job(pod):
    going = follow(pod, SUSPENDED, desired=replace(STARTED, pod_uid="pod-1"), seconds=205)
    assert (going.cause.reason, going.delete) == ("Preempted", True)
    last = follow(None, False, desired=known(going, STARTED), seconds=220)
    assert (last.phase, last.cause.reason) == (Stage.ENDED, "Preempted")


def test_a_second_pod_of_a_run_that_had_started_is_not_followed():
    second = raw_pod(running(), phase="Running", uid="pod-2")
    progress = follow(second, desired=replace(STARTED, pod_uid="pod-1"))
    assert (progress.phase, progress.cause.reason, progress.delete) == (Stage.ENDING, "Deleted", True)
    first = follow(raw_pod(running(), phase="Running"), desired=replace(STARTED, pod_uid="pod-1"))
    assert first.phase is Stage.RUNNING
