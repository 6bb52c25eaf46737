"""What stands in the cluster of one thread, read into plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from agent_contract import names
from agent_contract.agentthread import AgentThread

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
    running_since: datetime | None
    exit_code: int | None
    exit_reason: str | None
    finished_at: datetime | None
    words: str | None = None
    """The container's termination message: its last log lines where it failed."""


@dataclass(frozen=True, slots=True)
class Event:
    """A warning about a Job or a pod."""

    uid: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Observed:
    """The wanted run's Job and pod, the warnings about them, and other runs' Jobs that are not over."""

    job: Job | None
    pod: Pod | None
    warnings: tuple[Event, ...] = ()
    others: tuple[Job, ...] = ()


class Reader(Protocol):
    """The calls that observing needs."""

    async def list_jobs(self, thread: str) -> Sequence[_Json]:
        """List a thread's Jobs."""

    async def list_pods(self, thread: str) -> Sequence[_Json]:
        """List a thread's pods."""

    async def list_warnings(self, uids: Sequence[str]) -> Sequence[_Json]:
        """List the warning Events about objects."""


async def observe(kube: Reader, thread: AgentThread, run: int | None) -> Observed:
    """Read what stands of a thread; nothing is asked for where nothing can stand."""
    if run is None:
        return Observed(None, None)
    jobs = [read_job(j) for j in await kube.list_jobs(thread.name)]
    wanted = names.build_job_name(thread.name, thread.uid, run)
    job = next((j for j in jobs if j.name == wanted), None)
    others = tuple(j for j in jobs if j.name != wanted and j.owner_uid == thread.uid and not j.over)
    if job is None or job.owner_uid != thread.uid:
        return Observed(job, None, (), others)
    raw = [p for p in await kube.list_pods(thread.name) if _owner(p) == job.uid]
    newest = max(raw, key=lambda p: p["metadata"]["creationTimestamp"], default=None)
    pod = read_pod(newest) if newest else None
    warnings: tuple[Event, ...] = ()
    if not job.over and (pod is None or pod.running_since is None):
        uids = [job.uid, *([pod.uid] if pod else [])]
        warnings = tuple(read_event(e) for e in await kube.list_warnings(uids))
    return Observed(job, pod, warnings, others)


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
        running_since=_time(running.get("startedAt")),
        exit_code=ended.get("exitCode"),
        exit_reason=ended.get("reason"),
        finished_at=_time(ended.get("finishedAt")),
        words=ended.get("message"),
    )


def read_event(raw: _Json) -> Event:
    """Read an Event as the API gives it."""
    return Event(raw["involvedObject"].get("uid", ""), raw.get("reason", ""), raw.get("message", ""))


def _owner(raw: _Json) -> str | None:
    for reference in raw["metadata"].get("ownerReferences", []):
        if reference.get("controller"):
            return str(reference["uid"])
    return None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
