"""Why a run ended, in words; pure."""

from __future__ import annotations

import re
import signal
from datetime import timedelta

from agent_contract.agentthread import Reason
from agent_contract.names import ExitCode
from agent_operator.causes import Cause, is_foreign_binary, shorten
from agent_operator.jobs import Job
from agent_operator.pods import Container, Pod

_START_REASONS = {"StartError", "ContainerCannotRun"}
_LOST_CONTAINER = {"ContainerStatusUnknown", "Unknown"}
"""What kubelet and containerd say of a container that a restarted node does not know any more."""
_SHUTDOWNS = {"Terminated", "NodeShutdown", "Shutdown"}
"""The kubelet's words, over its versions, where its node is being shut down."""
KILLED = frozenset({None, 128 + signal.SIGTERM, 128 + signal.SIGKILL})
"""Exit codes of an agent that did not choose its end."""
_EXITS = {
    ExitCode.LEFT: (Reason.IDLE_TIMEOUT, "The agent was idle and left."),
    ExitCode.BAD_CONFIG: (Reason.BAD_CONFIG, "The runner could not use its configuration."),
    ExitCode.TASK_FAILED: (Reason.TASK_FAILED, "The task ended without an answer."),
    ExitCode.REFUSED: (Reason.GATEWAY_REFUSED, "The gateway refused the runner."),
    ExitCode.PI_FAILED: (Reason.AGENT_FAILED, "pi did not start or kept dying."),
    ExitCode.GATEWAY_LOST: (Reason.GATEWAY_LOST, "The gateway was out of reach for too long."),
    ExitCode.NAME_UNKNOWN: (
        Reason.GATEWAY_LOST,
        "The gateway's name is not resolved where agents are: the chart's networkPolicy.dns says who resolves names.",
    ),
    ExitCode.DEADLINE: (Reason.DEADLINE_EXCEEDED, "A turn exceeded its time and was killed."),
}
_OWN_LIMITS = ("exceeds the limit", "exceeded its local ephemeral storage limit", "exceeds the total limit")
"""In the kubelet's words where a pod went over its own limit, not where its node ran out of something."""
_RAISE = "The AgentClass's workspace.size sets how much there is."
_EXEC_FORMAT = re.compile(
    r"(?:standard_init_linux\.go:\d{1,5}: )?exec (?:user process caused: |[^ ]{1,256}: )?exec format error"
)
_AT_ONCE = timedelta(seconds=5)
LEFT = Cause(*_EXITS[ExitCode.LEFT])


def explain_gone(pod: Pod) -> Cause:
    """Say why a pod is being deleted, or was ended, that nobody here ended."""
    if pod.status_reason == "Evicted":
        return _explain_eviction(pod.status_message or "The pod was evicted by its node.")
    detail = pod.disruption or pod.status_message
    match pod.disrupted:
        case "PreemptionByScheduler":
            return Cause(Reason.PREEMPTED, shorten(detail or "More urgent work took the pod's room."))
        case "EvictionByEvictionAPI" | "TerminationByKubelet":
            return Cause(
                Reason.EVICTED, shorten(f"The pod was evicted ({pod.disrupted}){f': {detail}' if detail else '.'}")
            )
        case "DeletionByTaintManager":
            return Cause(Reason.NODE_LOST, "The pod's node became unreachable.")
        case "DeletionByPodGC":
            return Cause(Reason.NODE_LOST, "The pod's node is gone.")
        case _ if pod.status_reason == "Preempting":
            return Cause(Reason.PREEMPTED, shorten(detail or "More urgent work took the pod's room."))
        case _:
            return Cause(Reason.DELETED, "The pod was deleted.")


def _explain_eviction(message: str) -> Cause:
    """Tell an own limit, which the next run would meet again, from a node that ran out of something."""
    if any(sign in message for sign in _OWN_LIMITS):
        return Cause(Reason.DISK_FULL, shorten(f"{message.strip()} {_RAISE}"))
    return Cause(Reason.EVICTED, shorten(message))


def explain_end(job: Job, pod: Pod | None) -> Cause:
    """Say why a run that nobody stopped is over."""
    if job.is_late:
        return Cause(Reason.DEADLINE_EXCEEDED, "The run exceeded its Job's deadline.")
    if pod is None:
        return LEFT if job.complete else Cause(Reason.DELETED, "The pod is gone.")
    return explain_pod_end(pod)


def explain_pod_end(pod: Pod) -> Cause:
    """Say why a pod ended that nobody stopped."""
    agent = pod.agent
    out_of_memory = agent.exit_reason == "OOMKilled"
    if pod.deleted_at is not None and not out_of_memory and agent.exit_code in KILLED:
        return explain_gone(pod)
    if pod.status_reason in {"Evicted", "Preempting"} or pod.disrupted:
        return explain_gone(pod)
    if pod.status_reason in _SHUTDOWNS:
        return Cause(Reason.EVICTED, shorten(pod.status_message or "The pod's node is shutting down."))
    if pod.status_reason == "NodeLost":
        return Cause(Reason.NODE_LOST, "The pod's node became unreachable.")
    if agent.exit_code is None:
        return _explain_never_ran(pod)
    return _explain_exit(agent, agent.exit_code)


def _explain_exit(agent: Container, code: int) -> Cause:
    detail = agent.termination_message or ""
    if agent.exit_reason in _LOST_CONTAINER:
        return Cause(Reason.NODE_LOST, "The pod's node restarted, and the container is gone.")
    if agent.exit_reason in _START_REASONS:
        wrong = is_foreign_binary(detail)
        words = detail or f"The container does not start ({agent.exit_reason})."
        return Cause(Reason.WRONG_ARCHITECTURE if wrong else Reason.CONTAINER_CONFIG_ERROR, shorten(words))
    if agent.exit_reason == "OOMKilled":
        return Cause(Reason.OOM_KILLED, "The container exceeded its memory limit.")
    if code in list(ExitCode):
        return Cause(*_EXITS[ExitCode(code)])  # its termination message is the agent's to write
    if _is_wrong_binary(agent, detail):
        words = f"The image {agent.image} is made for another kind of processor than its node's (exec format error)."
        return Cause(Reason.WRONG_ARCHITECTURE, shorten(words))
    return Cause(Reason.ERROR, f"The runner ended with exit code {code}{_signal(code)}.")


def _is_wrong_binary(agent: Container, detail: str) -> bool:
    """Say whether nothing of the image ever ran: an agent that works could write the same words, but not so soon."""
    if agent.started_at is None or agent.finished_at is None or agent.finished_at - agent.started_at > _AT_ONCE:
        return False
    return _EXEC_FORMAT.fullmatch(detail.strip()) is not None


def _explain_never_ran(pod: Pod) -> Cause:
    """Say why a pod failed before its agent ran."""
    for container in pod.init:
        if container.exit_code and not container.restarts:
            detail = f": {container.termination_message}" if container.termination_message else "."
            words = f"The init container {container.name} failed with exit code {container.exit_code}{detail}"
            return Cause(Reason.INIT_FAILED, shorten(words))
    if pod.status_reason is not None:
        # the kubelet admits no pod that does not fit after all, as in OutOfcpu, NodeAffinity, UnexpectedAdmissionError
        words = pod.status_message or "The node did not take the pod."
        return Cause(Reason.UNSCHEDULABLE, shorten(f"{words} ({pod.status_reason})"))
    return Cause(Reason.ERROR, shorten(pod.status_message or "The pod failed before its container ran."))


def _signal(exit_code: int) -> str:
    try:
        return f" ({signal.Signals(exit_code - 128).name})"
    except ValueError:
        return ""
