"""AgentThread: one conversation, the run it wants, and how that run is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from agent_contract.agentclass import ModelRef, Name
from agent_contract.base import Wire
from agent_contract.conditions import Condition
from agent_contract.names import DEFAULT_CLASS

RunNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
TelegramId = Annotated[int, Field(ge=-(2**53), le=2**53)]


class Channel(Wire):
    """Where the conversation is held. Immutable: an absent topic may not appear later."""

    type: Literal["telegram"] = "telegram"
    bot: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=16)] = "tg"
    bot_id: Annotated[int, Field(ge=1, le=2**53)]
    chat_id: TelegramId
    topic_id: Annotated[int, Field(ge=1, le=2**53)] | None = None


class ClassRef(Wire):
    """The AgentClass by name, in the same namespace."""

    name: Name = DEFAULT_CLASS


class AgentThreadSpec(Wire):
    """Written by the gateway or an administrator; the operator never writes here."""

    channel: Channel
    class_ref: ClassRef = ClassRef()
    title: Annotated[str, Field(max_length=256, description="What people call it.")] = ""
    run: Annotated[
        RunNumber | None,
        Field(description="The run wanted: only grows. Run N is started once; runs below it must not run."),
    ] = None
    stop: Annotated[RunNumber | None, Field(description="That run, and those below it, must not be running.")] = None
    suspend: Annotated[bool, Field(description="An administrator's hold: nothing runs, the chat is told.")] = False
    model: Annotated[ModelRef | None, Field(description="Takes the place of the class's model.")] = None


class Phase(StrEnum):
    """Where a thread stands, as `kubectl get agentthreads` shows it."""

    IDLE = "Idle"
    PENDING = "Pending"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    SUSPENDED = "Suspended"
    FAILED = "Failed"


class Reason(StrEnum):
    """Why a run waits or ended; `message` beside it says it in a sentence."""

    # it waits
    UNSCHEDULABLE = "Unschedulable"
    IMAGE_PULL_BACK_OFF = "ImagePullBackOff"
    QUOTA_EXCEEDED = "QuotaExceeded"
    CREATE_REFUSED = "CreateRefused"
    """The API server refuses the Job or its pod: admission, a bad value, a foreign Job of that name."""
    CONTAINER_CONFIG_ERROR = "ContainerConfigError"
    VOLUME_PENDING = "VolumePending"
    # it never starts
    CLASS_NOT_FOUND = "ClassNotFound"
    CLASS_INVALID = "ClassInvalid"
    SPEC_INVALID = "SpecInvalid"
    SUSPENDED = "Suspended"
    # it ended
    IDLE_TIMEOUT = "IdleTimeout"
    """The runner asked to leave and was let go (exit code 0)."""
    STOPPED = "Stopped"
    DELETED = "Deleted"
    """The Job or its pod is gone and nobody here asked for it."""
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    OOM_KILLED = "OOMKilled"
    EVICTED = "Evicted"
    NODE_LOST = "NodeLost"
    BAD_CONFIG = "BadConfig"
    GATEWAY_REFUSED = "GatewayRefused"
    GATEWAY_LOST = "GatewayLost"
    AGENT_FAILED = "AgentFailed"
    """pi does not start or keeps dying."""
    ERROR = "Error"
    SUPERSEDED = "Superseded"
    """A newer run was wanted."""


class RunStatus(Wire):
    """One run, as far as Kubernetes tells it. It is over when `finished_at` is set."""

    number: RunNumber
    job_name: Annotated[str, Field(max_length=253)] | None = None
    pod_name: Annotated[str, Field(max_length=253)] | None = None
    pod_uid: Annotated[str, Field(max_length=64)] | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: Annotated[str, Field(max_length=128)] | None = None
    message: Annotated[str, Field(max_length=2048)] | None = None
    exit_code: int | None = None


class AgentThreadStatus(Wire):
    """Written by the operator alone."""

    phase: Phase | None = None
    run: RunStatus | None = None
    previous_run: RunStatus | None = None
    conditions: Annotated[list[Condition], Field(max_length=8)] = []


class AgentThread(Wire):
    """The resource as it stands in the API server."""

    metadata: dict[str, Any] = {}
    spec: AgentThreadSpec
    status: AgentThreadStatus = AgentThreadStatus()

    @property
    def name(self) -> str:
        """Return `metadata.name`."""
        return str(self.metadata["name"])

    @property
    def uid(self) -> str:
        """Return `metadata.uid`."""
        return str(self.metadata["uid"])
