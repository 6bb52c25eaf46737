"""AgentThread: one conversation, the run it wants, and how that run is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from agent_contract.agentclass import ModelRef
from agent_contract.apis import NarrowerApi
from agent_contract.base import Resource, Wire
from agent_contract.conditions import Conditions
from agent_contract.lenient import RunNumber, known_or
from agent_contract.names import DEFAULT_BOT, DEFAULT_CLASS
from agent_contract.repositories import NarrowerRule
from agent_contract.scheduling import Name
from agent_contract.team import NarrowerServer
from agent_contract.text import Message, ObjectName, ObjectUid, Title, Word

TelegramId = Annotated[int, Field(ge=-(2**53), le=2**53)]


class Channel(Wire):
    """Where the conversation is held. Immutable: an absent topic may not appear later."""

    type: Literal["telegram"] = "telegram"
    """The messenger."""
    bot: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=16)] = DEFAULT_BOT
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


class Claim(Wire):
    """A pod of the class's warm pool that is a run's already: the operator makes no Job for it, but takes over this one."""

    run: RunNumber
    """Which run."""
    job_name: Name
    """Job of the pool."""
    pod_uid: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$", max_length=64)]
    """UID of the Job's pod."""


class Cold(Wire):
    """Why a run is started without a pod of the class's warm pool, where the class asks for one."""

    run: RunNumber
    """Which run."""
    reason: Word
    """ToolServers: this conversation has fewer tool servers than its class, and a pod that waits knows them all.
    ClaimRefused: the pod that it, or the run before it, was given could not be had. ClassChanged: the pods are of the class as it
    was. PoolEmpty: none was connected. Else as `status.warmPool.reason` of the class."""


class AgentThreadSpec(Wire):
    """Written by the gateway or an administrator; the operator never writes here."""

    channel: Channel
    class_ref: ClassRef = ClassRef()
    title: Annotated[Title, Field(description="What people call it.")] = ""
    run: Annotated[
        RunNumber | None,
        Field(description="The run wanted: only grows. Run N is started once; runs below it must not run."),
    ] = None
    claim: Annotated[
        Claim | None,
        Field(
            description="The pod of the class's warm pool that the gateway gave the run to; absent where a Job is to be made."
        ),
    ] = None
    cold: Annotated[
        Cold | None,
        Field(
            description="Why the gateway found no pod of the class's warm pool for the run; absent where none was asked for."
        ),
    ] = None
    stop: Annotated[
        RunNumber | None, Field(description="That run, and those below it, must not be running: only grows.")
    ] = None
    suspend: Annotated[bool, Field(description="An administrator's hold: nothing runs, the chat is told.")] = False
    model: Annotated[ModelRef | None, Field(description="Takes the place of the class's model.")] = None
    repositories: Annotated[
        list[NarrowerRule] | None,
        Field(
            max_length=64,
            description="What is left of the class's rules in this conversation: never more than these allow. Absent means all "
            "that the class allows, an empty list nothing.",
        ),
    ] = None
    apis: Annotated[
        list[NarrowerApi] | None,
        Field(
            max_length=64,
            description="What is left of the class's rules for package registries and other services in this conversation. Absent "
            "means all that the class allows, an empty list nothing.",
        ),
    ] = None
    mcp_servers: Annotated[
        list[NarrowerServer] | None,
        Field(
            max_length=16,
            description="What is left of the class's tool servers in this conversation. Absent means all that the class lists, an "
            "empty list none.",
        ),
    ] = None


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
    """A container of the pod cannot be made or started as it is set up."""
    WRONG_ARCHITECTURE = "WrongArchitecture"
    """An image is made for another kind of processor than the node's."""
    INIT_FAILED = "InitContainerFailed"
    """A container that has to start before the agent's crashes."""
    VOLUME_PENDING = "VolumePending"
    SANDBOX_FAILED = "SandboxFailed"
    """The node cannot set up the pod's network."""
    PULLING_IMAGE = "PullingImage"
    JOB_SUSPENDED = "JobSuspended"
    """A queue (Kueue) or a person holds the Job."""
    SCHEDULING_GATED = "SchedulingGated"
    """A scheduling gate holds the pod."""
    NOT_STARTED = "NotStarted"
    """It takes long, and the cluster gives no reason; the message says which part of it has not acted."""
    WEBHOOK_UNAVAILABLE = "WebhookUnavailable"
    """An admission webhook of the cluster does not answer; the Job or pod is made again."""
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
    """Its node had to be freed, or ran out of something."""
    DISK_FULL = "DiskFull"
    """It wrote more than its own volumes may hold, and would again."""
    PREEMPTED = "Preempted"
    """More urgent work took its room."""
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
    CLAIM_REFUSED = "ClaimRefused"
    """The pod of the warm pool that it was given to is none, or no longer; a further run is started without one."""


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
    cold: Word | None = None
    """Why it was started without a pod of the class's warm pool (`spec.cold`); absent where it has one, or none was asked for."""


class Spending(Wire):
    """What a thread spent on models, its sub-agents included. Written by the gateway, when a turn ends."""

    money: Annotated[str, Field(max_length=24)] = "0.00"
    """US dollars."""
    tokens: Annotated[int, Field(ge=0, le=2**53)] = 0
    """Tokens, those read and those written."""
    estimated: bool = False
    """Some of it is an estimate: a provider did not tell."""


class AgentThreadStatus(Wire):
    """Written by the operator, but for the spending."""

    phase: Annotated[Phase | None, known_or(None, list(Phase))] = None
    """Where the thread stands."""
    run: RunStatus | None = None
    """The run wanted, or the last one. It is over when finishedAt is set."""
    previous_run: RunStatus | None = None
    """The run before it."""
    conditions: Conditions = []
    """Accepted, PodScheduled, Ready and Suspended."""
    spending: Spending | None = None


class AgentThread(Resource):
    """The resource as it stands in the API server."""

    spec: AgentThreadSpec
    status: AgentThreadStatus = AgentThreadStatus()
