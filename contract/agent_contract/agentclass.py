"""AgentClass: the template that an administrator owns, in the way of a StorageClass."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from agent_contract.apis import ApiRule
from agent_contract.approvals import Approvals
from agent_contract.base import Wire
from agent_contract.budgets import Budgets
from agent_contract.conditions import Conditions
from agent_contract.podtemplate import ConfigMount, DnsConfig, DnsPolicy, EnvVar, PodMetadata, SecurityContext
from agent_contract.quantities import Quantity
from agent_contract.repositories import ConnectionStatus, RepositoryRule, SetupCommand, WorkspaceRepository
from agent_contract.retention import Retention
from agent_contract.scheduling import Name, Scheduling
from agent_contract.team import ClassCommand, FileSource, McpServer
from agent_contract.terms import Thinking, Timeouts
from agent_contract.text import Cleaned
from agent_contract.warmpool import MOST_AHEAD, WarmPool, WarmPoolStatus

ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$", max_length=128)]


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
    max_tokens: Annotated[int, Field(ge=16, le=1_000_000)] | None = None
    """How many tokens it may write in one message, for a model that pi does not know itself; absent means 8192."""
    context_window: Annotated[int, Field(ge=1024, le=100_000_000)] | None = None
    """How many tokens it reads at once, for a model that pi does not know itself; absent means 128000."""


class FallbackModel(Wire):
    """A model that answers where the first one cannot."""

    provider: ProviderName | None = None
    """Name of its provider in the gateway's settings; absent means the class's."""
    name: ModelName
    """The model's name, as its provider knows it."""


class ProviderAccess(Wire):
    """What may reach the model's provider besides text, data and the agent's own tools."""

    hosted_tools: bool = False
    """Tools that the provider runs itself, such as its web search: they reach the internet, whatever egress says."""
    addresses: bool = False
    """Pictures and files by their address: the provider fetches them, whatever egress says."""


class Resources(Wire):
    """Requests and limits of the agent container; there is no CPU limit unless one is named."""

    requests: Annotated[dict[str, Quantity], Field(max_length=8)] = {"cpu": "50m", "memory": "256Mi"}
    """What the scheduler keeps free for a run; absent ephemeral-storage means 1Gi."""
    limits: Annotated[dict[str, Quantity], Field(max_length=8)] = {"memory": "1Gi"}
    """What a run may use at most; absent ephemeral-storage means the sum of its volumes and 256Mi for logs."""


class Workspace(Wire):
    """The one volume of workspace, home and /tmp: an emptyDir, or a generic ephemeral volume where a class is named."""

    size: Quantity = "8Gi"
    """How much the three may hold together. What a tool writes beyond it fails, or the tool is stopped and told."""
    storage_class_name: Name | None = None
    """The StorageClass of a generic ephemeral volume; absent means an emptyDir."""
    snapshot: bool = True
    """Keep the files of a conversation from run to run: what a turn changed is stored after it, and the next run begins with it."""
    snapshot_limit: Quantity = "256Mi"
    """How many bytes they may have, packed; where they have more, the largest are not kept. Earlier states may have as many."""
    exclude: Annotated[
        Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=64)] | None,
        Field(
            description="What is not kept: names or globs of files and folders, or paths from the top. Absent means what tools "
            "make anew, such as installed packages and caches. A folder with a CACHEDIR.TAG is not kept either."
        ),
    ] = None
    repositories: Annotated[list[WorkspaceRepository], Field(max_length=16)] = []
    """Repositories that are cloned into the workspace before the agent is asked anything; those that are there stay as they are."""
    setup: Annotated[list[SetupCommand], Field(max_length=16)] = []
    """Commands that prepare the workspace behind them, in this order. One that fails is told, and the agent goes on."""


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
    send_files: bool = False
    """Whether they may send files to the chat of the conversation that they work for."""


SearchReach = Literal["Conversation", "Chat"]


class Egress(StrEnum):
    """Where an agent may connect to besides the gateway: public addresses and DNS, or nothing, not even DNS."""

    INTERNET = "Internet"
    GATEWAY_ONLY = "GatewayOnly"


