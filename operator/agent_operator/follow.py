"""How a run's Job goes on: one decision for AgentThreads and SubAgents; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from agent_contract.agentthread import Reason
from agent_contract.names import ExitCode
from agent_operator.causes import Cause, explain_late, explain_no_pod, explain_waiting
from agent_operator.endings import KILLED, LEFT, explain_end, explain_gone, explain_pod_end
from agent_operator.jobs import Job
from agent_operator.podevents import Event
from agent_operator.pods import Pod

NODE_LOST_AFTER = timedelta(seconds=30)
"""After the end of its grace a pod that has not ended is on a node that does not answer."""
REQUEUE_ENDING = 5.0
"""Seconds until a pod that is ending is observed again."""
LATE_AFTER = timedelta(seconds=20)
"""After which a start that nothing explains is told to be late."""
DEADLINE_SLACK = 5
"""Seconds that a pod may have waited without its Job's deadline being moved: a write less for most runs."""
_PREEMPTED = Cause(Reason.PREEMPTED, "A queue took the run's room back: its Job is suspended again.")
COMPLETED = Cause(Reason.COMPLETED, "")
_BEGAN_TO_END = frozenset({
    Reason.CANCELLED, Reason.DEADLINE_EXCEEDED, Reason.DELETED, Reason.DISK_FULL, Reason.EVICTED, Reason.NODE_LOST,
    Reason.PREEMPTED, Reason.SUSPENDED,
})  # fmt: skip
"""Causes that are recorded while a pod ends: what was seen first is the cause, and the rest its consequence."""


class Stage(Enum):
    """Where a run stands."""

    PENDING = auto()
    """It has no pod, or its pod has no node."""
    STARTING = auto()
    RUNNING = auto()
    ENDING = auto()
    """It is to end, or about to, and its pod may still work."""
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Desired:
    """What is wanted of a run, and what its status says of it.

    Attributes:
        stop: Why it must not run; None where it may.
        stop_wins: The stop is its cause even where its agent had left by itself before.
        one_task: It is a sub-agent's: exit code 0 is an answer, and the pod's own words say why there is none.
        seconds: How long a sub-agent may work.
        cause: The reason and message of its status, as far as it has one.
        started_at: When its agent started, as its status says.
        pod_uid: Its pod, as its status says.
    """

    stop: Cause | None = None
    stop_wins: bool = False
    one_task: bool = False
    seconds: int | None = None
    cause: Cause | None = None
    started_at: datetime | None = None
    pod_uid: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run goes on.

    Attributes:
        phase: Where it stands.
        cause: Why it waits, ends or ended; None where nothing is to be told.
        pod: The pod that is worth naming in the status.
        delete: Its Job is to be deleted, and its pod with it.
        deadline: The `activeDeadlineSeconds` that its Job should have; None where it stays as it is.
        requeue_after: Seconds after which it is to be observed again, whatever is heard until then.
        finished_at: When it ended.
    """

    phase: Stage
    cause: Cause | None = None
    pod: Pod | None = None
    delete: bool = False
    deadline: int | None = None
    requeue_after: float | None = None
    finished_at: datetime | None = None

    @property
    def scheduled(self) -> bool:
        """Say whether its pod has a node and has not ended."""
        return self.phase is not Stage.ENDED and self.pod is not None and self.pod.scheduled


def follow_job(job: Job | None, pod: Pod | None, events: Sequence[Event], desired: Desired, now: datetime) -> Progress:
    """Compare what is wanted of a run whose Job was made with what stands of it.

    Args:
        job: Its own Job; None where there is none any more.
        pod: Its pod, which may outlive the Job.
        events: About both, the newest first.
        desired: What is wanted, and what is known.
        now: By the API server's clock, which also wrote when a pod has to be gone (`agent_kube.clock`).
    """
    if job is not None and job.suspended and not _has_started(pod, desired):
        pod = None  # what a queue took back before it began comes again
    if pod.terminal if pod is not None else (job is None or job.terminal):
        return _ended(job, pod, desired, now)
    stop = desired.stop or _find_stop(job, pod, desired)
    if stop is not None:
        return _ending(job, pod, stop, now, delete=job is not None and not job.deleting)
    if job is None or job.deleting:
        return _ending(job, pod, _known_end(desired) or Cause(Reason.DELETED, "The Job was deleted."), now)
    if pod is not None and (job.terminal or pod.deleted_at is not None):
        cause = _explain_over_time(pod, desired, now) if job.is_late else explain_gone(pod)
        return _ending(job, pod, _known_end(desired) or cause, now)
    return _starting_or_running(job, pod, events, now)


def must_not_run(job: Job | None, pod: Pod | None) -> bool:
    """Say whether the Job of a finished run is to be deleted.

    One whose pod has ended stays for those who look into it, unless a sidecar runs on, or a queue could resume it.
    """
    if job is None or job.terminal or job.deleting:
        return False
    return pod is None or not pod.terminal or pod.outlives_agent or job.suspended


def explain_lost(pod: Pod | None, now: datetime) -> Cause | None:
    """Say that a pod's node is lost, where it is long past the time that it was given to end.

    Args:
        pod: The pod.
        now: By the API server's clock.
    """
    if pod is None or pod.deleted_at is None or now - pod.deleted_at < NODE_LOST_AFTER:
        return None
    return Cause(Reason.NODE_LOST, "The pod did not end in time: its node does not answer.")


def _has_started(pod: Pod | None, desired: Desired) -> bool:
    return desired.started_at is not None or (pod is not None and pod.agent.started_at is not None)


def _find_stop(job: Job | None, pod: Pod | None, desired: Desired) -> Cause | None:
    """Say why a run that was started cannot go on: a run has one pod, which the gateway knows by its first word."""
    known = _known_end(desired)
    if job is not None and job.suspended and _has_started(pod, desired):
        return known or _PREEMPTED
    replaced = pod is not None and desired.started_at is not None and desired.pod_uid not in {None, pod.uid}
    return (known or Cause(Reason.DELETED, "The run's pod was replaced by another.")) if replaced else None


def _known_end(desired: Desired) -> Cause | None:
    return desired.cause if desired.cause is not None and desired.cause.reason in _BEGAN_TO_END else None


def _ended(job: Job | None, pod: Pod | None, desired: Desired, now: datetime) -> Progress:
    """Say how it ended; where its agent has ended and a sidecar has not, its Job is ended with it."""
    delete = pod is not None and must_not_run(job, pod)
    finished = (pod.agent.finished_at if pod is not None else None) or now.replace(microsecond=0)
    return Progress(Stage.ENDED, _explain_end(job, pod, desired, now), pod, delete, finished_at=finished)


def _explain_end(job: Job | None, pod: Pod | None, desired: Desired, now: datetime) -> Cause:
    left = pod.agent.exit_code == ExitCode.LEFT if pod is not None else job is not None and job.complete
    if desired.stop is not None and (desired.stop_wins or not left):
        return desired.stop
    if left:
        return COMPLETED if desired.one_task else LEFT
    known = _known_end(desired)
    if known is not None:
        return known
    if job is not None and job.suspended:
        return _PREEMPTED
    cause = _explain_by_itself(job, pod)
    if cause.reason is Reason.DEADLINE_EXCEEDED and (desired.one_task or (job is not None and job.is_late)):
        return _explain_over_time(pod, desired, now)
    if cause.reason is Reason.TASK_FAILED and desired.one_task and pod is not None and pod.agent.termination_message:
        return Cause(Reason.TASK_FAILED, pod.agent.termination_message)
    return cause


def _explain_by_itself(job: Job | None, pod: Pod | None) -> Cause:
    """Say why a run ended that was not asked to; of one without a Job only its agent's own end says more than that."""
    if job is not None:
        return explain_end(job, pod)
    if pod is None or pod.agent.exit_code in KILLED:
        return Cause(Reason.DELETED, "The Job was deleted.")
    return explain_pod_end(pod)


