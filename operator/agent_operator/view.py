"""What stands in the namespace, as it was read last: no reconcile asks the API server for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from agent_contract import names
from agent_contract.agentthread import AgentThread, Claim
from agent_contract.subagent import SubAgent
from agent_kube.cache import Cache
from agent_kube.client import KubeClient
from agent_kube.informer import Informer
from agent_kube.known import Present
from agent_kube.source import Source
from agent_kube.tracing.steps import note_step
from agent_operator.claims import Claimed, find_claim, name_job
from agent_operator.index import Index
from agent_operator.jobs import Job
from agent_operator.observe import Observed, find_newest, needs_events, observe_run, observe_subagent
from agent_operator.podevents import Event, newest_first
from agent_operator.pods import Pod
from agent_operator.pool import Member, ObservedPool
from agent_operator.poolindex import PoolIndex
from agent_operator.records import (
    ClassRecord,
    EventRecord,
    JobRecord,
    Owner,
    PodRecord,
    SubAgentRecord,
    ThreadRecord,
    read_class_record,
    read_event_record,
    read_job_record,
    read_pod_record,
    read_subagent_record,
    read_thread_record,
)

_OURS: Final = f"{names.LABEL_MANAGED_BY}={names.MANAGED_BY}"
_EVENT_WATCH_SECONDS: Final = 60.0
"""The API server keeps no cache of Events, and so sends no bookmarks on their watch: it has to end before silence would be
taken for its death."""
_ACTIVE: Final = "active"
_SQUEEZED: Final = "squeezed"
_MAX_UNWATCHED: Final = 1000
"""Jobs without our label that are kept; another is asked for again when it is needed."""
_USUAL: Final = (
    "Scheduled", "Pulled", "Created", "Started", "Killing", "SuccessfulCreate", "SuccessfulDelete", "Completed",
)  # fmt: skip
"""Reasons of the Events that each run brings and that say nothing here. An image that is being pulled is no warning
either, so what is wanted cannot be chosen by type."""


class View:
    """The objects of one namespace.

    AgentThreads, SubAgents and AgentClasses come from kopf (`agent_operator.handlers`). Jobs, pods and Events have
    informers of their own: that a Job is gone ends a run, and kopf says neither when its list is complete nor what went
    while a watch was broken.

    Args:
        client: The API server.
        namespace: Of agents.
        on_owner: Called with whose Job or pod changed, or was warned of, once the first list is complete.
        on_room: Called when threads and sub-agents leave warm pools more or less room.
    """

    def __init__(
        self, client: KubeClient, namespace: str, on_owner: Callable[[Owner], None], on_room: Callable[[], None]
    ) -> None:
        self._on_owner = on_owner
        self._on_room = on_room
        self._siblings = Index[SubAgentRecord](lambda found: found.parent)
        self._jobs_of = Index[JobRecord](lambda found: found.job.owner_uid or "")
        self._jobs_of_subagent = Index[JobRecord](lambda found: found.owner.subagent or "")
        self._pools = PoolIndex()
        self._pods_of_job_name = Index[PodRecord](lambda found: found.pod.job_name or "")
        self._pods_of_thread = Index[PodRecord](lambda found: found.owner.thread or "")
        self._unwatched: dict[str, JobRecord] = {}
        self._events_of = Index[EventRecord](lambda found: found.event.uid)
        self._active = Index[ThreadRecord](lambda found: _ACTIVE if found.active else "")
        self._squeezed = Index[ThreadRecord | SubAgentRecord](lambda found: _SQUEEZED if found.squeezed else "")
        self.threads: Cache[ThreadRecord] = Cache("AgentThread", read_thread_record, self._note_thread)
        self.subagents: Cache[SubAgentRecord] = Cache("SubAgent", read_subagent_record, self._note_subagent)
        self.classes: Cache[ClassRecord] = Cache("AgentClass", read_class_record, _ignore)

        def source(path: str, kind: str, **select: str) -> Source:
            where = f"{path}/namespaces/{namespace}/{kind.lower()}s"
            return Source(where, kind, select.get("labels", ""), select.get("fields", ""), reader="operator")

        unusual = ",".join(f"reason!={reason}" for reason in _USUAL)
        self.jobs: Informer[JobRecord] = Informer(
            client, source("/apis/batch/v1", "Job", labels=_OURS), read_job_record, self._note_job
        )
        self.pods: Informer[PodRecord] = Informer(
            client, source("/api/v1", "Pod", labels=_OURS), read_pod_record, self._note_pod
        )
        self.events: Informer[EventRecord | None] = Informer(
            client,
            replace(source("/api/v1", "Event", fields=unusual), watch_seconds=_EVENT_WATCH_SECONDS),
            read_event_record,
            self._note_event,
        )

    @property
    def informers(self) -> tuple[Informer[Any], ...]:
        """Return what has to run."""
        return self.jobs, self.pods, self.events

    async def wait_synced(self) -> None:
        """Return once the lists of Jobs and pods are complete."""
        await self.jobs.wait_synced()
        await self.pods.wait_synced()

    def _note_thread(self, name: str, old: ThreadRecord | None, new: ThreadRecord | None) -> None:
        self._active.note(name, old, new)
        self._squeezed.note(name, old, new)
        before, after = ((one.active, one.squeezed) if one is not None else (False, False) for one in (old, new))
        if before != after:
            self._on_room()

    def _note_subagent(self, name: str, old: SubAgentRecord | None, new: SubAgentRecord | None) -> None:
        self._siblings.note(name, old, new)
        self._squeezed.note(f"{names.SUB_AGENTS}/{name}", old, new)
        if (old is not None and old.squeezed) != (new is not None and new.squeezed):
            self._on_room()

    def _note_job(self, name: str, old: JobRecord | None, new: JobRecord | None) -> None:
        self._jobs_of.note(name, old, new)
        self._jobs_of_subagent.note(name, old, new)
        self._pools.note(name, old, new)
        if self.jobs.synced and old != new:
            self._on_owner(_owner_of(old, new))

    def _note_pod(self, name: str, old: PodRecord | None, new: PodRecord | None) -> None:
        for index in (self._pods_of_job_name, self._pods_of_thread):
            index.note(name, old, new)
        if self.pods.synced and old != new:
            note_step("pod_changed", record=new)
            self._on_owner(_owner_of(old, new))

    def _note_event(self, name: str, old: EventRecord | None, new: EventRecord | None) -> None:
        self._events_of.note(name, old, new)
        if new is None or not self.events.synced:
            return
        about = (self.pods if new.kind == "Pod" else self.jobs).known(new.name)
        if isinstance(about, Present):
            self._on_owner(about.value.owner)

    def find_job(self, name: str) -> Job | None:
        """Return a Job as last read; None says nothing about why there is none."""
        return record.job if (record := self.find_job_record(name)) is not None else None

    def find_job_record(self, name: str) -> JobRecord | None:
        """Do as `find_job`, with what is kept beside it."""
        found = self.jobs.known(name)
        return found.value if isinstance(found, Present) else self._unwatched.get(name)

    def is_watched(self, name: str) -> bool:
        """Say whether a Job is known and watched."""
        return isinstance(self.jobs.known(name), Present)

    def note_job(self, name: str, raw: dict[str, Any] | None) -> None:
        """Keep what the API server answered about a Job; None where there is none.

        One without the label by which Jobs are watched, because it is somebody else's or somebody took the label away,
        is kept apart: no change of it will be heard.
        """
        self._unwatched.pop(name, None)
        if raw is None:
            return
        record = read_job_record(raw)
        if record.labelled:
            self.jobs.remember(raw)
            return
        self._unwatched[name] = record
        if len(self._unwatched) > _MAX_UNWATCHED:
            del self._unwatched[next(iter(self._unwatched))]

    def jobs_of(self, uid: str) -> list[Job]:
        """Return the Jobs whose controller has a UID."""
        return self._find_jobs(self._jobs_of.find(uid))

    def jobs_labelled(self, subagent: str) -> list[Job]:
        """Return the Jobs that bear the name of a sub-agent, whosever they are."""
        return self._find_jobs(self._jobs_of_subagent.find(subagent))

    def _find_jobs(self, found: Iterable[str]) -> list[Job]:
        known = (self.find_job(name) for name in found)
        return [job for job in known if job is not None]

    def observe_pool(self, agent_class: str, uid: str, made: int) -> ObservedPool:
        """Return what stands of the warm pool of a class.

        Args:
            agent_class: Name of the class.
            uid: Its UID, which the controller of an unclaimed one has.
            made: How many were ever made, as its status says.
        """
        members, claimed = [], self._pools.count_claimed(agent_class, uid)
        for job in self._find_jobs(self._pools.find_waiting(agent_class, uid)):
            number = names.find_pool_number(job.name, agent_class, uid)
            if number is None or job.deleting:
                continue
            pod = find_newest(self.pods_of_job(job.name), job)
            events = self._find_events(one.uid for one in (job, pod) if one is not None)
            members.append(Member(number, job, pod, events))
        return ObservedPool(tuple(members), claimed, max(made, self._pools.find_largest(agent_class, uid)))

    def has_pool_jobs(self, agent_class: str) -> bool:
        """Say whether Jobs of the warm pool of a class stand, claimed ones too."""
        return self._pools.has_any(agent_class)

    def count_active(self) -> int:
        """Return how many threads have a run that is not over."""
        return len(self._active.find(_ACTIVE))

    @property
    def squeezed(self) -> bool:
        """Say whether pods of threads or sub-agents find no room."""
        return bool(self._squeezed.find(_SQUEEZED))

    def siblings(self, parent: str) -> list[SubAgentRecord]:
        """Return the sub-agents of a parent, by its UID."""
        found = (self.subagents.get(name) for name in self._siblings.find(parent))
        return [entry.value for entry in found if entry is not None and entry.value is not None]

    def observe_thread(self, thread: AgentThread, run: int | None) -> Observed:
        """Return what stands of a run of a thread, and of its other runs."""
        if run is None:
            return observe_run(thread, run, (), ())
        name = name_job(thread, run)
        jobs = [*self._find_jobs([name]), *self.jobs_of(thread.uid)]
        pods = self._find_pods([*self._pods_of_thread.find(thread.name), *self._pods_of_job_name.find(name)])
        observed = observe_run(thread, run, jobs, pods)
        claim = find_claim(thread, run)
        if claim is not None:
            observed = replace(observed, claimed=self._observe_claim(thread.spec.class_ref.name, claim))
        return self._with_events(observed)

    def _observe_claim(self, agent_class: str, claim: Claim) -> Claimed:
        job, entry = self.find_job(claim.job_name), self.classes.get(agent_class)
        pod = find_newest(self.pods_of_job(claim.job_name), job) if job is not None else None
        return Claimed(claim, job, pod, agent_class, entry.uid if entry is not None else "")

    def observe_subagent(self, sub: SubAgent) -> Observed:
        """Return what stands of a sub-agent: its one Job, by name, and its pod."""
        name = names.build_job_name(sub.name, sub.uid, names.SUBAGENT_RUN)
        pods = self._find_pods(self._pods_of_job_name.find(name))
        return self._with_events(observe_subagent(sub, self._find_jobs([name]), pods))

    def pods_of_job(self, name: str) -> list[Pod]:
        """Return the pods that a Job of a name made."""
        return self._find_pods(self._pods_of_job_name.find(name))

    def _find_pods(self, found: Iterable[str]) -> list[Pod]:
        known = (self.pods.known(name) for name in dict.fromkeys(found))
        return [one.value.pod for one in known if isinstance(one, Present)]

    def _with_events(self, observed: Observed) -> Observed:
        if not needs_events(observed):
            return observed
        about = (observed.job, observed.pod)
        return replace(observed, events=self._find_events(one.uid for one in about if one is not None))

    def _find_events(self, uids: Iterable[str]) -> tuple[Event, ...]:
        known = (self.events.known(name) for uid in uids for name in self._events_of.find(uid))
        return newest_first([one.value.event for one in known if isinstance(one, Present) and one.value is not None])


def _owner_of(old: JobRecord | PodRecord | None, new: JobRecord | PodRecord | None) -> Owner:
    record = new or old
    return record.owner if record is not None else Owner(None, None)


def _ignore(_name: str, _old: object, _new: object) -> None:
    """Do nothing: who takes a change queues it by himself."""
