"""What is told of a run that waits: each state of a pod that people have met, in words."""

from __future__ import annotations

import pytest

from agent_operator.follow import LATE_AFTER, Stage
from tests.support.following import CONVERSATION, ONE_TASK, follow
from tests.support.rawpods import (
    PROXY_IMAGE,
    SANDBOXED,
    SCHEDULED,
    at,
    ended,
    false,
    moment,
    raw_event,
    raw_job,
    raw_pod,
    running,
    true,
    waiting,
)

QUEUED = {"kueue.x-k8s.io/queue-name": "agents"}
SUSPENDED = true("Suspended", "JobSuspended", "Job suspended")
GATED = false("PodScheduled", "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates")
CREATING = waiting("ContainerCreating")
INITIALIZING = waiting("PodInitializing")
KUBE_ROOT_CA = 'MountVolume.SetUp failed for volume "token" : configmap "kube-root-ca.crt" not found'
AMOUNT = "requested: {0}=1, used: {0}=10, limited: {0}=10"


def unschedulable(message):
    return raw_pod(conditions=[false("PodScheduled", "Unschedulable", message)])


def sidecar(state, policy=None):
    more = (policy,) if policy else ()
    return ("istio-proxy", PROXY_IMAGE, state, *more)


def refused(words):
    return raw_event("FailedCreate", f"Error creating: {words}", uid="job-1", kind="Job")


NO_POD = [
    *(
        (raw_job(), refused(f'pods "x" is forbidden: exceeded quota: q, {AMOUNT.format(what)}'), "QuotaExceeded", what)
        for what in ("pods", "limits.cpu", "requests.memory", "requests.ephemeral-storage", "count/jobs.batch")
    ),
    (
        raw_job(),
        refused('admission webhook "pods.example" denied the request: no privileged images'),
        "CreateRefused",
        "no privileged images",
    ),
    (
        raw_job(),
        refused(
            'Internal error occurred: failed calling webhook "inject.example": failed to call webhook: Post '
            '"https://inject.mesh.svc:443/inject?timeout=10s": dial tcp 10.96.0.9:443: connect: connection refused'
        ),
        "WebhookUnavailable",
        "inject.example",
    ),
    (
        raw_job(suspend=True, labels=QUEUED, conditions=[SUSPENDED]),
        None,
        "JobSuspended",
        "until Kueue admits it (queue agents)",
    ),
    (raw_job(suspend=True), None, "JobSuspended", "(spec.suspend)"),
]


@pytest.mark.parametrize("desired", [CONVERSATION, ONE_TASK], ids=["thread", "subagent"])
@pytest.mark.parametrize(("job", "event", "reason", "words"), NO_POD)
def test_why_there_is_no_pod(job, event, reason, words, desired):
    progress = follow(None, job, [event] if event else [], desired)
    assert (progress.phase, progress.cause.reason) == (Stage.PENDING, reason)
    assert words in progress.cause.message
    assert not progress.delete


