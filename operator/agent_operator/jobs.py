"""A Job as far as the operator acts on it, and whose it is; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent_contract import names

_Json = Mapping[str, Any]
_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"


@dataclass(frozen=True, slots=True)
class Job:
    """A Job.

    Attributes:
        name: Its name.
        uid: Its UID.
        run: Of which run it is, by its label; 0 where the label is gone.
        owner_uid: UID of its controller.
        deleting: It is being deleted.
        complete: It has succeeded.
        failed: Reason of its condition Failed or FailureTarget.
        message: What that condition says.
        suspended: `spec.suspend`: a queue (Kueue) or a person lets it run no pod.
        queue: The queue of Kueue that it waits in, if it names one.
        created_at: When it was made.
        started_at: Since when its deadline runs (`status.startTime`).
        deadline: `spec.activeDeadlineSeconds`.
        allowance: Seconds that the run may take from its agent's start, as the Job was made; None where it does not say.
        pool: The AgentClass whose warm pool made it; empty where none did.
        pool_hash: What its pod is made of, where a pool made it.
    """

    name: str
    uid: str
    run: int
    owner_uid: str | None
    deleting: bool
    complete: bool
    failed: str | None
    message: str | None = None
    suspended: bool = False
    queue: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    deadline: int | None = None
    allowance: int | None = None
    pool: str = ""
    pool_hash: str = ""

    @property
    def terminal(self) -> bool:
        """Say whether no pod of it will run any more."""
        return self.complete or self.failed is not None

    @property
    def is_late(self) -> bool:
        """Say whether its deadline has ended it."""
        return self.failed == "DeadlineExceeded"


@dataclass(frozen=True, slots=True)
class Own:
    """The Job is controlled by the resource in question."""

    job: Job


@dataclass(frozen=True, slots=True)
class Foreign:
    """A Job of the name is controlled by something else, or by nothing: it is never read, changed or deleted."""

    name: str


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no Job of the name."""


Ownership = Own | Foreign | Absent


def own(job: Job | None, uid: str) -> Ownership:
    """Say whose a Job is: the owner is known by its UID, never by a label or a name."""
    if job is None:
        return Absent()
    return Own(job) if job.owner_uid == uid else Foreign(job.name)


def read_job(raw: _Json) -> Job:
    """Read a Job as the API gives it (`batch/v1`)."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    conditions = {c["type"]: c for c in status.get("conditions") or [] if c["status"] == "True"}
    failed = conditions.get("Failed") or conditions.get("FailureTarget")
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return Job(
        name=metadata["name"],
        uid=metadata["uid"],
        run=_number(labels.get(names.LABEL_RUN)) or 0,
        owner_uid=read_controller(raw).get("uid"),
        deleting="deletionTimestamp" in metadata,
        complete="Complete" in conditions or "SuccessCriteriaMet" in conditions,
        failed=failed.get("reason", "Failed") if failed else None,
        message=failed.get("message") if failed else None,
        suspended=spec.get("suspend") is True,
        queue=labels.get(_QUEUE_LABEL),
        created_at=read_time(metadata.get("creationTimestamp")),
        started_at=read_time(status.get("startTime")),
        deadline=spec.get("activeDeadlineSeconds"),
        allowance=_number(annotations.get(names.ANNOTATION_ALLOWANCE)),
        pool=labels.get(names.LABEL_POOL) or "",
        pool_hash=labels.get(names.LABEL_POOL_HASH) or "",
    )


def read_controller(raw: _Json) -> _Json:
    """Return the owner reference of an object's controller; empty where it has none."""
    return next((r for r in raw["metadata"].get("ownerReferences") or [] if r.get("controller")), {})


def read_time(text: str | None) -> datetime | None:
    """Read a time of the API (RFC 3339)."""
    return datetime.fromisoformat(text) if text else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None
