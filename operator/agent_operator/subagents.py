"""What a sub-agent needs next, from what is wanted and what stands; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kubernetes_asyncio.client.models import V1Job

from agent_contract.agentclass import TtlSeconds
from agent_contract.agentthread import Reason
from agent_contract.names import SUBAGENT_RUN, ExitCode
from agent_contract.subagent import SubAgent, SubAgentPhase, SubAgentStatus
from agent_contract.terms import MAX_RESULT_BYTES
from agent_operator.builders.job import build_job, build_subagent_work, choose_model
from agent_operator.config import OperatorConfig
from agent_operator.observe import Job, Observed, Pod
from agent_operator.reasons import Why, why_ended, why_gone, why_no_pod, why_waiting
from agent_operator.reconcile import LOOK_AGAIN, Wanted, explain_no_model, find_lost
from agent_operator.subconditions import compute_conditions, compute_summary

_CANCELLED = Why(Reason.CANCELLED, "It was cancelled.")
_COMPLETED = Why(Reason.COMPLETED, "")
_BEGAN_TO_END = {Reason.CANCELLED, Reason.DEADLINE_EXCEEDED, Reason.DELETED, Reason.EVICTED, Reason.NODE_LOST}
_MESSAGE_LIMIT = 2048

_TERMINAL = frozenset(phase.value for phase in SubAgentPhase if phase.over)


@dataclass(frozen=True, slots=True)
class SubPlan:
    """What to do: the status to write, a Job to create or delete, and when to look again at the latest."""

    status: SubAgentStatus
    create: V1Job | None = None
    delete: tuple[str, ...] = ()
    again: float | None = None
    expired: bool = False
    """It ended so long ago that the resource itself goes."""


@dataclass(frozen=True, slots=True)
class Place:
    """How many of the same parent's are at work or before it, and how many may be."""

    taken: int
    most: int


def decide_subagent(
    sub: SubAgent, wanted: Wanted, observed: Observed, place: Place, config: OperatorConfig, now: datetime
) -> SubPlan:
    """Compare what is wanted with what stands. Its one Job is made once: what is over is over."""
    status = sub.status
    if is_over(sub):
        return SubPlan(status, delete=_leftover(observed), expired=_is_expired(sub, wanted, now))
    if observed.job is None and status.job_name is None:
        return _begin(sub, wanted, place, config, now)
    return _follow(sub, observed, now)


def _leftover(observed: Observed) -> tuple[str, ...]:
    """Name the Job of a finished one that might run all the same; one whose pod has ended stays to be looked at."""
    job, pod = observed.job, observed.pod
    if job is None or job.over or job.deleting or (pod is not None and pod.over):
        return ()
    return (job.name,)


def is_over(sub: SubAgent) -> bool:
    """Say whether it has ended."""
    return sub.status.phase is not None and sub.status.phase.over


def compute_place(sub: SubAgent, siblings: Sequence[dict[str, Any]], most: int) -> Place:
    """Count those of the same parent that are at work, and those that wait before it: first come, first served.

    Args:
        sub: The one that waits.
        siblings: All SubAgents as the API server lists them.
        most: How many of one parent may work at the same time.
    """
    if sub.spec.parent is None:
        return Place(0, most)
    taken = 0
    for raw in siblings:
        parent = raw.get("spec", {}).get("parent") or {}
        status = raw.get("status") or {}
        phase = status.get("phase")
        if parent.get("uid") != sub.spec.parent.uid or raw["metadata"]["uid"] == sub.uid:
            continue
        if phase in _TERMINAL or "deletionTimestamp" in raw["metadata"]:
            continue
        if status.get("jobName") or _order(raw["metadata"]) < _order(sub.metadata):
            taken += 1
    return Place(taken, most)


def _order(metadata: dict[str, Any]) -> tuple[str, int, str]:
    name = str(metadata["name"])
    return str(metadata.get("creationTimestamp", "")), len(name), name  # k10 comes after k2


