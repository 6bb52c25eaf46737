"""What the gateway keeps of each custom resource: the fields that it reads, in slots.

All that is kept is walked by the garbage collector in one piece, so a whole model of each resource would cost memory and
stand still the loop that proves that the gateway leads. Names are those of the contract's models, which read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from agent_contract.agentclass import FallbackModel, ModelRef, ProviderAccess, SearchReach, SubAgents, Workspace
from agent_contract.agentthread import Phase
from agent_contract.apis import ApiRule, NarrowerApi
from agent_contract.approvals import Approvals
from agent_contract.budgets import Budgets
from agent_contract.repositories import NarrowerRule, RepositoryRule
from agent_contract.retention import Retention
from agent_contract.subagent import SubAgentPhase
from agent_contract.team import ClassCommand, McpServer, NarrowerServer
from agent_contract.terms import Thinking, Timeouts

NarrowedField = Literal["repositories", "apis", "mcpServers"]
"""Of an AgentThread's spec, in which an administrator leaves less than the class allows."""


@dataclass(frozen=True, slots=True)
class ChannelValue:
    """Where a conversation is held."""

    bot: str
    bot_id: int
    chat_id: int
    topic_id: int | None


@dataclass(frozen=True, slots=True)
class ClassRefValue:
    """An AgentClass by name."""

    name: str


@dataclass(frozen=True, slots=True)
class ModelValue:
    """Which model answers, as `agent_contract.agentclass.ModelRef`."""

    provider: str | None = None
    name: str | None = None
    thinking: Thinking | None = None
    images: bool | None = None
    max_tokens: int | None = None
    context_window: int | None = None


@dataclass(frozen=True, slots=True)
class Narrower:
    """What an administrator leaves of the rules of a conversation's class; None leaves all of them."""

    repositories: tuple[NarrowerRule, ...] | None = None
    apis: tuple[NarrowerApi, ...] | None = None
    mcp_servers: tuple[NarrowerServer, ...] | None = None


@dataclass(frozen=True, slots=True)
class ClaimValue:
    """The pod of a warm pool that a run was given to."""

    run: int
    job_name: str
    pod_uid: str


@dataclass(frozen=True, slots=True)
class ThreadSpec:
    """What the gateway or an administrator wants of an AgentThread."""

    channel: ChannelValue
    class_ref: ClassRefValue
    title: str
    run: int | None
    stop: int | None
    suspend: bool
    model: ModelValue | None
    repositories: tuple[NarrowerRule, ...] | None = None
    """What is left of the class's rules; None leaves all of them. So with what follows."""
    apis: tuple[NarrowerApi, ...] | None = None
    mcp_servers: tuple[NarrowerServer, ...] | None = None
    claim: ClaimValue | None = None

    @property
    def narrower(self) -> Narrower:
        """Return what is left of the class's rules."""
        return Narrower(self.repositories, self.apis, self.mcp_servers)


@dataclass(frozen=True, slots=True)
class RunValue:
    """One run, as the operator tells it. It is over when `finished_at` is set."""

    number: int
    finished_at: datetime | None
    reason: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class ConditionValue:
    """A condition that is False, and why."""

    type: str
    status: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ThreadStatus:
    """What the operator tells of an AgentThread.

    Attributes:
        phase: Where it stands.
        run: The run wanted, or the last one.
        previous_run: The one before it.
        conditions: `Accepted` where it is False, nothing else.
    """

    phase: Phase | None
    run: RunValue | None
    previous_run: RunValue | None
    conditions: tuple[ConditionValue, ...]


@dataclass(frozen=True, slots=True)
class ThreadValue:
    """An AgentThread.

    Attributes:
        name: Its name.
        uid: Its UID.
        version: Its resourceVersion.
        deleting: It is being deleted.
        spec: What is wanted.
        status: What the operator tells.
    """

    name: str
    uid: str
    version: str
    deleting: bool
    spec: ThreadSpec
    status: ThreadStatus


@dataclass(frozen=True, slots=True)
class SubAgentSpecValue:
    """What is wanted of a SubAgent; its task is read when it is needed (`SubAgents.read_task`)."""

    class_ref: ClassRefValue
    timeout_seconds: int
    depth: int
    cancel: bool


@dataclass(frozen=True, slots=True)
class SubAgentStatusValue:
    """What the operator tells of a SubAgent; see `agent_contract.subagent.SubAgentStatus`."""

    phase: SubAgentPhase | None
    finished_at: datetime | None
    reason: str | None
    message: str | None
    result: str | None


@dataclass(frozen=True, slots=True)
class SubAgentValue:
    """A SubAgent.

    Attributes:
        name: Its name.
        uid: Its UID.
        version: Its resourceVersion.
        deleting: It is being deleted.
        call_id: The call that it was made for, by its label; empty where it has none.
        spec: What is wanted.
        status: What the operator tells.
    """

    name: str
    uid: str
    version: str
    deleting: bool
    call_id: str
    spec: SubAgentSpecValue
    status: SubAgentStatusValue


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """What an AgentClass says that the gateway acts on."""

    model: ModelRef
    workspace: Workspace
    timeouts: Timeouts
    sub_agents: SubAgents
    approvals: Approvals = field(default_factory=Approvals)
    budgets: Budgets = field(default_factory=Budgets)
    fallback_models: tuple[FallbackModel, ...] = ()
    provider_access: ProviderAccess = field(default_factory=ProviderAccess)
    repositories: tuple[RepositoryRule, ...] = ()
    """Its rules, then `sources`."""
    sources: tuple[RepositoryRule, ...] = ()
    """A rule to read each repository that its skills or templates come from."""
    apis: tuple[ApiRule, ...] = ()
    mcp_servers: tuple[McpServer, ...] = ()
    commands: tuple[ClassCommand, ...] = ()
    heartbeat: str = ""
    retention: Retention = field(default_factory=Retention)
    search: SearchReach = "Chat"


@dataclass(frozen=True, slots=True)
class ClassValue:
    """An AgentClass; one that stands for the defaults has no name."""

    spec: ClassSpec
    name: str = ""
    uid: str = ""
    pool_hash: str | None = None
    """Of the pods of its warm pool that may be claimed; None where there is none."""
    has_pool: bool = False
    """It asks for a warm pool, be it at another time."""
    pool_reason: str = ""
    """Why fewer pods wait than it asks for, in a word, as the operator told of the class as it is; empty where it did not."""
    ahead: int = 0
    """How many pods are to be started for those who are next in line."""
    in_line: int = 0
    """How many of these its status tells of."""


def find_run(thread: ThreadValue, number: int) -> RunValue | None:
    """Return what the status says of a run, be it the latest or the one before."""
    for run in (thread.status.run, thread.status.previous_run):
        if run is not None and run.number == number:
            return run
    return None


def same_thread(old: ThreadValue | None, new: ThreadValue | None) -> bool:
    """Say whether nothing that a conversation acts on differs: its version and title may."""
    return _without_title(old) == _without_title(new)


def same_subagent(old: SubAgentValue | None, new: SubAgentValue | None) -> bool:
    """Say whether nothing that a sub-agent's conversation acts on differs: its version may."""
    return (old and replace(old, version="")) == (new and replace(new, version=""))


def _without_title(found: ThreadValue | None) -> ThreadValue | None:
    return found and replace(found, version="", spec=replace(found.spec, title=""))
