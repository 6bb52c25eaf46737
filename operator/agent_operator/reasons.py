"""Why a run waits or ended, in words; pure."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_contract.agentthread import Reason
from agent_contract.names import ExitCode
from agent_operator.observe import PULLS, Event, Job, Pod

_MESSAGE_LIMIT = 1024
_IMAGE_REASONS = {"ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"}
_CONFIG_REASONS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_START_REASONS = {"StartError", "ContainerCannotRun"}
_TERMINATED = {None, 128 + signal.SIGTERM, 128 + signal.SIGKILL}
_EXITS = {
    ExitCode.LEFT: (Reason.IDLE_TIMEOUT, "The agent was idle and left."),
    ExitCode.BAD_CONFIG: (Reason.BAD_CONFIG, "The runner could not use its configuration."),
    ExitCode.TASK_FAILED: (Reason.TASK_FAILED, "The task ended without an answer."),
    ExitCode.REFUSED: (Reason.GATEWAY_REFUSED, "The gateway refused the runner."),
    ExitCode.PI_FAILED: (Reason.AGENT_FAILED, "pi did not start or kept dying."),
    ExitCode.GATEWAY_LOST: (Reason.GATEWAY_LOST, "The gateway was out of reach for too long."),
    ExitCode.DEADLINE: (Reason.DEADLINE_EXCEEDED, "A turn exceeded its time and was killed."),
}


@dataclass(frozen=True, slots=True)
class Why:
    """A reason with its sentence."""

    reason: Reason
    message: str


def why_no_pod(job: Job, warnings: Iterable[Event]) -> Why | None:
    """Say why a Job has no pod, as the Job controller's warnings tell it."""
    for event in warnings:
        if event.uid == job.uid and event.reason == "FailedCreate":
            if "exceeded quota" in event.message:
                return Why(Reason.QUOTA_EXCEEDED, _cut(event.message))
            return Why(Reason.CREATE_REFUSED, _cut(event.message))
    return None


def why_waiting(pod: Pod, warnings: Sequence[Event]) -> Why | None:
    """Say what holds a pod up before its container runs; None where it merely starts."""
    if not pod.scheduled:
        if pod.schedule_reason == "Unschedulable":
            return Why(Reason.UNSCHEDULABLE, _short_schedule(pod.schedule_message or ""))
        return None
    if pod.waiting_reason in _IMAGE_REASONS:
        said = f": {pod.waiting_message}" if pod.waiting_message else "."
        return Why(
            Reason.IMAGE_PULL_BACK_OFF, _cut(f"The image {pod.image} cannot be used ({pod.waiting_reason}){said}")
        )
    if pod.waiting_reason in _CONFIG_REASONS:
        return Why(Reason.CONTAINER_CONFIG_ERROR, _cut(pod.waiting_message or pod.waiting_reason or ""))
    for event in warnings:
        if event.uid == pod.uid and event.reason in {"FailedMount", "FailedAttachVolume", "ProvisioningFailed"}:
            return Why(Reason.VOLUME_PENDING, _cut(event.message))
    pulls = {event.reason for event in warnings if event.uid == pod.uid and event.reason in PULLS}
    if pulls == {"Pulling"}:
        return Why(Reason.PULLING_IMAGE, _cut(f"The image {pod.image} is being pulled."))
    return None


def why_gone(pod: Pod) -> Why:
    """Say why a pod is being deleted that nobody here deleted."""
    if pod.status_reason == "Evicted" or pod.disrupted in {
        "EvictionByEvictionAPI",
        "TerminationByKubelet",
        "PreemptionByScheduler",
    }:
        return Why(Reason.EVICTED, _cut(pod.status_message or f"The pod was evicted ({pod.disrupted})."))
    if pod.disrupted == "DeletionByTaintManager":
        return Why(Reason.NODE_LOST, "The pod's node became unreachable.")
    return Why(Reason.DELETED, "The pod was deleted.")


def why_ended(job: Job, pod: Pod | None) -> Why:
    """Say why a run that nobody stopped is over."""
    if job.failed == "DeadlineExceeded":
        return Why(Reason.DEADLINE_EXCEEDED, "The run exceeded its Job's deadline.")
    if (
        pod is not None
        and pod.deleted_at is not None
        and pod.exit_reason != "OOMKilled"
        and pod.exit_code in _TERMINATED
    ):
        return why_gone(pod)
    if pod is None:
        if job.complete:
            return Why(*_EXITS[ExitCode.LEFT])
        return Why(Reason.DELETED, "The pod is gone.")
    return _why_pod_ended(pod)


def _why_pod_ended(pod: Pod) -> Why:
    if pod.status_reason == "Evicted" or pod.disrupted:
        return why_gone(pod)
    if pod.exit_reason in _START_REASONS:
        return Why(
            Reason.CONTAINER_CONFIG_ERROR, _cut(pod.words or f"The container does not start ({pod.exit_reason}).")
        )
    if pod.exit_reason == "OOMKilled":
        return Why(Reason.OOM_KILLED, "The container exceeded its memory limit.")
    if pod.status_reason == "NodeLost":
        return Why(Reason.NODE_LOST, "The pod's node became unreachable.")
    if pod.exit_code is None:
        return Why(Reason.ERROR, _cut(pod.status_message or "The pod failed before its container ran."))
    if pod.exit_code in list(ExitCode):
        reason, sentence = _EXITS[ExitCode(pod.exit_code)]
        said = f" {_last_line(pod.words)}" if pod.exit_code and pod.words else ""
        return Why(reason, _cut(sentence + said))
    return Why(Reason.ERROR, f"The runner ended with exit code {pod.exit_code}{_signal(pod.exit_code)}.")


def _signal(exit_code: int) -> str:
    try:
        return f" ({signal.Signals(exit_code - 128).name})"
    except ValueError:
        return ""


def _last_line(text: str | None) -> str:
    lines = [line for line in (text or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _short_schedule(message: str) -> str:
    """Turn the scheduler's long sentence into `0/3 nodes fit: 3 Insufficient memory`."""
    match = re.match(r"(\d+/\d+) nodes are available: (.*?)\.(?: preemption:| no new claims|$)", message)
    return _cut(f"{match[1]} nodes fit: {match[2]}" if match else message)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MESSAGE_LIMIT else text[: _MESSAGE_LIMIT - 1] + "…"