def _is_expired(sub: SubAgent, wanted: Wanted, now: datetime) -> bool:
    ttl = wanted.found.spec.ttl_seconds_after_finished if wanted.found is not None else TtlSeconds()
    ended = sub.status.finished_at
    return ended is not None and now - ended >= timedelta(seconds=ttl.sub_agent)


def _begin(sub: SubAgent, wanted: Wanted, place: Place, config: OperatorConfig, now: datetime) -> SubPlan:
    """Make its Job, unless something speaks against it."""
    status = sub.status
    if sub.spec.cancel:
        return _end(sub, status, Why(Reason.CANCELLED, "It was cancelled before it began."), None, now)
    problem = wanted.problem
    model = choose_model(None, wanted.found.spec, config) if wanted.found is not None else None
    if model is None and problem is None:
        problem = explain_no_model()
    if wanted.found is None or model is None:
        return _write(sub, _because(status, SubAgentPhase.PENDING, problem), now, problem)
    if place.taken >= place.most:
        words = f"{place.most} sub-agents of its parent are at work or before it (subAgents.maxConcurrent)."
        return _write(sub, _because(status, SubAgentPhase.PENDING, Why(Reason.CONCURRENCY_LIMIT, words)), now)
    spec = wanted.found.spec
    job = build_job(build_subagent_work(sub, SUBAGENT_RUN, spec, model, config), spec, config)
    begun = _because(status, SubAgentPhase.PENDING, None).model_copy(update={"job_name": job.metadata.name})
    return _write(sub, begun, now, create=job)


def _follow(sub: SubAgent, observed: Observed, now: datetime) -> SubPlan:
    """Follow one whose Job was made."""
    job, pod, status = observed.job, observed.pod, sub.status
    if job is None or job.owner_uid != sub.uid:
        if pod is not None and not pod.over:
            return _ending(sub, status, _why_missing(sub), pod, now)
        return _end(sub, status, _COMPLETED if _has_answered(None, pod) else _why_missing(sub), pod, now)
    status = status.model_copy(update={"job_name": job.name})
    # a pod that the scheduler has not seen yet is not worth a write of its own
    if pod is not None and (pod.scheduled or pod.over or pod.schedule_reason):
        status = status.model_copy(update={"pod_name": pod.name, "pod_uid": pod.uid})
    if pod.over if pod is not None else job.over:
        return _end(sub, status, _why_over(sub, job, pod), pod, now)
    if sub.spec.cancel or job.deleting:
        delete = () if job.deleting else (job.name,)
        return _ending(sub, status, _why_missing(sub), pod, now, delete)
    if pod is not None and (job.over or pod.deleted_at is not None):
        return _ending(sub, status, why_ended(job, pod) if job.failed else why_gone(pod), pod, now)
    return _go_on(sub, status, observed, job, pod, now)


def _go_on(
    sub: SubAgent, status: SubAgentStatus, observed: Observed, job: Job, pod: Pod | None, now: datetime
) -> SubPlan:
    if pod is None:
        return _write(sub, _because(status, SubAgentPhase.PENDING, why_no_pod(job, observed.warnings)), now)
    if pod.running:
        running = _because(status, SubAgentPhase.RUNNING, None).model_copy(update={"started_at": pod.started_at})
        return _write(sub, running, now)
    phase = SubAgentPhase.STARTING if pod.scheduled else SubAgentPhase.PENDING
    return _write(sub, _because(status, phase, why_waiting(pod, observed.warnings)), now)


def _why_missing(sub: SubAgent) -> Why:
    """Say why a Job is gone or going."""
    if sub.spec.cancel:
        return _CANCELLED
    if sub.status.reason in _BEGAN_TO_END:
        return Why(Reason(sub.status.reason), sub.status.message or "")
    return Why(Reason.DELETED, "Its Job was deleted.")


def _has_answered(job: Job | None, pod: Pod | None) -> bool:
    return pod.exit_code == ExitCode.LEFT if pod is not None else job is not None and job.complete


