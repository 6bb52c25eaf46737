"""Why a run waits, in words; pure. Why one ended stands in `endings`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_contract.agentthread import Reason
from agent_operator.jobs import Job
from agent_operator.kube import IMAGES_LEFT_OUT
from agent_operator.podevents import Event
from agent_operator.pods import Container, Pod

_MAX_MESSAGE = 1024
_IMAGE_REASONS = {
    "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError",
    "RegistryUnavailable", "SignatureValidationFailed",
}  # fmt: skip
_CONFIG_REASONS = {
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError",
    "PreStartHookError", "PostStartHookError",
}  # fmt: skip
_MOUNTS = {"FailedMount", "FailedAttachVolume", "FailedMapVolume", "ProvisioningFailed"}
_SANDBOX = {"FailedCreatePodSandBox", "FailedPodSandBoxStatus", "NetworkNotReady"}
_ARCHITECTURE = ("no match for platform", "no matching manifest", "exec format error")
_WEBHOOK_DOWN = ("failed calling webhook", "failed to call webhook")
_NO_VOLUME = "must specify a volume type"
"""What the API server says of a volume whose kind it does not know."""
_CRASHES = 2
"""Starts again that a native sidecar may need before it is told of."""
_QUOTED = re.compile(r'"([^"]{1,512})"')
_UNSCHEDULED = re.compile(r"(\d{1,6}/\d{1,6}) nodes are available: ")


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason with its sentence."""

    reason: Reason
    message: str


def explain_refusal(words: str) -> Cause:
    """Say why the API server takes no Job or pod, from its own words.

    A webhook that does not answer is told apart from one that refuses: only the second needs a change of settings.
    """
    if any(sign in words for sign in _WEBHOOK_DOWN):
        return Cause(Reason.WEBHOOK_UNAVAILABLE, shorten(words))
    if "exceeded quota" in words or "insufficient quota" in words:
        return Cause(Reason.QUOTA_EXCEEDED, shorten(words))
    # a field that the cluster does not know is dropped, and leaves a volume of no kind
    if _NO_VOLUME in words or IMAGES_LEFT_OUT in words:
        told = "This cluster mounts no images (feature gate ImageVolume): take skills and templates from ConfigMaps."
        return Cause(Reason.CREATE_REFUSED, shorten(f"{told} {words}"))
    return Cause(Reason.CREATE_REFUSED, shorten(words))


def explain_no_pod(job: Job, events: Iterable[Event]) -> Cause | None:
    """Say why a Job has no pod: it is suspended, or the Job controller's newest warning says so."""
    if job.suspended:
        return _explain_suspended(job)
    for event in events:
        if event.uid == job.uid and event.reason == "FailedCreate":
            return explain_refusal(event.message)
    return None


def _explain_suspended(job: Job) -> Cause:
    if job.queue:
        words = f"The Job is suspended until Kueue admits it (queue {job.queue})."
    else:
        words = f"The Job {job.name} is suspended (spec.suspend): a queue or an administrator holds it."
    return Cause(Reason.JOB_SUSPENDED, shorten(words))


def explain_waiting(pod: Pod, events: Sequence[Event]) -> Cause | None:
    """Say what holds a pod up before its agent runs; None where it merely starts.

    Args:
        pod: The pod.
        events: Those about it, the newest first.
    """
    if not pod.scheduled:
        return _explain_unscheduled(pod)
    for container in (*pod.init, pod.agent, *pod.sidecars):
        cause = _explain_container(container, pod)
        if cause is not None:
            return cause
    return _explain_events(pod, [event for event in events if event.uid == pod.uid])


def _explain_unscheduled(pod: Pod) -> Cause | None:
    message = pod.schedule_message or ""
    if pod.schedule_reason == "SchedulingGated" or pod.gates:
        gates = f" ({', '.join(pod.gates)})" if pod.gates else ""
        return Cause(Reason.SCHEDULING_GATED, shorten(f"The pod is held back by a scheduling gate{gates}."))
    if pod.schedule_reason == "Unschedulable" and "persistentvolumeclaim" in message.lower():
        return Cause(Reason.VOLUME_PENDING, _shorten_schedule(message))
    if pod.schedule_reason in {"Unschedulable", "SchedulerError"}:
        return Cause(Reason.UNSCHEDULABLE, _shorten_schedule(message))
    return None


