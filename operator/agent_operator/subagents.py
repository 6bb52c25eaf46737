"""What a SubAgent needs next, from what is wanted and what stands; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kubernetes_asyncio.client.models import V1Job

from agent_contract.agentclass import TtlSeconds
from agent_contract.agentthread import Reason
from agent_contract.names import SUBAGENT_RUN
from agent_contract.subagent import SubAgent, SubAgentPhase, SubAgentStatus
from agent_contract.terms import MAX_RESULT_BYTES
from agent_operator.builders.job import build_job, build_subagent_work
from agent_operator.builders.model import choose_model
from agent_operator.causes import Cause
from agent_operator.config import OperatorConfig
from agent_operator.follow import Desired, Progress, Stage, follow_job, must_not_run
from agent_operator.observe import Observed
from agent_operator.plans import ClassLookup, Deadline, Plan
from agent_operator.reconcile import explain_no_model, read_cause
from agent_operator.siblings import Slots
from agent_operator.subconditions import compute_conditions, compute_summary

_MESSAGE_LIMIT = 2048
_REQUEUE_REFUSED = 30.0
_ENDS = {
    Reason.COMPLETED: SubAgentPhase.SUCCEEDED,
    Reason.CANCELLED: SubAgentPhase.CANCELLED,
    Reason.DEADLINE_EXCEEDED: SubAgentPhase.TIMED_OUT,
}
_PHASES = {
    Stage.PENDING: SubAgentPhase.PENDING, Stage.STARTING: SubAgentPhase.STARTING, Stage.RUNNING: SubAgentPhase.RUNNING,
}  # fmt: skip

SubPlan = Plan[SubAgentStatus]


def decide_subagent(
    sub: SubAgent, lookup: ClassLookup, observed: Observed, slots: Slots, config: OperatorConfig, now: datetime
) -> SubPlan:
    """Compare what is wanted with what stands. Its one Job is made once: what is finished stays so.

    Args:
        sub: The resource.
        lookup: Its class.
        observed: What stands of it.
        slots: How many of the same parent may work; needed only while it has not begun.
        config: Of the operator.
        now: By the API server's clock.
    """
    status, job = sub.status, observed.job
    if is_terminal(sub):
        delete = (job.name,) if job is not None and must_not_run(job, observed.pod) else ()
        return Plan(status, delete=delete, expired=_is_expired(sub, lookup, now))
    if job is None and status.job_name is None:
        return _begin(sub, lookup, observed, slots, config, now)
    return _follow(sub, observed, now)


def is_terminal(sub: SubAgent) -> bool:
    """Say whether it has ended."""
    return sub.status.phase is not None and sub.status.phase.terminal


def _is_expired(sub: SubAgent, lookup: ClassLookup, now: datetime) -> bool:
    ttl = lookup.found.spec.ttl_seconds_after_finished if lookup.found is not None else TtlSeconds()
    ended = sub.status.finished_at
    return ended is not None and now - ended >= timedelta(seconds=ttl.sub_agent)


def _begin(
    sub: SubAgent, lookup: ClassLookup, observed: Observed, slots: Slots, config: OperatorConfig, now: datetime
) -> SubPlan:
    """Make its Job, unless something speaks against it."""
    status = sub.status
    if sub.spec.cancel:
        cancelled = Cause(Reason.CANCELLED, "It was cancelled before it began.")
        ended = _with_cause(status, SubAgentPhase.CANCELLED, cancelled)
        return _plan(sub, ended.model_copy(update={"finished_at": now.replace(microsecond=0)}), now)
    if observed.foreign is not None:
        words = f"A Job named {observed.foreign} that belongs to somebody else stands in the way."
        refused = _with_cause(status, SubAgentPhase.PENDING, Cause(Reason.CREATE_REFUSED, words))
        return _plan(sub, refused, now, requeue_after=_REQUEUE_REFUSED)
    problem = lookup.problem
    model = choose_model(None, lookup.found.spec, config) if lookup.found is not None else None
    if model is None and problem is None:
        problem = explain_no_model()
    if lookup.found is None or model is None:
        return _plan(sub, _with_cause(status, SubAgentPhase.PENDING, problem), now, problem)
    if slots.taken >= slots.limit:
        words = f"{slots.limit} sub-agents of its parent are at work or before it (subAgents.maxConcurrent)."
        return _plan(sub, _with_cause(status, SubAgentPhase.PENDING, Cause(Reason.CONCURRENCY_LIMIT, words)), now)
    spec = lookup.found.spec
    job = build_job(build_subagent_work(sub, SUBAGENT_RUN, spec, model, config), spec, config, lookup.gateway)
    begun = _with_cause(status, SubAgentPhase.PENDING, None).model_copy(update={"job_name": job.metadata.name})
    return _plan(sub, begun, now, create=job)


def _follow(sub: SubAgent, observed: Observed, now: datetime) -> SubPlan:
    """Follow one whose Job was made."""
    job, status = observed.job, sub.status
    desired = Desired(
        stop=Cause(Reason.CANCELLED, "It was cancelled.") if sub.spec.cancel else None,
        one_task=True,
        seconds=sub.spec.timeout_seconds,
        cause=read_cause(status.reason, status.message),
        started_at=status.started_at,
        pod_uid=status.pod_uid,
    )
    progress = follow_job(job, observed.pod, observed.events, desired, now)
    if job is not None:
        status = status.model_copy(update={"job_name": job.name})
    named = job.name if job is not None else ""
    return _plan(
        sub,
        _tell(status, progress),
        now,
        delete=(named,) if progress.delete else (),
        deadline=Deadline(named, progress.deadline) if progress.deadline is not None else None,
        requeue_after=progress.requeue_after,
    )


def _tell(status: SubAgentStatus, progress: Progress) -> SubAgentStatus:
    """Write into a status how it goes on, with what its pod tells; while it ends, its phase stays."""
    cause, pod = progress.cause, progress.pod
    if progress.phase is Stage.ENDED:
        phase = _ENDS.get(cause.reason, SubAgentPhase.FAILED) if cause is not None else SubAgentPhase.FAILED
    else:
        phase = _PHASES.get(progress.phase, status.phase or SubAgentPhase.PENDING)
    more: dict[str, Any] = {"finished_at": progress.finished_at}
    if pod is not None:
        # a pod that the scheduler has not seen yet is not worth a write of its own
        if pod.scheduled or pod.terminal or pod.schedule_reason:
            more |= {"pod_name": pod.name, "pod_uid": pod.uid}
        if progress.phase in {Stage.RUNNING, Stage.ENDED}:
            more |= {"started_at": pod.agent.started_at or status.started_at, "exit_code": pod.agent.exit_code}
        if phase is SubAgentPhase.SUCCEEDED:
            answer = (pod.agent.termination_message or "").encode()[:MAX_RESULT_BYTES]
            more["result"] = answer.decode(errors="ignore")
    return _with_cause(status, phase, cause).model_copy(update=more)


def _with_cause(status: SubAgentStatus, phase: SubAgentPhase, cause: Cause | None) -> SubAgentStatus:
    message = (cause.message or "")[:_MESSAGE_LIMIT] or None if cause is not None else None
    return status.model_copy(
        update={"phase": phase, "reason": cause.reason.value if cause is not None else None, "message": message}
    )


def _plan(
    sub: SubAgent,
    status: SubAgentStatus,
    now: datetime,
    problem: Cause | None = None,
    *,
    create: V1Job | None = None,
    delete: tuple[str, ...] = (),
    deadline: Deadline | None = None,
    requeue_after: float | None = None,
) -> SubPlan:
    changes = {"conditions": compute_conditions(sub, status, problem, now), "summary": compute_summary(sub, status)}
    return Plan(status.model_copy(update=changes), create, delete, deadline, requeue_after)
