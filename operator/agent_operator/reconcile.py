"""What a thread needs next, from what is wanted and what stands; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kubernetes_asyncio.client.models import V1Job

from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread, AgentThreadStatus, Phase, Reason, RunStatus
from agent_operator.builders.job import build_job, choose_model
from agent_operator.config import OperatorConfig
from agent_operator.observe import Job, Observed, Pod
from agent_operator.reasons import Why, why_ended, why_gone, why_no_pod, why_waiting
from agent_operator.status import compute_conditions

NODE_LOST_AFTER = timedelta(seconds=30)
_LOOK_AGAIN = 5.0
_REFUSED_AGAIN = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: Jobs to delete, one to create, the status to write, and when to look again at the latest."""

    status: AgentThreadStatus
    create: V1Job | None = None
    delete: tuple[str, ...] = ()
    again: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A class as it was found: it, or why it cannot be used."""

    found: AgentClass | None
    problem: Why | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    phase: Phase
    run: RunStatus | None
    previous: RunStatus | None
    problem: Why | None = None
    """Why the spec or class is not accepted."""
    scheduled: bool = False
    create: V1Job | None = None
    delete: tuple[str, ...] = ()
    again: float | None = None


def decide(thread: AgentThread, wanted: Wanted, observed: Observed, config: OperatorConfig, now: datetime) -> Plan:
    """Compare what is wanted with what stands."""
    result = _decide(thread, wanted, observed, config, now)
    problem = result.problem or wanted.problem
    if result.phase is Phase.IDLE and problem is not None and result.run is None:
        result = replace(result, phase=Phase.FAILED)
    status = AgentThreadStatus(
        phase=result.phase,
        run=result.run,
        previous_run=result.previous,
        conditions=compute_conditions(thread, result.phase, problem, result.run, scheduled=result.scheduled, now=now),
    )
    return Plan(status, result.create, result.delete, result.again)


def needs_write(old: AgentThreadStatus, new: AgentThreadStatus) -> bool:
    """Say whether the status differs in anything that somebody reads."""
    return old.to_dict() != new.to_dict()


def _decide(thread: AgentThread, wanted: Wanted, observed: Observed, config: OperatorConfig, now: datetime) -> _Result:
    status = thread.status
    number = thread.spec.run
    resting = Phase.SUSPENDED if thread.spec.suspend else Phase.IDLE
    if number is None:
        return _Result(resting, status.run, status.previous_run)
    current = status.run
    if current is not None and current.number > number:
        # the spec was put back by hand: what was begun once is not begun again
        return _Result(resting, current, status.previous_run)
    if current is not None and current.number < number:
        ended = (
            current if current.finished_at else _finish(current, Why(Reason.SUPERSEDED, "A newer run is wanted."), now)
        )
        return _new_run(thread, wanted, observed, config, now, RunStatus(number=number), ended)
    run = current or RunStatus(number=number)
    if run.finished_at is not None:
        left = (observed.job.name,) if observed.job and not observed.job.over and not observed.job.deleting else ()
        return _Result(resting, run, status.previous_run, delete=left)
    if observed.job is None and run.job_name is None:
        return _new_run(thread, wanted, observed, config, now, run, status.previous_run)
    return _known_run(thread, observed, now, run)


def _new_run(
    thread: AgentThread, wanted: Wanted, observed: Observed, config: OperatorConfig, now: datetime, run: RunStatus,
    previous: RunStatus | None,
) -> _Result:  # fmt: skip
    """Begin a run, unless something speaks against it; its Job may stand already."""
    if thread.spec.stop is not None and thread.spec.stop >= run.number:
        stopped = _finish(run, Why(Reason.STOPPED, "Stopped before it began."), now)
        return _Result(Phase.IDLE, stopped, previous)
    if observed.job is not None:
        return replace(_known_run(thread, observed, now, run), previous=previous)
    if thread.spec.suspend:
        held = run.model_copy(update={"reason": Reason.SUSPENDED, "message": "An administrator holds this thread."})
        return _Result(Phase.SUSPENDED, held, previous)
    older = tuple(j.name for j in observed.others)
    if older:
        to_delete = tuple(j.name for j in observed.others if not j.deleting)
        return _Result(Phase.STOPPING, run, previous, delete=to_delete, again=_LOOK_AGAIN)
    if wanted.found is None:
        problem = wanted.problem or Why(Reason.CLASS_NOT_FOUND, "There is no class.")
        return _Result(Phase.FAILED, _because(run, problem), previous, problem)
    model = choose_model(thread, wanted.found.spec, config)
    if model is None:
        problem = Why(
            Reason.CLASS_INVALID,
            "No model is named: set spec.model.provider and spec.model.name in the AgentClass, "
            "or the chart's llm.provider and llm.model.",
        )
        return _Result(Phase.FAILED, _because(run, problem), previous, problem)
    job = build_job(thread, run.number, wanted.found.spec, model, config)
    begun = run.model_copy(update={"job_name": job.metadata.name, "reason": None, "message": None})
    return _Result(Phase.PENDING, begun, previous, create=job)


def _known_run(thread: AgentThread, observed: Observed, now: datetime, run: RunStatus) -> _Result:
    """Follow a run whose Job was made."""
    job, previous = observed.job, thread.status.previous_run
    stop = thread.spec.stop is not None and thread.spec.stop >= run.number
    if job is None:
        return _Result(Phase.IDLE, _finish(run, _why_missing(thread, run, stop=stop), now), previous)
    if job.owner_uid != thread.uid:
        foreign = Why(Reason.CREATE_REFUSED, f"A Job named {job.name} that belongs to somebody else stands in the way.")
        return _Result(Phase.FAILED, _because(run, foreign), previous, again=_REFUSED_AGAIN)
    run = run.model_copy(update={"job_name": job.name})
    pod = observed.pod
    if pod is not None:
        run = run.model_copy(update={"pod_name": pod.name, "pod_uid": pod.uid})
    if job.over or (pod is not None and pod.phase in {"Succeeded", "Failed"}):
        return _over(run, job, pod, previous, now, stop=stop)
    if stop or thread.spec.suspend or job.deleting:
        return _stopping(thread, run, job, pod, previous, now, stop=stop)
    if pod is not None and pod.deleted_at is not None:
        return _going(run, pod, previous, now)
    return _starting_or_running(run, observed, job, pod, previous)


def _why_missing(thread: AgentThread, run: RunStatus, *, stop: bool) -> Why:
    if stop:
        return Why(Reason.STOPPED, "It was stopped.")
    if thread.spec.suspend:
        return Why(Reason.SUSPENDED, "An administrator holds this thread.")
    if run.reason in {Reason.DELETED, Reason.EVICTED, Reason.NODE_LOST}:
        return Why(Reason(run.reason), run.message or "")
    return Why(Reason.DELETED, "The Job was deleted.")


def _over(
    run: RunStatus, job: Job, pod: Pod | None, previous: RunStatus | None, now: datetime, *, stop: bool
) -> _Result:
    why = why_ended(job, pod)
    if stop:
        why = Why(Reason.STOPPED, "It was stopped.")
    elif run.reason in {Reason.DELETED, Reason.EVICTED, Reason.NODE_LOST, Reason.SUSPENDED}:
        why = Why(Reason(run.reason), run.message or "")
    elif pod is not None and pod.deleted_at is not None and pod.exit_reason != "OOMKilled" and not job.over:
        why = why_gone(pod)
    ended = _finish(run, why, (pod.finished_at if pod else None) or now)
    if pod is not None:
        ended = ended.model_copy(update={"exit_code": pod.exit_code})
    # a pod that ended while its Job still counts is over all the same
    return _Result(Phase.IDLE, ended, previous, scheduled=True)


def _stopping(
    thread: AgentThread, run: RunStatus, job: Job, pod: Pod | None, previous: RunStatus | None, now: datetime, *,
    stop: bool,
) -> _Result:  # fmt: skip
    if not stop and not thread.spec.suspend:
        why = Why(Reason.DELETED, "The Job was deleted.")
    elif stop:
        why = Why(Reason.STOPPED, "It is being stopped.")
    else:
        why = Why(Reason.SUSPENDED, "An administrator holds this thread.")
    lost = _lost(pod, now)
    if lost is not None:
        return _Result(Phase.IDLE, _finish(run, lost, now), previous)
    delete = () if job.deleting else (job.name,)
    return _Result(
        Phase.STOPPING, _because(run, why), previous, scheduled=pod is not None and pod.scheduled, delete=delete,
        again=_LOOK_AGAIN,
    )  # fmt: skip


def _going(run: RunStatus, pod: Pod, previous: RunStatus | None, now: datetime) -> _Result:
    """Follow a pod that somebody deletes while its Job stands."""
    lost = _lost(pod, now)
    if lost is not None:
        return _Result(Phase.IDLE, _finish(run, lost, now), previous)
    return _Result(Phase.STOPPING, _because(run, why_gone(pod)), previous, scheduled=True, again=_LOOK_AGAIN)


def _lost(pod: Pod | None, now: datetime) -> Why | None:
    if pod is None or pod.deleted_at is None or now - pod.deleted_at < NODE_LOST_AFTER:
        return None
    return Why(Reason.NODE_LOST, "The pod did not end in time: its node does not answer.")


def _starting_or_running(
    run: RunStatus, observed: Observed, job: Job, pod: Pod | None, previous: RunStatus | None
) -> _Result:
    if pod is None:
        return _Result(Phase.PENDING, _because(run, why_no_pod(job, observed.warnings)), previous)
    if pod.running_since is not None:
        running = _because(run, None).model_copy(update={"started_at": pod.running_since})
        return _Result(Phase.RUNNING, running, previous, scheduled=True)
    phase = Phase.STARTING if pod.scheduled else Phase.PENDING
    return _Result(phase, _because(run, why_waiting(pod, observed.warnings)), previous, scheduled=pod.scheduled)


def _because(run: RunStatus, why: Why | None) -> RunStatus:
    return run.model_copy(update={"reason": why.reason if why else None, "message": why.message if why else None})


def _finish(run: RunStatus, why: Why, now: datetime) -> RunStatus:
    return _because(run, why).model_copy(update={"finished_at": now.replace(microsecond=0)})


def wants_attention(thread: AgentThread) -> bool:
    """Say whether a thread is unfinished, so that the sweep looks at it."""
    number, run = thread.spec.run, thread.status.run
    if number is None:
        return thread.status.phase is None
    return run is None or run.number < number or run.finished_at is None
