"""AgentThread: one conversation, the run it wants, and how that run is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from agent_contract.agentclass import ModelRef, Name
from agent_contract.base import Wire
from agent_contract.conditions import Conditions
from agent_contract.lenient import RunNumber, known_or
from agent_contract.names import DEFAULT_CLASS
from agent_contract.text import Message, ObjectName, ObjectUid, Title, Word

TelegramId = Annotated[int, Field(ge=-(2**53), le=2**53)]


class Channel(Wire):
    """Where the conversation is held. Immutable: an absent topic may not appear later."""

    type: Literal["telegram"] = "telegram"
    """The messenger."""
    bot: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=16)] = "tg"
    """The gateway's short name; the first part of the resource's name."""
    bot_id: Annotated[int, Field(ge=1, le=2**53)]
    """The bot's own id."""
    chat_id: TelegramId
    """The chat's id; a group's is negative."""
    topic_id: Annotated[int, Field(ge=1, le=2**53)] | None = None
    """The topic's id in a forum."""


class ClassRef(Wire):
    """The AgentClass by name, in the same namespace."""

    name: Name = DEFAULT_CLASS
    """Name of the AgentClass."""


class AgentThreadSpec(Wire):
    """Written by the gateway or an administrator; the operator never writes here."""

    channel: Channel
    class_ref: ClassRef = ClassRef()
    title: Annotated[Title, Field(description="What people call it.")] = ""
    run: Annotated[
        RunNumber | None,
        Field(description="The run wanted: only grows. Run N is started once; runs below it must not run."),
    ] = None
    stop: Annotated[
        RunNumber | None, Field(description="That run, and those below it, must not be running: only grows.")
    ] = None
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
    CONCURRENCY_LIMIT = "ConcurrencyLimit"
    """A sub-agent waits for another of its parent's to end (`subAgents.maxConcurrent`)."""
    CREATE_REFUSED = "CreateRefused"
    """The API server refuses the Job or its pod: admission, a bad value, a foreign Job of that name."""
    CONTAINER_CONFIG_ERROR = "ContainerConfigError"
    VOLUME_PENDING = "VolumePending"
    PULLING_IMAGE = "PullingImage"
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
    COMPLETED = "Completed"
    """A sub-agent has answered."""
    CANCELLED = "Cancelled"
    TASK_FAILED = "TaskFailed"
    """A sub-agent ended without an answer; the message says why."""
    SUPERSEDED = "Superseded"
    """A newer run was wanted."""


class RunStatus(Wire):
    """One run, as far as Kubernetes tells it. It is over when finishedAt is set."""

    number: RunNumber
    """Which run."""
    job_name: ObjectName | None = None
    """Its Job; set as soon as the run was begun."""
    pod_name: ObjectName | None = None
    """Its pod."""
    pod_uid: ObjectUid | None = None
    """UID of its pod."""
    started_at: datetime | None = None
    """When the agent's container started."""
    finished_at: datetime | None = None
    """When it was over; never taken back."""
    reason: Word | None = None
    """Why it waits or ended, in a word."""
    message: Message | None = None
    """Why it waits or ended, in a sentence."""
    exit_code: int | None = None
    """Exit code of the agent's container."""


class AgentThreadStatus(Wire):
    """Written by the operator alone."""

    phase: Annotated[Phase | None, known_or(None, list(Phase))] = None
    """Where the thread stands."""
    run: RunStatus | None = None
    """The run wanted, or the last one. It is over when finishedAt is set."""
    previous_run: RunStatus | None = None
    """The run before it."""
    conditions: Conditions = []
    """Accepted, PodScheduled, Ready and Suspended."""


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
