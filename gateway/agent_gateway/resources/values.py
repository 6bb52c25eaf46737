"""What the gateway keeps of each custom resource: the fields that it reads, in slots.

All that is kept is walked by the garbage collector in one piece, so a whole model of each resource would cost memory and
stand still the loop that proves that the gateway leads. Names are those of the contract's models, which read them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agent_contract.agentclass import ModelRef, SubAgents, Workspace
from agent_contract.agentthread import Phase
from agent_contract.subagent import SubAgentPhase
from agent_contract.terms import Thinking, Timeouts


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


@dataclass(frozen=True, slots=True)
class ClassValue:
    """An AgentClass."""

    spec: ClassSpec


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