def _explain_over_time(pod: Pod | None, desired: Desired, now: datetime) -> Cause:
    """Say that a run's time was over; of one that never began, what it waited for: its own time was not touched."""
    started = (pod.agent.started_at if pod is not None else None) or desired.started_at
    if started is None:
        return desired.cause or Cause(Reason.ERROR, "It did not begin in time.")
    end = (pod.agent.finished_at if pod is not None else None) or now
    worked = max(0, round((end - started).total_seconds()))
    if desired.seconds is not None:
        return Cause(Reason.DEADLINE_EXCEEDED, f"It timed out after {min(worked, desired.seconds)} s.")
    return Cause(Reason.DEADLINE_EXCEEDED, f"The run was ended after {worked} s, its Job's deadline.")


def _ending(job: Job | None, pod: Pod | None, cause: Cause, now: datetime, *, delete: bool = False) -> Progress:
    """Wait for a pod that is ending, but no longer than its node may take."""
    lost = explain_lost(pod, now)
    if lost is None:
        return Progress(Stage.ENDING, cause, pod, delete, requeue_after=REQUEUE_ENDING)
    must_go = job is not None and not job.deleting
    return Progress(Stage.ENDED, lost, None, must_go, finished_at=now.replace(microsecond=0))


def _starting_or_running(job: Job, pod: Pod | None, events: Sequence[Event], now: datetime) -> Progress:
    if pod is not None and pod.agent.running:
        return Progress(Stage.RUNNING, None, pod, deadline=_compute_deadline(job, pod))
    stage = Stage.STARTING if pod is not None and pod.scheduled else Stage.PENDING
    cause = explain_waiting(pod, events) if pod is not None else explain_no_pod(job, events)
    if cause is not None:
        return Progress(stage, cause, pod)
    since = pod.scheduled_at or pod.created_at if pod is not None else job.started_at or job.created_at
    if since is None:
        return Progress(stage, None, pod)
    left = (since + LATE_AFTER - now).total_seconds()
    if left > 0:
        return Progress(stage, None, pod, requeue_after=left)
    return Progress(stage, explain_late(job, pod), pod)


def _compute_deadline(job: Job, pod: Pod) -> int | None:
    """Compute the deadline of a Job whose agent runs: what the run may take counts from then.

    It only grows: a deadline that an administrator raised stays.
    """
    if job.allowance is None or job.deadline is None or job.started_at is None or pod.agent.started_at is None:
        return None
    waited = math.ceil((pod.agent.started_at - job.started_at).total_seconds())
    due = job.allowance + waited
    return due if due - job.deadline > DEADLINE_SLACK else None