class AgentClassSpec(Wire):
    """A change applies to runs started afterwards."""

    model: ModelRef = ModelRef()
    fallback_models: Annotated[list[FallbackModel], Field(max_length=4)] = []
    """Models that answer the rest of a turn where the first is away or limited, in this order; the next turn begins with
    the first again. Empty means those of the gateway's settings."""
    provider_access: ProviderAccess = ProviderAccess()
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
    warm_pool: WarmPool = WarmPool()
    approvals: Approvals = Approvals()
    budgets: Budgets = Budgets()
    retention: Retention = Retention()
    runtime_class_name: Name | None = None
    """The pods' RuntimeClass, as for gVisor or Kata."""
    scheduling: Scheduling = Scheduling()
    pod_metadata: PodMetadata = PodMetadata()
    image_pull_secrets: Annotated[list[Name], Field(max_length=16)] = []
    """Names of pull Secrets in the agents' namespace, besides the chart's."""
    security_context: SecurityContext = SecurityContext()
    env: Annotated[list[EnvVar], Field(max_length=64)] = []
    """Variables of the agent and its tools."""
    mounts: Annotated[list[ConfigMount], Field(max_length=16)] = []
    """Files from ConfigMaps, such as a package manager's settings; no Secret, as an agent's tools read every file."""
    dns_policy: DnsPolicy | None = None
    """How names are found; absent means ClusterFirst. Without the Internet (egress) none are, and this is refused."""
    dns_config: DnsConfig | None = None
    """Name servers, search domains and options, besides the policy's."""
    tools: Annotated[
        list[Annotated[str, Field(pattern=r"^[+]?[A-Za-z0-9_-]+$", max_length=64)]], Field(max_length=64)
    ] = []
    """pi's tools by name (its `--tools`); empty means pi's own default set."""
    repositories: Annotated[list[RepositoryRule], Field(max_length=64)] = []
    """Which repositories the agents reach through the gateway, which puts on the keys; none by default."""
    apis: Annotated[list[ApiRule], Field(max_length=64)] = []
    """Which package registries and other HTTP services they reach through the gateway, which puts on the keys; none by
    default."""
    mcp_servers: Annotated[list[McpServer], Field(max_length=16)] = []
    """Tool servers (MCP) that the agents reach through the gateway, which puts on the keys. Sub-agents have at most those of
    the agents above them."""
    skills: Annotated[list[FileSource], Field(max_length=16)] = []
    """Folders of skills: of Markdown files, or of folders with a SKILL.md."""
    prompt_templates: Annotated[list[FileSource], Field(max_length=16)] = []
    """Folders of prompt templates: a person's /name is written out by the file name.md."""
    commands: Annotated[list[ClassCommand], Field(max_length=32)] = []
    """Commands of the chat that ask one of these; Telegram's menu shows them."""
    trust_workspace: bool = False
    """Whether pi reads .pi/ of the workspace: settings, skills, templates, tool servers, and extensions, which run as pi
    does. Whoever can write to a repository that is cloned there then has what the agent has, approvals included."""
    heartbeat: Annotated[str, Cleaned(8192, cut=False)] = ""
    """The checklist that heartbeats of the class's conversations look at, besides HEARTBEAT.md of the workspace. People turn
    a heartbeat on with /heartbeat; any AgentSchedule that is quiet is one."""
    search: SearchReach = "Chat"
    """How far agents may search what was said. Chat: in all topics of the conversation's chat. Conversation: no further than
    the conversation itself. What people find with /search is the same."""
    instructions: Annotated[str, Cleaned(32768, cut=False)] = ""
    """Added to the agent's system prompt."""


class AgentClassStatus(Wire):
    """Written by the operator, and what is said of connections by the gateway."""

    conditions: Conditions = []
    """Accepted: whether the class can be used. PodSecurity: whether the namespace enforces the level restricted. WarmPool:
    whether as many pods wait as are asked for, where any are."""
    connections: Annotated[list[ConnectionStatus], Field(max_length=64)] | None = None
    """The connections that the class's rules name."""
    unusable_connections: Annotated[str, Field(max_length=512)] | None = None
    """Those of them that cannot be used, each with the reason, in one line; empty where all can."""
    warm_pool: WarmPoolStatus | None = None
    in_line: Annotated[int, Field(ge=0, le=MOST_AHEAD)] | None = None
    """How many of those who are next in line for one of the gateway's maxThreads want this class, as far as `warmPool.ahead`
    starts pods for them. Written by the gateway."""


class AgentClass(Wire):
    """The resource as it stands in the API server."""

    metadata: dict[str, Any] = {}
    spec: AgentClassSpec = AgentClassSpec()
    status: AgentClassStatus = AgentClassStatus()
