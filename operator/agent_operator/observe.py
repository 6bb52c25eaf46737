"""What stands in the cluster of one thread, read into plain values."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from agent_contract import names
from agent_contract.agentthread import AgentThread
from agent_contract.subagent import SubAgent

_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """A Job, as far as it matters here."""

    name: str
    uid: str
    run: int
    owner_uid: str | None
    deleting: bool
    complete: bool
    failed: str | None
    """Reason of the Failed or FailureTarget condition."""
    message: str | None = None

    @property
    def over(self) -> bool:
        """Say whether no pod of it will run any more."""
        return self.complete or self.failed is not None


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, as far as it matters here."""

    name: str
    uid: str
    phase: str
    deleted_at: datetime | None
    """When it is to be gone at the latest."""
    status_reason: str | None
    status_message: str | None
    disrupted: str | None
    scheduled: bool
    schedule_reason: str | None
    schedule_message: str | None
    waiting_reason: str | None
    waiting_message: str | None
    image: str
    started_at: datetime | None
    running: bool
    exit_code: int | None
    exit_reason: str | None
    finished_at: datetime | None
    words: str | None = None
    """The container's termination message: its last log lines where it failed."""

    @property
    def over(self) -> bool:
        """Say whether its container will not run any more."""
        return self.phase in {"Succeeded", "Failed"} or self.exit_code is not None


@dataclass(frozen=True, slots=True)
class Event:
    """A warning about a Job or a pod, or a word of its image."""

    uid: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Observed:
    """The wanted run's Job and pod, the warnings about them, and what is left of other runs.

    A pod may outlive its Job: a Job that is deleted goes at once, its pod has a grace.
    """

    job: Job | None
    pod: Pod | None
    warnings: tuple[Event, ...] = ()
    others: tuple[Job, ...] = ()
    """Jobs of other runs that are not over."""
    strays: tuple[Pod, ...] = ()
    """Pods of other runs that are not over."""


PULLS = frozenset({"Pulling", "Pulled"})
"""Reasons of the Events that tell of an image on its way; no warnings, but a start may wait for it."""


class Reader(Protocol):
    """The calls that observing needs."""

    def read_job(self, name: str) -> Awaitable[_Json | None]:
        """Read a Job."""

    async def list_jobs(self, owner: str, label: str = names.LABEL_THREAD) -> Sequence[_Json]:
        """List the Jobs of a thread, or of whatever `label` names."""

    async def list_pods(self, owner: str, label: str = names.LABEL_THREAD) -> Sequence[_Json]:
        """List the pods of a thread, or of whatever `label` names."""

    async def list_warnings(self, uids: Sequence[str]) -> Sequence[_Json]:
        """List the warning Events about objects."""


async def observe(kube: Reader, thread: AgentThread, run: int | None) -> Observed:
    """Read what stands of a thread; nothing is asked for where nothing can stand."""
    if run is None:
        return Observed(None, None)
    known = thread.status.run
    name = names.build_job_name(thread.name, thread.uid, run)
    # by its name, not by its labels: who takes a label away must not make a run look ended
    raw = await kube.read_job(name)
    job = read_job(raw) if raw else None
    begun = known is not None and known.number == run and (known.job_name or known.finished_at)
    others, strays = ((), ()) if begun else await _read_others(kube, thread, name)
    if job is None or job.owner_uid != thread.uid:
        left = await kube.list_pods(thread.name) if known is not None and begun and not known.finished_at else ()
        return Observed(job, _find_left(left, thread, run), (), others, strays)
    pod = _find_pod(await kube.list_pods(thread.name), job)
    return Observed(job, pod, await _read_warnings(kube, job, pod), others, strays)


async def observe_subagent(kube: Reader, sub: SubAgent) -> Observed:
    """Read what stands of a sub-agent: its one Job, by name, and its pod."""
    known = sub.status
    name = names.build_job_name(sub.name, sub.uid, names.SUBAGENT_RUN)
    raw = await kube.read_job(name)
    job = read_job(raw) if raw else None
    if job is None and (known.finished_at is not None or known.job_name is None):
        return Observed(job, None)
    pods = await kube.list_pods(sub.name, names.LABEL_SUBAGENT)
    if job is None:
        left = [read_pod(p) for p in pods if _controller(p).get("name") == name]
        return Observed(None, next((p for p in left if not p.over), left[0] if left else None))
    pod = _find_pod(pods, job)
    return Observed(job, pod, await _read_warnings(kube, job, pod))


async def _read_warnings(kube: Reader, job: Job, pod: Pod | None) -> tuple[Event, ...]:
    """Read what was warned of, while nothing runs that would show it."""
    if job.over or (pod is not None and (pod.running or pod.over)):
        return ()
    uids = [job.uid, *([pod.uid] if pod else [])]
    return tuple(read_event(e) for e in await kube.list_warnings(uids))


