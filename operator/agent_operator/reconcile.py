"""What an AgentThread needs next, from what is wanted and what stands; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kubernetes_asyncio.client.models import V1Job

from agent_contract.agentthread import AgentThread, AgentThreadStatus, Phase, Reason, RunStatus
from agent_contract.conditions import ConditionType
from agent_operator.builders.job import build_job, build_thread_work
from agent_operator.builders.model import choose_model
from agent_operator.causes import Cause
from agent_operator.claims import Adoption, Claimed, build_adoption, explain_refused
from agent_operator.config import OperatorConfig
from agent_operator.follow import (
    REQUEUE_ENDING,
    Desired,
    Progress,
    Stage,
    explain_lost,
    follow_job,
    must_not_run,
)
from agent_operator.jobs import Job
from agent_operator.observe import Observed
from agent_operator.plans import ClassLookup, Deadline, Plan
from agent_operator.pods import Pod
from agent_operator.status import compute_conditions

_REQUEUE_REFUSED = 30.0
_PHASES = {
    Stage.PENDING: Phase.PENDING, Stage.STARTING: Phase.STARTING, Stage.RUNNING: Phase.RUNNING,
    Stage.ENDING: Phase.STOPPING, Stage.ENDED: Phase.IDLE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Result:
    phase: Phase
    run: RunStatus | None
    previous: RunStatus | None
    problem: Cause | None = None
    """Why the spec or class is not accepted."""
    scheduled: bool = False
    create: V1Job | None = None
    adopt: Adoption | None = None
    unadopted: RunStatus | None = None
    """How the run stands where the API server refuses to change the Job."""
    discard: Job | None = None
    delete: tuple[str, ...] = ()
    deadline: Deadline | None = None
    requeue_after: float | None = None


def decide(
    thread: AgentThread, lookup: ClassLookup, observed: Observed, config: OperatorConfig, now: datetime
) -> Plan[AgentThreadStatus]:
    """Compare what is wanted with what stands.

    Args:
        thread: The resource.
        lookup: Its class.
        observed: What stands of the run that `compute_run` names, and of others.
        config: Of the operator.
        now: By the API server's clock.
    """
    result = _decide(thread, lookup, observed, config, now)
    problem = result.problem or lookup.problem
    if result.phase is Phase.IDLE and problem is not None and result.run is None:
        result = replace(result, phase=Phase.FAILED)
    if result.phase is Phase.IDLE and thread.spec.suspend:
        result = replace(result, phase=Phase.SUSPENDED)
    status = AgentThreadStatus(
        phase=result.phase,
        run=result.run,
        previous_run=result.previous,
        conditions=compute_conditions(thread, result.phase, problem, result.run, scheduled=result.scheduled, now=now),
        spending=thread.status.spending,  # the gateway's, and the whole status is replaced
    )
    # whatever becomes of the wanted run: no other may run
    others = tuple(j.name for j in observed.other_jobs if not j.deleting)
    plan = Plan(status, result.create, (*others, *result.delete), result.deadline, result.requeue_after)
    if result.adopt is None:
        return replace(plan, discard=result.discard)
    unadopted = status.model_copy(update={"phase": Phase.IDLE, "run": result.unadopted})
    return replace(plan, adopt=result.adopt, unadopted=unadopted)


def compute_run(thread: AgentThread) -> int | None:
    """Compute the run to follow: the wanted one, or the last that was begun where the spec was put back by hand."""
    numbers = [n for n in (thread.spec.run, thread.status.run.number if thread.status.run else None) if n is not None]
    return max(numbers, default=None)


def needs_reconcile(thread: AgentThread) -> bool:
    """Say whether a thread has to be reconciled, from itself alone: something is unfinished, or changed since."""
    accepted = next((c for c in thread.status.conditions if c.type == ConditionType.ACCEPTED), None)
    if accepted is None or accepted.status != "True":
        return True
    if accepted.observed_generation != int(thread.metadata.get("generation", 0)):
        return True
    number, run = compute_run(thread), thread.status.run
    return number is not None and (run is None or run.number < number or run.finished_at is None)


def explain_no_model() -> Cause:
    """Say that nobody names a model, and who could."""
    return Cause(
        Reason.CLASS_INVALID,
        "No model is named: set spec.model.provider and spec.model.name in the AgentClass, "
        "or the chart's llm.provider and llm.model.",
    )


def _decide(
    thread: AgentThread, lookup: ClassLookup, observed: Observed, config: OperatorConfig, now: datetime
) -> _Result:
    status = thread.status
    number = compute_run(thread)
    if number is None:
        return _Result(Phase.IDLE, None, status.previous_run)
    current = status.run
    if current is not None and current.number < number:
        superseded = Cause(Reason.SUPERSEDED, "A newer run is wanted.")
        ended = current if current.finished_at else _finish(current, superseded, now)
        return _new_run(thread, lookup, observed, config, now, _begin(thread, number), ended)
    run = current or _begin(thread, number)
    if run.finished_at is not None:
        job = observed.job
        delete = (job.name,) if job is not None and must_not_run(job, observed.pod) else ()
        return _Result(Phase.IDLE, run, status.previous_run, delete=delete)
    if observed.job is None and run.job_name is None:
        return _new_run(thread, lookup, observed, config, now, run, status.previous_run)
    return _follow(thread, observed, now, run, status.previous_run)


def _begin(thread: AgentThread, number: int) -> RunStatus:
    """Return how a run stands that nothing was done for: with the gateway's word why it has no pod that waited."""
    cold = thread.spec.cold
    return RunStatus(number=number, cold=cold.reason if cold is not None and cold.run == number else None)


