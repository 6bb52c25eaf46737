"""AgentClass: the template that an administrator owns, in the way of a StorageClass."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from agent_contract.base import Wire
from agent_contract.conditions import Conditions
from agent_contract.terms import Thinking, Timeouts
from agent_contract.text import Cleaned

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$", max_length=32)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$", max_length=128)]


_FACTORS = {
    "": 1, "m": 0.001, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip


def compute_bytes(quantity: str) -> int:
    """Return a Kubernetes quantity as a number of bytes."""
    number = quantity.rstrip("mkKMGTi")
    return int(float(number) * _FACTORS[quantity[len(number) :]])


class ModelRef(Wire):
    """Which model answers. What is absent here is taken from the class, then from the gateway's settings."""

    provider: ProviderName | None = None
    """Name of the model's provider, such as zai or moonshotai."""
    name: ModelName | None = None
    """The model's name, as its provider knows it."""
    thinking: Thinking | None = None
    """How much the model thinks before it answers."""
    images: bool | None = None
    """Whether the model sees images, for one that pi does not know itself; absent means that it does not."""


class Resources(Wire):
    """Requests and limits of the agent container; there is no CPU limit unless one is named."""

    requests: Annotated[dict[str, Quantity], Field(max_length=8)] = {"cpu": "100m", "memory": "256Mi"}
    """What the scheduler keeps free for a run."""
    limits: Annotated[dict[str, Quantity], Field(max_length=8)] = {"memory": "1Gi"}
    """What a run may use at most."""


class Workspace(Wire):
    """The ephemeral volume of a run: an emptyDir, or a generic ephemeral volume where a class is named."""

    size: Quantity = "2Gi"
    """How much it may hold; a run that writes more is evicted."""
    storage_class_name: Name | None = None
    """The StorageClass of a generic ephemeral volume; absent means an emptyDir."""
    snapshot: bool = True
    """Keep the files of a conversation from run to run: packed when a run ends, unpacked in the next."""
    snapshot_limit: Quantity = "256Mi"
    """How large a packed workspace may be, kept from run to run or copied for a sub-agent."""


class SubAgentClassRef(Wire):
    """An AgentClass by name, in the same namespace."""

    name: Name
    """Name of the AgentClass."""


class TtlSeconds(Wire):
    """How long what is finished stays; an hour or more, so that the same run is never made twice."""

    job: Annotated[int, Field(ge=3600, le=2592000)] = 3600
    """Of a Job and its pod, with their logs."""
    sub_agent: Annotated[int, Field(ge=3600, le=31536000)] = 86400
    """Of a finished SubAgent; its answer stays in the history."""


class SubAgents(Wire):
    """What agents of this class may start."""

    max_depth: Annotated[int, Field(ge=0, le=4)] = 1
    """How deep: 1 lets a conversation have sub-agents, 2 lets these have their own, 0 allows none."""
    max_children: Annotated[int, Field(ge=0, le=1000)] = 10
    """How many an agent may start for one message; a further one is refused, and the next message may have as many."""
    max_concurrent: Annotated[int, Field(ge=1, le=1000)] = 3
    """How many of one parent work at the same time; a further one waits."""
    class_ref: SubAgentClassRef | None = None
    """The AgentClass of the children; absent means the parent's."""


class Egress(StrEnum):
    """Where an agent may connect to, besides the gateway and DNS."""

    INTERNET = "Internet"
    GATEWAY_ONLY = "GatewayOnly"


class Toleration(Wire):
    """A core/v1 toleration."""

    key: Annotated[str, Field(max_length=316)] | None = None
    """The taint's key; absent with Exists means every one."""
    operator: Literal["Exists", "Equal"] | None = None
    """Exists or Equal."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """The taint's value, with Equal."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; absent means every one."""
    toleration_seconds: int | None = None
    """How long NoExecute is tolerated; absent means for ever."""


class Scheduling(Wire):
    """Where the pods may run."""

    node_selector: Annotated[dict[str, Annotated[str, Field(max_length=63)]], Field(max_length=32)] = {}
    """Labels that a node must have."""
    tolerations: Annotated[list[Toleration], Field(max_length=32)] = []
    """Taints that the pods put up with."""
    priority_class_name: Name | None = None
    """The pods' PriorityClass."""


class AgentClassSpec(Wire):
    """A change applies to runs started afterwards."""

    model: ModelRef = ModelRef()
    image: Annotated[
        Annotated[str, Field(max_length=512)] | None,
        Field(description="The agent's image, built from the runner's; absent means the operator's default."),
    ] = None
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the node asks the registry."""
    resources: Resources = Resources()
    workspace: Workspace = Workspace()
    timeouts: Timeouts = Timeouts()
    ttl_seconds_after_finished: TtlSeconds = TtlSeconds()
    egress: Egress = Egress.INTERNET
    sub_agents: SubAgents = SubAgents()
    runtime_class_name: Name | None = None
    """The pods' RuntimeClass, as for gVisor or Kata."""
    scheduling: Scheduling = Scheduling()
    tools: Annotated[
        list[Annotated[str, Field(pattern=r"^[+]?[A-Za-z0-9_-]+$", max_length=64)]], Field(max_length=64)
    ] = []
    """pi's tools by name (its `--tools`); empty means pi's own default set."""
    instructions: Annotated[str, Cleaned(32768, cut=False)] = ""
    """Added to the agent's system prompt."""


class AgentClassStatus(Wire):
    """Written by the operator."""

    conditions: Conditions = []
    """Accepted: whether the class can be used."""


class AgentClass(Wire):
    """The resource as it stands in the API server."""

    metadata: dict[str, Any] = {}
    spec: AgentClassSpec = AgentClassSpec()
    status: AgentClassStatus = AgentClassStatus()
