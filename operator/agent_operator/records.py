"""What is kept of each object: small values, made once when it changes and not at each reconcile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread, Phase, Reason
from agent_contract.subagent import SubAgent
from agent_operator.jobs import Job, read_job
from agent_operator.podevents import Event, is_telling, read_event
from agent_operator.pods import Pod, read_pod
from agent_operator.reconcile import needs_reconcile
from agent_operator.subagents import is_terminal

_KEPT = ("name", "uid", "generation", "resourceVersion", "creationTimestamp", "deletionTimestamp", "labels")
"""Of an object's metadata."""
_ACTIVE = frozenset({Phase.PENDING, Phase.STARTING, Phase.RUNNING, Phase.STOPPING})
_SQUEEZED = frozenset({Reason.UNSCHEDULABLE, Reason.QUOTA_EXCEEDED})
_TRACE_CHARACTERS = 80
"""More than a run's trace takes."""
_TASK_CHARACTERS = 64
"""Kept of the task of a sub-agent that has ended: more than a table shows of it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a Job or pod is: a sub-agent's where one is named, else a thread's; and of which class's pool it came."""

    subagent: str | None
    thread: str | None
    agent_class: str | None = None


@dataclass(frozen=True, slots=True)
class ThreadRecord:
    """An AgentThread, packed: ten thousand of them rest, and few are reconciled.

    Attributes:
        name: Its name.
        uid: Its UID.
        version: Its resourceVersion.
        deleting: Whether it is being deleted.
        resting: Whether nothing is to be done for it.
        phase: As its status says; empty where it says none.
        class_name: Its AgentClass.
        packed: Its JSON.
        squeezed: Whether its pod finds no room.
        trace: What `names.ANNOTATION_TRACE` says of the run that is wanted; empty where it says nothing of that.
    """

    name: str
    uid: str
    version: str
    deleting: bool
    resting: bool
    phase: str
    class_name: str
    packed: bytes
    squeezed: bool = False
    trace: str = ""

    @property
    def active(self) -> bool:
        """Say whether it has a run that is not over."""
        return self.phase in _ACTIVE

    def unpack(self) -> AgentThread:
        """Return the resource."""
        return AgentThread.model_validate_json(self.packed)


@dataclass(frozen=True, slots=True)
class SubAgentRecord:
    """A SubAgent, packed.

    Attributes:
        name: Its name.
        uid: Its UID.
        version: Its resourceVersion.
        deleting: Whether it is being deleted.
        terminal: Whether it has ended.
        finished_at: When it ended.
        waiting: Whether it waits for a sibling to end.
        parent: UID of its parent; empty where it has none.
        class_name: Its AgentClass.
        packed: Its JSON.
        squeezed: Whether its pod finds no room.
    """

    name: str
    uid: str
    version: str
    deleting: bool
    terminal: bool
    finished_at: datetime | None
    waiting: bool
    parent: str
    class_name: str
    packed: bytes
    squeezed: bool = False

    def unpack(self) -> SubAgent:
        """Return the resource."""
        return SubAgent.model_validate_json(self.packed)

    def unpack_raw(self) -> dict[str, Any]:
        """Return the resource as plain JSON values."""
        found: dict[str, Any] = json.loads(self.packed)
        return found


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """An AgentClass.

    Attributes:
        name: Its name.
        uid: Its UID.
        version: Its resourceVersion.
        generation: Of its spec.
        release: The Helm release that it belongs to; empty where it is nobody's.
        found: It, or None where it cannot be read.
        fields: The fields for which it cannot be read.
    """

    name: str
    uid: str
    version: str
    generation: int
    release: str
    found: AgentClass | None
    fields: str

    @property
    def in_line(self) -> int:
        """Return how many of those who are next in line want it."""
        return (self.found.status.in_line or 0) if self.found is not None else 0


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A Job, and by what it is found.

    Attributes:
        job: It.
        created_at: When it was made.
        owner: Whose it is by its labels: whom to queue, and no proof.
        labelled: Whether it bears the label by which Jobs are watched.
        version: Its resourceVersion; a change of that alone is none.
    """

    job: Job
    created_at: datetime
    owner: Owner
    labelled: bool
    version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PodRecord:
    """A pod, and by what it is found.

    Attributes:
        pod: It.
        owner: Whose it is by its labels: whom to queue, and no proof.
    """

    pod: Pod
    owner: Owner


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A warning about a Job or pod, or a word of its image.

    Attributes:
        event: It.
        kind: Of the object it is about.
        name: Of that object.
    """

    event: Event
    kind: str
    name: str