POD_WAITS = {
    "no room": (
        unschedulable("0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preem."),
        "Unschedulable",
        "0/3 nodes fit: 3 Insufficient memory",
    ),
    "a claim of a volume": (
        unschedulable('waiting for ephemeral volume controller to create the persistentvolumeclaim "x-workspace"'),
        "VolumePending",
        "x-workspace",
    ),
    "a gate": (
        raw_pod(conditions=[GATED], spec={"schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]}),
        "SchedulingGated",
        "kueue.x-k8s.io/admission",
    ),
    "an init container's image": (
        raw_pod(INITIALIZING, init=[("istio-init", PROXY_IMAGE, waiting("ImagePullBackOff", "Back-off pulling"))]),
        "ImagePullBackOff",
        f"The image {PROXY_IMAGE} of the container istio-init cannot be used (ImagePullBackOff): Back-off pulling",
    ),
    "a native sidecar's image": (
        raw_pod(INITIALIZING, init=[sidecar(waiting("ErrImagePull"), "Always")]),
        "ImagePullBackOff",
        "istio-proxy",
    ),
    "the agent's image, behind an injected container": (
        raw_pod(waiting("ErrImagePull", "no such image"), before=[sidecar(CREATING)]),
        "ImagePullBackOff",
        "The image registry.example/agent:1 cannot be used (ErrImagePull): no such image",
    ),
    "a name that is none": (raw_pod(waiting("InvalidImageName")), "ImagePullBackOff", "(InvalidImageName)"),
    "a policy of never": (raw_pod(waiting("ErrImageNeverPull")), "ImagePullBackOff", "(ErrImageNeverPull)"),
    "an image for other processors": (
        raw_pod(waiting("ErrImagePull", "no match for platform in manifest: not found")),
        "WrongArchitecture",
        "no match for platform",
    ),
    "a binary for other processors": (
        raw_pod(waiting("RunContainerError", 'exec: "/usr/bin/python3": exec format error')),
        "WrongArchitecture",
        "exec format error",
    ),
    "a secret that is missing": (
        raw_pod(waiting("CreateContainerConfigError", 'secret "keys" not found')),
        "ContainerConfigError",
        'secret "keys" not found',
    ),
    "a container that is not made": (raw_pod(waiting("CreateContainerError", "x")), "ContainerConfigError", "x"),
    "a container that is not started": (raw_pod(waiting("RunContainerError", "y")), "ContainerConfigError", "y"),
    "a native sidecar that crashes": (
        raw_pod(
            INITIALIZING,
            init=[sidecar(waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 3}}), "Always")],
        ),
        "InitContainerFailed",
        "istio-proxy, which starts before the agent, keeps crashing (exit code 3)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("desired", [CONVERSATION, ONE_TASK], ids=["thread", "subagent"])
@pytest.mark.parametrize(("pod", "reason", "words"), POD_WAITS.values(), ids=list(POD_WAITS))
def test_why_a_pod_waits(pod, reason, words, desired):
    progress = follow(pod, desired=desired)
    scheduled = SCHEDULED in pod["status"]["conditions"]
    assert (progress.phase, progress.cause.reason) == (Stage.STARTING if scheduled else Stage.PENDING, reason)
    assert words in progress.cause.message
    assert not progress.delete


PULLING = raw_event("Pulling", 'Pulling image "registry.example/agent:1"', 12, warning=False)
PULLED = raw_event("Pulled", 'Successfully pulled image "registry.example/agent:1" in 3s', 15, warning=False)
PROXY_PULLED = raw_event("Pulled", f'Container image "{PROXY_IMAGE}" already present on machine', 12, warning=False)
MOUNT = raw_event("FailedMount", KUBE_ROOT_CA, 10)


@pytest.mark.parametrize(
    ("events", "conditions", "reason", "words"),
    [
        ([MOUNT], [SCHEDULED], "VolumePending", "kube-root-ca.crt"),
        ([MOUNT, PULLING], [SCHEDULED], "PullingImage", "The image registry.example/agent:1 is being pulled."),
        ([MOUNT, PULLED], [SCHEDULED], None, None),
        ([MOUNT], [SCHEDULED, SANDBOXED], None, None),
        ([raw_event("FailedMount", "later", 16), PULLED], [SCHEDULED], "VolumePending", "later"),
        ([raw_event("FailedAttachVolume", "Multi-Attach error")], [SCHEDULED], "VolumePending", "Multi-Attach"),
        ([raw_event("FailedCreatePodSandBox", "plugin type=x failed")], [SCHEDULED], "SandboxFailed", "plugin"),
        ([PULLING], [SCHEDULED, SANDBOXED], "PullingImage", "agent:1"),
        ([PULLING, PROXY_PULLED], [SCHEDULED], "PullingImage", "agent:1"),
        ([PULLING, PULLED], [SCHEDULED], None, None),
        ([raw_event("FailedMount", "of another pod", uid="pod-0")], [SCHEDULED], None, None),
    ],
)
def test_an_event_counts_until_something_newer_happens(events, conditions, reason, words):
    progress = follow(raw_pod(CREATING, conditions=conditions), events=events)
    assert (progress.cause and progress.cause.reason) == reason
    assert words is None or words in progress.cause.message


LATE = {
    "no pod": (None, "kube-controller-manager has made none"),
    "no scheduler": (raw_pod(conditions=[]), "no scheduler has said anything"),
    "no kubelet": (raw_pod(), "The kubelet of node-1 has not started"),
    "an init container that does not end": (
        raw_pod(INITIALIZING, init=[sidecar(running(), "Always"), ("fetch", "x", running())]),
        "The container fetch, which has to end before the agent starts, still runs.",
    ),
}


@pytest.mark.parametrize(("pod", "words"), LATE.values(), ids=list(LATE))
def test_a_start_that_nothing_explains_is_told_to_be_late_and_by_whom(pod, words):
    begins = follow(pod, seconds=3)
    assert begins.cause is None
    due = 3 + begins.requeue_after
    assert LATE_AFTER.total_seconds() <= due <= LATE_AFTER.total_seconds() + 1
    late = follow(pod, seconds=due)
    assert (late.cause.reason, late.requeue_after) == ("NotStarted", None)
    assert words in late.cause.message


def test_what_waited_long_for_a_node_is_not_late_at_once():
    pod = raw_pod(CREATING, conditions=[true("PodScheduled", seconds=1000)])
    assert follow(pod, seconds=1001).cause is None


def test_a_run_that_a_queue_takes_back_before_it_began_waits_again():
    going = raw_pod(CREATING, metadata={"deletionTimestamp": at(11)})
    for pod in (going, raw_pod(phase="Failed", metadata={"deletionTimestamp": at(11)}), None):
        progress = follow(pod, raw_job(suspend=True, labels=QUEUED))
        assert (progress.phase, progress.cause.reason, progress.delete) == (Stage.PENDING, "JobSuspended", False)
    assert follow(raw_pod(running())).phase is Stage.RUNNING


CRASHED = {"restartCount": 2, "lastState": {"terminated": {"exitCode": 3}}}


@pytest.mark.parametrize("state", [running(), ended(3), waiting("CrashLoopBackOff"), waiting("PodInitializing")])
def test_a_native_sidecar_that_keeps_crashing_is_told_the_same_between_its_tries(state):
    cause = follow(raw_pod(INITIALIZING, init=[sidecar({**state, **CRASHED}, "Always")])).cause
    assert cause.message.endswith("istio-proxy, which starts before the agent, keeps crashing (exit code 3).")
    once = follow(raw_pod(INITIALIZING, init=[sidecar({**running(), **CRASHED, "restartCount": 1}, "Always")]))
    assert once.cause is None


def test_an_init_container_that_has_ended_holds_nothing_up():
    pod = raw_pod(CREATING, init=[("istio-init", PROXY_IMAGE, ended(0, "Completed"))])
    assert follow(pod, seconds=2).cause is None
    assert follow(raw_pod(running(), init=[sidecar(running(), "Always")])).phase is Stage.RUNNING
    assert moment(0) < moment(1)
