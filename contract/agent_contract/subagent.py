"""SubAgent: one task for an agent in a pod of its own, started once, with a result that outlives it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from agent_contract.agentthread import ClassRef
from agent_contract.base import Resource, Wire
from agent_contract.conditions import Conditions
from agent_contract.lenient import MAX_RUN, clamp
from agent_contract.scheduling import Name
from agent_contract.terms import DEFAULT_TASK_SECONDS, MAX_RESULT_BYTES, CallId, Task, TaskSeconds, WorkspaceMode
from agent_contract.text import Cleaned, Message, ObjectName, ObjectUid, Word

MAX_DEPTH = 4
"""The most that a class may allow: a name grows with each level, and a label holds 63 characters."""


class Parent(Wire):
    """Who asked for it. One that the gateway did not record gets no workspace, no chat and no rights of the parent."""

    kind: Literal["AgentThread", "SubAgent"]
    """AgentThread or SubAgent."""
    name: Name
    """The parent's name, in the same namespace."""
    uid: Annotated[str, Cleaned(64, least=1)]
    """The parent's metadata.uid."""
    run: Annotated[int, Field(ge=0, le=MAX_RUN), clamp(MAX_RUN)] = 0
    """The parent's run that asked; 0 where a person did between two runs."""
    call_id: CallId
    """Which call of that run; asking twice with the same one gives one sub-agent."""


class SubAgentSpec(Wire):
    """What is to be done; immutable but for `cancel`."""

    parent: Parent | None = None
    task: Task
    """The task, in words: the first and only message that the agent gets."""
    class_ref: ClassRef = ClassRef()
    timeout_seconds: TaskSeconds = DEFAULT_TASK_SECONDS
    """How long it may work, counted from when its agent got the task."""
    workspace: WorkspaceMode = "Copy"
    """Copy: it begins with a copy of the parent's workspace, where there is one. Empty: with nothing."""
    depth: Annotated[int, Field(ge=1, le=MAX_DEPTH)] = 1
    """1 for a child of a conversation, 2 for a child of that."""
    cancel: bool = False
    """End it now; never taken back."""


class SubAgentPhase(StrEnum):
    """Where a sub-agent stands."""

    PENDING = "Pending"
    STARTING = "Starting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    TIMED_OUT = "TimedOut"
    CANCELLED = "Cancelled"

    @property
    def terminal(self) -> bool:
        """Say whether nothing will happen any more."""
        return self in {self.SUCCEEDED, self.FAILED, self.TIMED_OUT, self.CANCELLED}


SUMMARY = 40
"""Characters of a text that a table has room for."""
_Summary = Annotated[str, Cleaned(SUMMARY, plain=True)]


class SubAgentSummary(Wire):
    """Beginnings of long texts, for tables: `kubectl get` prints a column whole."""

    task: _Summary = ""
    """Of the task."""
    result: _Summary = ""
    """Of the answer, or of why there is none."""


class SubAgentStatus(Wire):
    """Written by the operator alone."""

    phase: SubAgentPhase | None = None
    """Where it stands."""
    job_name: ObjectName | None = None
    """Its Job; set as soon as it was begun."""
    pod_name: ObjectName | None = None
    """Its pod."""
    pod_uid: ObjectUid | None = None
    """UID of its pod."""
    started_at: datetime | None = None
    """When its container started."""
    finished_at: datetime | None = None
    """When it was over; never taken back."""
    reason: Word | None = None
    """Why it waits or how it ended, in a word."""
    message: Message | None = None
    """Why it waits or how it ended, in a sentence."""
    result: Annotated[str, Cleaned(MAX_RESULT_BYTES, plain=True)] | None = None
    """The beginning of its answer; the whole is in the history."""
    exit_code: int | None = None
    """Exit code of the agent's container."""
    summary: SubAgentSummary | None = None
    """Beginnings of task and answer, for tables."""
    conditions: Conditions = []
    """Accepted, Complete and Failed."""

    @model_validator(mode="before")
    @classmethod
    def _read_phase(cls, value: Any) -> Any:
        """Read a phase that this release does not know as none; of one that is over, as failed: nobody waits for it."""
        if not isinstance(value, dict):
            return value
        phase = value.get("phase")
        if not isinstance(phase, str) or phase in list(SubAgentPhase):
            return value
        ended = value.get("finishedAt") or value.get("finished_at")
        return {**value, "phase": SubAgentPhase.FAILED if ended else None}


class SubAgent(Resource):
    """The resource as it stands in the API server."""

    spec: SubAgentSpec
    status: SubAgentStatus = SubAgentStatus()