def _explain_container(container: Container, pod: Pod) -> Cause | None:
    """Say what holds up one container, whichever it is: an agent starts when those before it do."""
    reason, message = container.waiting_reason, container.waiting_message or ""
    named = "" if container is pod.agent else f" of the container {container.name}"
    if reason in _IMAGE_REASONS:
        detail = f": {message}" if message else "."
        words = f"The image {container.image}{named} cannot be used ({reason}){detail}"
        return Cause(Reason.WRONG_ARCHITECTURE if is_foreign_binary(message) else Reason.IMAGE_PULL_BACK_OFF,
                     shorten(words))  # fmt: skip
    if reason in _CONFIG_REASONS:
        wrong = is_foreign_binary(message)
        words = f"The container {container.name}: {message or reason}" if named else message or reason or ""
        return Cause(Reason.WRONG_ARCHITECTURE if wrong else Reason.CONTAINER_CONFIG_ERROR, shorten(words))
    if reason == "CrashLoopBackOff" or _keeps_crashing(container):
        code = _find_code(container)
        shown = f" (exit code {code})" if code is not None else ""
        words = f"The container {container.name}, which starts before the agent, keeps crashing{shown}."
        return Cause(Reason.INIT_FAILED, shorten(words))
    return None


def _keeps_crashing(container: Container) -> bool:
    """Say whether a native sidecar crashes on; between two tries it runs for a moment, or has just ended."""
    return container.restarts and container.restart_count >= _CRASHES and bool(_find_code(container))


def _find_code(container: Container) -> int | None:
    return container.last_exit_code if container.last_exit_code is not None else container.exit_code


def _explain_events(pod: Pod, events: Sequence[Event]) -> Cause | None:
    """Say what the newest Events tell; a warning that something newer has overtaken is over."""
    pulls = [event for event in events if event.reason in {"Pulling", "Pulled"}]
    if not pod.sandboxed:
        for event in events:
            if event in pulls:
                break
            if event.reason in _MOUNTS:
                return Cause(Reason.VOLUME_PENDING, shorten(event.message))
            if event.reason in _SANDBOX:
                return Cause(Reason.SANDBOX_FAILED, shorten(event.message))
    done = {_quoted(event) for event in pulls if event.reason == "Pulled"}
    for event in pulls:
        if event.reason == "Pulling" and _quoted(event) not in done:
            image = _quoted(event) or pod.agent.image
            return Cause(Reason.PULLING_IMAGE, shorten(f"The image {image} is being pulled."))
    return None


def explain_late(job: Job, pod: Pod | None) -> Cause:
    """Say who has not acted, where a start takes long and the cluster gives no reason."""
    if pod is None:
        words = f"The Job {job.name} has no pod yet: kube-controller-manager has made none."
    elif not pod.scheduled:
        words = "The pod has no node yet: no scheduler has said anything of it."
    else:
        running = next((c.name for c in pod.init if c.running and not c.restarts), None)
        node = pod.node or "its node"
        words = (
            f"The container {running}, which has to end before the agent starts, still runs."
            if running is not None
            else f"The kubelet of {node} has not started the agent's container yet."
        )
    return Cause(Reason.NOT_STARTED, shorten(words))


def is_foreign_binary(message: str) -> bool:
    """Say whether a message tells that an image is made for another kind of processor."""
    return any(sign in message for sign in _ARCHITECTURE)


def _quoted(event: Event) -> str | None:
    found = _QUOTED.search(event.message)
    return found[1] if found else None


def _shorten_schedule(message: str) -> str:
    """Turn the scheduler's long sentence into `0/3 nodes fit: 3 Insufficient memory`."""
    found = _UNSCHEDULED.match(message)
    if found is None:
        return shorten(message)
    rest = message[found.end() :]
    for end in (". preemption:", ". no new claims"):
        rest = rest.partition(end)[0]
    return shorten(f"{found[1]} nodes fit: {rest.removesuffix('.')}")


def shorten(text: str) -> str:
    """Return a text on one line, in as many characters as a status holds of it."""
    text = " ".join(text.split())
    return text if len(text) <= _MAX_MESSAGE else text[: _MAX_MESSAGE - 1] + "…"