def _why_late(sub: SubAgent, pod: Pod | None) -> Why:
    """Say that its time was over; of one that never began, what it waited for: its own time was not touched."""
    status = sub.status
    if status.started_at is not None or (pod is not None and pod.started_at is not None):
        return Why(Reason.DEADLINE_EXCEEDED, f"It timed out after {sub.spec.timeout_seconds} s.")
    if status.reason is not None:
        return Why(Reason(status.reason), status.message or "")
    return Why(Reason.ERROR, "It did not begin in time.")


def _why_over(sub: SubAgent, job: Job, pod: Pod | None) -> Why:
    if _has_answered(job, pod):
        return _COMPLETED
    if sub.spec.cancel:
        return _CANCELLED
    if sub.status.reason in _BEGAN_TO_END:  # what was seen first is the cause, and the rest its consequence
        return Why(Reason(sub.status.reason), sub.status.message or "")
    why = why_ended(job, pod)
    if why.reason is Reason.DEADLINE_EXCEEDED:
        return _why_late(sub, pod)
    if why.reason is Reason.TASK_FAILED and pod is not None and pod.words:
        return Why(Reason.TASK_FAILED, pod.words[:_MESSAGE_LIMIT])
    return why


def _ending(
    sub: SubAgent, status: SubAgentStatus, why: Why, pod: Pod | None, now: datetime, delete: tuple[str, ...] = ()
) -> SubPlan:
    """Wait for a pod that is ending; its phase stays, its reason tells."""
    lost = find_lost(pod, now)
    if lost is not None:
        return _end(sub, status, lost, None, now, delete)
    if why.reason is Reason.DEADLINE_EXCEEDED:
        why = _why_late(sub, pod)
    return _write(
        sub, _because(status, status.phase or SubAgentPhase.PENDING, why), now, delete=delete, again=LOOK_AGAIN
    )


def _end(
    sub: SubAgent, status: SubAgentStatus, why: Why, pod: Pod | None, now: datetime, delete: tuple[str, ...] = ()
) -> SubPlan:
    """Say how it ended, with what its pod still tells; never taken back."""
    match why.reason:
        case Reason.COMPLETED:
            phase = SubAgentPhase.SUCCEEDED
        case Reason.CANCELLED:
            phase = SubAgentPhase.CANCELLED
        case Reason.DEADLINE_EXCEEDED:
            phase = SubAgentPhase.TIMED_OUT
        case _:
            phase = SubAgentPhase.FAILED
    ended = _because(status, phase, why)
    finished = (pod.finished_at if pod is not None else None) or now.replace(microsecond=0)
    more: dict[str, Any] = {"finished_at": finished}
    if pod is not None:
        more |= {"exit_code": pod.exit_code, "started_at": pod.started_at or status.started_at}
        if phase is SubAgentPhase.SUCCEEDED:
            more["result"] = (pod.words or "").encode()[:MAX_RESULT_BYTES].decode(errors="ignore")
    return _write(sub, ended.model_copy(update=more), now, delete=delete)


def _because(status: SubAgentStatus, phase: SubAgentPhase, why: Why | None) -> SubAgentStatus:
    message = why.message or None if why is not None else None
    return status.model_copy(
        update={"phase": phase, "reason": why.reason.value if why is not None else None, "message": message}
    )


def _write(
    sub: SubAgent,
    status: SubAgentStatus,
    now: datetime,
    problem: Why | None = None,
    *,
    create: V1Job | None = None,
    delete: tuple[str, ...] = (),
    again: float | None = None,
) -> SubPlan:
    told = {"conditions": compute_conditions(sub, status, problem, now), "summary": compute_summary(sub, status)}
    return SubPlan(status.model_copy(update=told), create, delete, again)


def wants_attention(sub: SubAgent, now: datetime, ttl: int) -> bool:
    """Say whether one must be looked at: it is unfinished, or ended at least `ttl` seconds ago."""
    ended = sub.status.finished_at
    return not is_over(sub) or (ended is not None and now - ended >= timedelta(seconds=ttl))
