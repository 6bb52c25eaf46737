"""What stands in the cluster of one thread or sub-agent, chosen from what is known of its Jobs and pods; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agent_contract import names
from agent_contract.agentthread import AgentThread
from agent_contract.subagent import SubAgent
from agent_operator.claims import Claimed, find_claim, name_job
from agent_operator.jobs import Foreign, Job, Own, Ownership, own
from agent_operator.podevents import Event
from agent_operator.pods import Pod

_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Observed:
    """The wanted run's Job and pod, the Events about them, and what is left of other runs.

    Attributes:
        job: The run's own Job. A pod may outlive it: a Job that is deleted goes at once, its pod has a grace.
        pod: The newest pod of the run.
        events: Warnings about Job and pod, and words of images, newest first.
        other_jobs: Own Jobs of other runs that are not terminal.
        orphans: Own pods of other runs that are not terminal.
        claimed: What stands of the run's claim of a pod of a warm pool, where it has one.
        foreign: Name of a Job of somebody else that has the name of the run's.
    """

    job: Job | None
    pod: Pod | None
    events: tuple[Event, ...] = ()
    other_jobs: tuple[Job, ...] = ()
    orphans: tuple[Pod, ...] = ()
    foreign: str | None = None
    claimed: Claimed | None = None


def observe_run(
    thread: AgentThread, run: int | None, jobs: Iterable[Job], pods: Sequence[Pod], events: tuple[Event, ...] = ()
) -> Observed:
    """Choose what is a run's, and what is left of a thread's other runs.

    Args:
        thread: The thread.
        run: The run to follow; nothing can stand where there is none.
        jobs: The Job of the run's name, and all with the thread's label.
        pods: All pods with the thread's label.
        events: Of Job and pod, newest first.
    """
    if run is None:
        return Observed(None, None)
    name = name_job(thread, run)
    known = tuple(jobs)
    standing = next((j for j in known if j.name == name), None)
    owned = own(standing, thread.uid)
    job = owned.job if isinstance(owned, Own) else None
    if job is not None and find_claim(thread, run) is not None and job.run not in {0, run}:
        job = None  # it was claimed for another run of the thread
    others = (j for j in known if j.name != name and j.owner_uid == thread.uid and not j.terminal)
    other_jobs = tuple(j for j in others if not ((pod := find_newest(pods, j)) and pod.terminal))
    own_pods = [p for p in pods if p.run and p.job_name == name_job(thread, p.run)]
    orphans = tuple(p for p in own_pods if p.job_name != name and not p.terminal)
    pod = _find_pod(pods if job is not None else own_pods, standing, job, name)
    return Observed(job, pod, events, other_jobs, orphans, _foreign(owned))


def observe_subagent(
    sub: SubAgent, jobs: Iterable[Job], pods: Sequence[Pod], events: tuple[Event, ...] = ()
) -> Observed:
    """Choose what is a sub-agent's: its one Job, by name, and its pod."""
    name = names.build_job_name(sub.name, sub.uid, names.SUBAGENT_RUN)
    standing = next((j for j in jobs if j.name == name), None)
    owned = own(standing, sub.uid)
    job = owned.job if isinstance(owned, Own) else None
    return Observed(job, _find_pod(pods, standing, job, name), events, foreign=_foreign(owned))


def needs_events(observed: Observed) -> bool:
    """Say whether Events could say more: something is to start, and does not run."""
    job, pod = observed.job, observed.pod
    if job is None or job.terminal:
        return False
    return pod is None or not (pod.agent.running or pod.terminal)


def _foreign(owned: Ownership) -> str | None:
    return owned.name if isinstance(owned, Foreign) else None


def _find_pod(pods: Sequence[Pod], standing: Job | None, job: Job | None, name: str) -> Pod | None:
    """Find the pod of a Job, or the one that a Job left which is gone: its name holds its owner's UID.

    The pods of a foreign Job that took the name since are none of ours.
    """
    if job is not None:
        return find_newest(pods, job)
    left = [p for p in pods if p.job_name == name and (standing is None or p.job_uid != standing.uid)]
    return next((p for p in left if not p.terminal), left[0] if left else None)


def find_newest(pods: Sequence[Pod], job: Job) -> Pod | None:
    """Return the newest pod of a Job."""
    mine = (p for p in pods if p.job_uid == job.uid)
    return max(mine, key=lambda p: p.created_at or _LONG_AGO, default=None)
