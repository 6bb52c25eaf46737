"""What a thread needs next, from what is wanted and what stands; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kubernetes_asyncio.client.models import V1Job

from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread, AgentThreadStatus, Phase, Reason, RunStatus
from agent_contract.conditions import ConditionType
from agent_operator.builders.job import build_job, build_thread_work, choose_model
from agent_operator.config import OperatorConfig
from agent_operator.observe import Job, Observed, Pod
from agent_operator.reasons import Why, why_ended, why_gone, why_no_pod, why_waiting
from agent_operator.status import compute_conditions

NODE_LOST_AFTER = timedelta(seconds=30)
_BEGAN_TO_END = {Reason.DEADLINE_EXCEEDED, Reason.DELETED, Reason.EVICTED, Reason.NODE_LOST, Reason.SUSPENDED}
LOOK_AGAIN = 5.0
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
    if result.phase is Phase.IDLE and thread.spec.suspend:
        result = replace(result, phase=Phase.SUSPENDED)
    status = AgentThreadStatus(
        phase=result.phase,
        run=result.run,
        previous_run=result.previous,
        conditions=compute_conditions(thread, result.phase, problem, result.run, scheduled=result.scheduled, now=now),
    )
    # whatever becomes of the wanted run: no other may run
    others = tuple(j.name for j in observed.others if not j.deleting)
    return Plan(status, result.create, (*others, *result.delete), result.again)


def compute_run(thread: AgentThread) -> int | None:
    """Compute the run to follow: the wanted one, or the last that was begun where the spec was put back by hand."""
    numbers = [n for n in (thread.spec.run, thread.status.run.number if thread.status.run else None) if n is not None]
    return max(numbers, default=None)


def needs_write(old: AgentThreadStatus, new: AgentThreadStatus) -> bool:
    """Say whether the status differs in anything that somebody reads."""
    return old.to_dict() != new.to_dict()


def _decide(thread: AgentThread, wanted: Wanted, observed: Observed, config: OperatorConfig, now: datetime) -> _Result:
    status = thread.status
    number = compute_run(thread)
    if number is None:
        return _Result(Phase.IDLE, None, status.previous_run)
    current = status.run
    if current is not None and current.number < number:
        ended = (
            current if current.finished_at else _finish(current, Why(Reason.SUPERSEDED, "A newer run is wanted."), now)
        )
        return _new_run(thread, wanted, observed, config, now, RunStatus(number=number), ended)
    run = current or RunStatus(number=number)
    if run.finished_at is not None:
        return _Result(Phase.IDLE, run, status.previous_run, delete=_leftover(thread, observed))
    if observed.job is None and run.job_name is None:
        return _new_run(thread, wanted, observed, config, now, run, status.previous_run)
    return _known_run(thread, observed, now, run)


def _leftover(thread: AgentThread, observed: Observed) -> tuple[str, ...]:
    """Name the Job of a finished run that might run all the same; one whose pod has ended stays to be looked at."""
    job, pod = observed.job, observed.pod
    if job is None or job.owner_uid != thread.uid or job.over or job.deleting or (pod is not None and pod.over):
        return ()
    return (job.name,)


def _new_run(
    thread: AgentThread, wanted: Wanted, observed: Observed, config: OperatorConfig, now: datetime, run: RunStatus,
    previous: RunStatus | None,
) -> _Result:  # fmt: skip
    """Begin a run, unless something speaks against it; its Job may stand already."""
    if observed.job is not None:
        return replace(_known_run(thread, observed, now, run), previous=previous)
    if thread.spec.stop is not None and thread.spec.stop >= run.number:
        stopped = _finish(run, Why(Reason.STOPPED, "Stopped before it began."), now)
        return _Result(Phase.IDLE, stopped, previous)
    if thread.spec.suspend:
        held = run.model_copy(update={"reason": Reason.SUSPENDED, "message": "An administrator holds this thread."})
        return _Result(Phase.SUSPENDED, held, previous)
    if observed.others or any(find_lost(pod, now) is None for pod in observed.strays):
        return _Result(Phase.STOPPING, _because(run, None), previous, again=LOOK_AGAIN)
    if wanted.found is None:
        problem = wanted.problem or Why(Reason.CLASS_NOT_FOUND, "There is no class.")
        return _Result(Phase.FAILED, _because(run, problem), previous, problem)
    model = choose_model(thread.spec.model, wanted.found.spec, config)
    if model is None:
        problem = explain_no_model()
        return _Result(Phase.FAILED, _because(run, problem), previous, problem)
    job = build_job(build_thread_work(thread, run.number, wanted.found.spec, model, config), wanted.found.spec, config)
    begun = run.model_copy(update={"job_name": job.metadata.name, "reason": None, "message": None})
    return _Result(Phase.PENDING, begun, previous, create=job)


def _known_run(thread: AgentThread, observed: Observed, now: datetime, run: RunStatus) -> _Result:
    """Follow a run whose Job was made."""
    job, previous = observed.job, thread.status.previous_run
    stop = thread.spec.stop is not None and thread.spec.stop >= run.number
    foreign = job is not None and job.owner_uid != thread.uid
    if job is None or (foreign and (stop or run.job_name)):
        return _without_job(thread, run, observed.pod, previous, now, stop=stop)
    if foreign:
        why = Why(Reason.CREATE_REFUSED, f"A Job named {job.name} that belongs to somebody else stands in the way.")
        return _Result(Phase.FAILED, _because(run, why), previous, again=_REFUSED_AGAIN)
    run = run.model_copy(update={"job_name": job.name})
    pod = observed.pod
    # a pod that the scheduler has not seen yet is not worth a write of its own
    if pod is not None and (pod.scheduled or pod.over or pod.schedule_reason):
        run = run.model_copy(update={"pod_name": pod.name, "pod_uid": pod.uid})
    if pod.over if pod is not None else job.over:
        return _over(run, job, pod, previous, now, stop=stop)
    if stop or thread.spec.suspend or job.deleting:
        return _stopping(thread, run, job, pod, previous, now, stop=stop)
    if pod is not None and (job.over or pod.deleted_at is not None):
        return _going(run, job, pod, previous, now)
    return _starting_or_running(run, observed, job, pod, previous)


def _why_missing(thread: AgentThread, run: RunStatus, *, stop: bool) -> Why:
    if stop:
        return Why(Reason.STOPPED, "It was stopped.")
    if thread.spec.suspend:
        return Why(Reason.SUSPENDED, "An administrator holds this thread.")
    if run.reason in _BEGAN_TO_END:
        return Why(Reason(run.reason), run.message or "")
    return Why(Reason.DELETED, "The Job was deleted.")


def _why_stopping(thread: AgentThread, run: RunStatus, *, stop: bool) -> Why:
    return Why(Reason.STOPPED, "It is being stopped.") if stop else _why_missing(thread, run, stop=False)


def _without_job(
    thread: AgentThread, run: RunStatus, pod: Pod | None, previous: RunStatus | None, now: datetime, *, stop: bool
) -> _Result:
    """End a run whose Job is gone: not before its pod is, which may use its grace."""
    if pod is not None and not pod.over:
        lost = find_lost(pod, now)
        if lost is not None:
            return _Result(Phase.IDLE, _finish(run, lost, now), previous)
        why = _why_stopping(thread, run, stop=stop)
        return _Result(Phase.STOPPING, _because(run, why), previous, scheduled=pod.scheduled, again=LOOK_AGAIN)
    return _Result(Phase.IDLE, _end(run, _why_missing(thread, run, stop=stop), pod, now), previous)


def _over(
    run: RunStatus, job: Job, pod: Pod | None, previous: RunStatus | None, now: datetime, *, stop: bool
) -> _Result:
    why = why_ended(job, pod)
    if stop:
        why = Why(Reason.STOPPED, "It was stopped.")
    elif run.reason in _BEGAN_TO_END and why.reason is not Reason.IDLE_TIMEOUT:
        # what was seen first is the cause, and the rest its consequence
        why = Why(Reason(run.reason), run.message or "")
    # a pod that ended while its Job still counts is over all the same
    return _Result(Phase.IDLE, _end(run, why, pod, now), previous, scheduled=True)


def _stopping(
    thread: AgentThread, run: RunStatus, job: Job, pod: Pod | None, previous: RunStatus | None, now: datetime, *,
    stop: bool,
) -> _Result:  # fmt: skip
    why = _why_stopping(thread, run, stop=stop)
    delete = () if job.deleting else (job.name,)
    lost = find_lost(pod, now)
    if lost is not None:
        return _Result(Phase.IDLE, _finish(run, lost, now), previous, delete=delete)
    return _Result(
        Phase.STOPPING, _because(run, why), previous, scheduled=pod is not None and pod.scheduled, delete=delete,
        again=LOOK_AGAIN,
    )  # fmt: skip


def _going(run: RunStatus, job: Job, pod: Pod, previous: RunStatus | None, now: datetime) -> _Result:
    """Follow a pod that is being deleted: by its Job, whose deadline is over, or by somebody while its Job stands."""
    lost = find_lost(pod, now)
    if lost is not None:
        return _Result(Phase.IDLE, _finish(run, lost, now), previous, delete=(job.name,))
    why = why_ended(job, pod) if job.failed == "DeadlineExceeded" else why_gone(pod)
    return _Result(Phase.STOPPING, _because(run, why), previous, scheduled=True, again=LOOK_AGAIN)


def find_lost(pod: Pod | None, now: datetime) -> Why | None:
    """Say that a pod's node is lost, where it is long past the time that it was given to end."""
    if pod is None or pod.deleted_at is None or now - pod.deleted_at < NODE_LOST_AFTER:
        return None
    return Why(Reason.NODE_LOST, "The pod did not end in time: its node does not answer.")