def read_thread_record(raw: Mapping[str, Any]) -> ThreadRecord:
    """Read an AgentThread as the API gives it."""
    thread = AgentThread.model_validate(raw)
    meta, phase = raw["metadata"], thread.status.phase
    return ThreadRecord(
        name=meta["name"],
        uid=meta["uid"],
        version=str(meta.get("resourceVersion", "")),
        deleting="deletionTimestamp" in meta,
        resting=not needs_reconcile(thread),
        phase=phase.value if phase is not None else "",
        class_name=thread.spec.class_ref.name,
        packed=_pack(meta, raw["spec"], raw.get("status")),
        squeezed=phase is Phase.PENDING and thread.status.run is not None and thread.status.run.reason in _SQUEEZED,
        trace=_read_trace(meta, thread.spec.run),
    )


def read_subagent_record(raw: Mapping[str, Any]) -> SubAgentRecord:
    """Read a SubAgent as the API gives it."""
    sub = SubAgent.model_validate(raw)
    meta, spec, terminal = raw["metadata"], raw["spec"], is_terminal(sub)
    if terminal:
        spec = {**spec, "task": sub.spec.task[:_TASK_CHARACTERS]}
    return SubAgentRecord(
        name=meta["name"],
        uid=meta["uid"],
        version=str(meta.get("resourceVersion", "")),
        deleting="deletionTimestamp" in meta,
        terminal=terminal,
        finished_at=sub.status.finished_at,
        waiting=sub.status.reason == "ConcurrencyLimit",
        parent=sub.spec.parent.uid if sub.spec.parent is not None else "",
        class_name=sub.spec.class_ref.name,
        packed=_pack(meta, spec, raw.get("status")),
        squeezed=not terminal and sub.status.reason in _SQUEEZED,
    )


def _read_trace(meta: Mapping[str, Any], run: int | None) -> str:
    """Return a run's trace: the one of a run before stands on where the newest has none."""
    text = str((meta.get("annotations") or {}).get(names.ANNOTATION_TRACE, ""))[:_TRACE_CHARACTERS]
    return text if run is not None and text.startswith(f"{run}/") else ""


def _pack(meta: Mapping[str, Any], spec: Mapping[str, Any], status: Mapping[str, Any] | None) -> bytes:
    kept = {"metadata": {key: meta[key] for key in _KEPT if key in meta}, "spec": spec, "status": status or {}}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")


def read_class_record(raw: Mapping[str, Any]) -> ClassRecord:
    """Read an AgentClass as the API gives it; one that is no class is kept with the fields that say so."""
    meta = raw["metadata"]
    found, fields = None, ""
    try:
        found = AgentClass.model_validate(raw)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, p["loc"])) for p in error.errors()}))
    return ClassRecord(
        name=meta["name"],
        uid=str(meta.get("uid", "")),
        version=str(meta.get("resourceVersion", "")),
        generation=int(meta.get("generation", 0)),
        release=str((meta.get("labels") or {}).get(names.LABEL_INSTANCE, "")),
        found=found,
        fields=fields,
    )


def read_job_record(raw: Mapping[str, Any]) -> JobRecord:
    """Read a Job as the API gives it."""
    labels = raw["metadata"].get("labels") or {}
    labelled = labels.get(names.LABEL_MANAGED_BY) == names.MANAGED_BY
    version = str(raw["metadata"].get("resourceVersion", ""))
    return JobRecord(read_job(raw), _read_time(raw), _read_owner(raw), labelled, version)


def read_pod_record(raw: Mapping[str, Any]) -> PodRecord:
    """Read a pod as the API gives it."""
    return PodRecord(read_pod(raw), _read_owner(raw))


def read_event_record(raw: Mapping[str, Any]) -> EventRecord | None:
    """Read an Event as the API gives it; None where it is neither a warning nor a word of an image."""
    about = raw.get("involvedObject") or {}
    if about.get("kind") not in {"Job", "Pod"} or not is_telling(raw):
        return None
    return EventRecord(read_event(raw), str(about["kind"]), str(about.get("name", "")))


def _read_owner(raw: Mapping[str, Any]) -> Owner:
    labels = raw["metadata"].get("labels") or {}
    # a sub-agent's carry the name of the thread that it works for besides
    return Owner(labels.get(names.LABEL_SUBAGENT), labels.get(names.LABEL_THREAD), labels.get(names.LABEL_POOL))


def _read_time(raw: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(raw["metadata"]["creationTimestamp"])