def _new_run(
    thread: AgentThread, lookup: ClassLookup, observed: Observed, config: OperatorConfig, now: datetime,
    run: RunStatus, previous: RunStatus | None,
) -> _Result:  # fmt: skip
    """Begin a run, unless something speaks against it; its Job may stand already."""
    if observed.job is not None:
        return _follow(thread, observed, now, run, previous)
    if observed.claimed is not None:
        return _take_claimed(thread, observed.claimed, now, run, previous)
    if _is_stopped(thread, run):
        stopped = _finish(run, Cause(Reason.STOPPED, "Stopped before it began."), now)
        return _Result(Phase.IDLE, stopped, previous)
    if observed.foreign is not None:
        words = f"A Job named {observed.foreign} that belongs to somebody else stands in the way."
        refused = _with_cause(run, Cause(Reason.CREATE_REFUSED, words))
        return _Result(Phase.FAILED, refused, previous, requeue_after=_REQUEUE_REFUSED)
    if thread.spec.suspend:
        held = Cause(Reason.SUSPENDED, "An administrator holds this thread.")
        return _Result(Phase.SUSPENDED, _with_cause(run, held), previous)
    # a Job that is being deleted is waited for as long as its pods are, and no longer: their node may be lost
    working = [job for job in observed.other_jobs if not (job.deleting and observed.orphans)]
    if working or any(explain_lost(pod, now) is None for pod in observed.orphans):
        return _Result(Phase.STOPPING, _with_cause(run, None), previous, requeue_after=REQUEUE_ENDING)
    model = choose_model(thread.spec.model, lookup.found.spec, config) if lookup.found is not None else None
    if lookup.found is None or model is None:
        missing = Cause(Reason.CLASS_NOT_FOUND, "There is no class.")
        problem = explain_no_model() if lookup.found is not None else lookup.problem or missing
        return _Result(Phase.FAILED, _with_cause(run, problem), previous, problem)
    spec = lookup.found.spec
    job = build_job(build_thread_work(thread, run.number, spec, model, config), spec, config, lookup.gateway)
    begun = _with_cause(run, None).model_copy(update={"job_name": job.metadata.name})
    return _Result(Phase.PENDING, begun, previous, create=job)