def _starting_or_running(
    run: RunStatus, observed: Observed, job: Job, pod: Pod | None, previous: RunStatus | None
) -> _Result:
    if pod is None:
        return _Result(Phase.PENDING, _because(run, why_no_pod(job, observed.warnings)), previous)
    if pod.running:
        running = _because(run, None).model_copy(update={"started_at": pod.started_at})
        return _Result(Phase.RUNNING, running, previous, scheduled=True)
    phase = Phase.STARTING if pod.scheduled else Phase.PENDING
    return _Result(phase, _because(run, why_waiting(pod, observed.warnings)), previous, scheduled=pod.scheduled)


def _because(run: RunStatus, why: Why | None) -> RunStatus:
    return run.model_copy(update={"reason": why.reason if why else None, "message": why.message if why else None})


def _finish(run: RunStatus, why: Why, now: datetime) -> RunStatus:
    return _because(run, why).model_copy(update={"finished_at": now.replace(microsecond=0)})


def _end(run: RunStatus, why: Why, pod: Pod | None, now: datetime) -> RunStatus:
    """Say how a run ended, with what its pod still tells."""
    ended = _finish(run, why, (pod.finished_at if pod else None) or now)
    if pod is None:
        return ended
    return ended.model_copy(update={"exit_code": pod.exit_code, "started_at": pod.started_at or ended.started_at})


def explain_no_model() -> Why:
    """Say that nobody names a model, and who could."""
    return Why(
        Reason.CLASS_INVALID,
        "No model is named: set spec.model.provider and spec.model.name in the AgentClass, "
        "or the chart's llm.provider and llm.model.",
    )


def wants_attention(thread: AgentThread) -> bool:
    """Say whether a thread must be looked at, from itself alone: something is unfinished, or changed since."""
    accepted = next((c for c in thread.status.conditions if c.type == ConditionType.ACCEPTED), None)
    if accepted is None or accepted.status != "True":
        return True
    if accepted.observed_generation != int(thread.metadata.get("generation", 0)):
        return True
    number, run = compute_run(thread), thread.status.run
    return number is not None and (run is None or run.number < number or run.finished_at is None)