async def _read_others(kube: Reader, thread: AgentThread, name: str) -> tuple[tuple[Job, ...], tuple[Pod, ...]]:
    """Read what may still run of other runs; a Job whose pod has ended is merely not counted yet."""
    listed, pods = await asyncio.gather(kube.list_jobs(thread.name), kube.list_pods(thread.name))
    jobs = [read_job(j) for j in listed]
    jobs = [j for j in jobs if j.name != name and j.owner_uid == thread.uid and not j.over]
    others = tuple(j for j in jobs if not ((pod := _find_pod(pods, j)) and pod.over))
    strays = [read_pod(p) for p in pods if (run := _run_of(p, thread)) and names.build_job_name(
        thread.name, thread.uid, run) != name]  # fmt: skip
    return others, tuple(p for p in strays if not p.over)


def _find_left(pods: Sequence[_Json], thread: AgentThread, run: int) -> Pod | None:
    """Find the pod that a run's missing Job left."""
    own = [read_pod(p) for p in pods if _run_of(p, thread) == run]
    return next((p for p in own if not p.over), own[0] if own else None)


def _run_of(pod: _Json, thread: AgentThread) -> int | None:
    """Say of which run of a thread a pod is; by the name of its Job, which holds the thread's UID, and not by labels."""
    run = pod["metadata"].get("labels", {}).get(names.LABEL_RUN, "")
    if not run.isdigit() or _controller(pod).get("name") != names.build_job_name(thread.name, thread.uid, int(run)):
        return None
    return int(run)


def _controller(raw: _Json) -> _Json:
    return next((r for r in raw["metadata"].get("ownerReferences", []) if r.get("controller")), {})


def _find_pod(pods: Sequence[_Json], job: Job) -> Pod | None:
    own = [p for p in pods if _owner(p) == job.uid]
    newest = max(own, key=lambda p: p["metadata"]["creationTimestamp"], default=None)
    return read_pod(newest) if newest else None


def read_job(raw: _Json) -> Job:
    """Read a Job as the API gives it."""
    conditions = {c["type"]: c for c in raw.get("status", {}).get("conditions", []) if c["status"] == "True"}
    failed = conditions.get("Failed") or conditions.get("FailureTarget")
    labels = raw["metadata"].get("labels", {})
    run = labels.get(names.LABEL_RUN, "0")
    return Job(
        name=raw["metadata"]["name"],
        uid=raw["metadata"]["uid"],
        run=int(run) if run.isdigit() else 0,
        owner_uid=_owner(raw),
        deleting="deletionTimestamp" in raw["metadata"],
        complete="Complete" in conditions,
        failed=failed.get("reason", "Failed") if failed else None,
        message=failed.get("message") if failed else None,
    )


def read_pod(raw: _Json) -> Pod:
    """Read a pod as the API gives it."""
    status = raw.get("status", {})
    conditions = {c["type"]: c for c in status.get("conditions", [])}
    scheduled = conditions.get("PodScheduled", {})
    disrupted = conditions.get("DisruptionTarget", {})
    containers = {c["name"]: c for c in status.get("containerStatuses", [])}
    state = containers.get(names.CONTAINER, {}).get("state", {})
    ended = state.get("terminated", {})
    waiting = state.get("waiting", {})
    running = state.get("running", {})
    return Pod(
        name=raw["metadata"]["name"],
        uid=raw["metadata"]["uid"],
        phase=status.get("phase", "Unknown"),
        deleted_at=_time(raw["metadata"].get("deletionTimestamp")),
        status_reason=status.get("reason"),
        status_message=status.get("message"),
        disrupted=disrupted.get("reason") if disrupted.get("status") == "True" else None,
        scheduled=scheduled.get("status") == "True",
        schedule_reason=scheduled.get("reason"),
        schedule_message=scheduled.get("message"),
        waiting_reason=waiting.get("reason"),
        waiting_message=waiting.get("message"),
        image=raw["spec"]["containers"][0].get("image", ""),
        started_at=_time(running.get("startedAt") or ended.get("startedAt")),
        running="startedAt" in running,
        exit_code=ended.get("exitCode"),
        exit_reason=ended.get("reason"),
        finished_at=_time(ended.get("finishedAt")),
        words=ended.get("message"),
    )


def read_event(raw: _Json) -> Event:
    """Read an Event as the API gives it."""
    return Event(raw["involvedObject"].get("uid", ""), raw.get("reason", ""), raw.get("message", ""))


def _owner(raw: _Json) -> str | None:
    uid = _controller(raw).get("uid")
    return str(uid) if uid is not None else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