def _take_claimed(
    thread: AgentThread, claimed: Claimed, now: datetime, run: RunStatus, previous: RunStatus | None
) -> _Result:
    """Take over the pod that the gateway gave the run to; whatever speaks against the run then ends it as any other.

    One that cannot be taken over may know the conversation by now, so that nobody else may have it.
    """
    problem = explain_refused(claimed)
    if problem is None and claimed.job is not None and claimed.pod is not None:
        return _adopt(thread, claimed.job, claimed.pod, now, run, previous)
    refused = _finish(run, Cause(Reason.CLAIM_REFUSED, problem or ""), now)
    return _Result(Phase.IDLE, refused, previous, discard=claimed.waiting)


def _adopt(
    thread: AgentThread, job: Job, pod: Pod, now: datetime, run: RunStatus, previous: RunStatus | None
) -> _Result:
    words = f"The API server does not let the Job {job.name} of the warm pool become the run's."
    refused = _finish(run, Cause(Reason.CLAIM_REFUSED, words), now)
    adoption = build_adoption(thread, run.number, job, pod)
    return _Result(Phase.PENDING, run, previous, adopt=adoption, unadopted=refused)


def _is_stopped(thread: AgentThread, run: RunStatus) -> bool:
    return thread.spec.stop is not None and thread.spec.stop >= run.number


def _follow(
    thread: AgentThread, observed: Observed, now: datetime, run: RunStatus, previous: RunStatus | None
) -> _Result:
    """Follow a run whose Job was made."""
    job, pod = observed.job, observed.pod
    if job is not None and job.pool and pod is not None and not pod.run:
        return _adopt(thread, job, pod, now, run, previous)  # its Job was taken over, and its pod was not told yet
    progress = follow_job(job, pod, observed.events, _build_desired(thread, run), now)
    if job is not None:
        run = run.model_copy(update={"job_name": job.name})
    phase = _PHASES[progress.phase]
    named = job.name if job is not None else ""
    return _Result(
        phase,
        _tell(run, progress),
        previous,
        scheduled=progress.scheduled,
        delete=(named,) if progress.delete else (),
        deadline=Deadline(named, progress.deadline) if progress.deadline is not None else None,
        requeue_after=progress.requeue_after,
    )


def _build_desired(thread: AgentThread, run: RunStatus) -> Desired:
    stop, wins = None, False
    if _is_stopped(thread, run):
        stop, wins = Cause(Reason.STOPPED, "It was stopped."), True
    elif thread.spec.suspend:
        stop = Cause(Reason.SUSPENDED, "An administrator holds this thread.")
    return Desired(stop, wins, cause=read_cause(run.reason, run.message), started_at=run.started_at,
                   pod_uid=run.pod_uid)  # fmt: skip


def read_cause(reason: str | None, message: str | None) -> Cause | None:
    """Read the cause that a status names; None where there is none, or it is one of another release."""
    return Cause(Reason(reason), message or "") if reason in set(Reason) else None


def _tell(run: RunStatus, progress: Progress) -> RunStatus:
    """Write into a run's status how it goes on, with what its pod tells."""
    run, pod = _with_cause(run, progress.cause), progress.pod
    if pod is None:
        return run.model_copy(update={"finished_at": progress.finished_at})
    more: dict[str, object] = {"finished_at": progress.finished_at}
    # a pod that the scheduler has not seen yet is not worth a write of its own
    if pod.scheduled or pod.terminal or pod.schedule_reason:
        more |= {"pod_name": pod.name, "pod_uid": pod.uid}
    if progress.phase in {Stage.RUNNING, Stage.ENDED}:
        more |= {"started_at": pod.agent.started_at or run.started_at, "exit_code": pod.agent.exit_code}
    return run.model_copy(update=more)


def _with_cause(run: RunStatus, cause: Cause | None) -> RunStatus:
    changes = {"reason": cause.reason if cause else None, "message": cause.message if cause else None}
    return run.model_copy(update=changes)


def _finish(run: RunStatus, cause: Cause, now: datetime) -> RunStatus:
    return _with_cause(run, cause).model_copy(update={"finished_at": now.replace(microsecond=0)})
