"""What the operator tells a runner through its environment: all that is needed to start pi before anything else."""

from __future__ import annotations

from agent_contract.approvals import ApprovalRule
from agent_contract.base import Wire
from agent_contract.providers import Api
from agent_contract.team import Exposure
from agent_contract.terms import Thinking, Timeouts


class RunnerModel(Wire):
    """A model that answers where the first one cannot."""

    provider: str
    model: str
    api: Api | None = None
    """What its provider speaks; absent means as pi knows it, or chat completions."""
    reasoning: bool | None = None
    images: bool = False
    max_tokens: int | None = None
    context_window: int | None = None


class RunnerServer(Wire):
    """A tool server that is reached over the gateway."""

    name: str
    connection: str
    exposure: Exposure = "Direct"
    timeout: int = 10


class RunnerCommand(Wire):
    """A command of the chat, and what it stands for."""

    name: str
    template: str | None = None
    skill: str | None = None


class RunnerSource(Wire):
    """A repository at one commit, which a runner fetches through the gateway."""

    path: str
    """Where its files are put."""
    connection: str
    repository: str
    commit: str


class RunnerConfig(Wire):
    """Contents of the `AGENT_CONFIG` variable. It holds no secret: a tool of the agent can read it."""

    thread: str
    """Name of the AgentThread."""
    run: int
    gateway_url: str
    """Base URL of the gateway's runner port, as in `http://openclaw-gateway.openclaw.svc:8080`."""
    provider: str
    model: str
    api: Api | None = None
    """What the provider speaks; absent means as pi knows it, or chat completions."""
    thinking: Thinking | None = None
    reasoning: bool | None = None
    """Whether the model can think; absent means that it does where a level is named."""
    images: bool = False
    """The model sees images; of a model that pi knows it is known there."""
    max_tokens: int | None = None
    """How many tokens the model may write at once, for one that pi does not know; None means pi's file's default."""
    context_window: int | None = None
    """How many tokens the model reads, for one that pi does not know."""
    fallbacks: list[RunnerModel] | None = None
    """Models that answer the rest of a turn where the first is away or limited, in this order."""
    timeouts: Timeouts = Timeouts()
    tools: list[str] = []
    approvals: list[ApprovalRule] = []
    """Which tool calls a person is asked for, or are not run."""
    mcp_servers: list[RunnerServer] = []
    """Which tool servers there are."""
    skills: list[str] = []
    """Folders of skills."""
    prompt_templates: list[str] = []
    """Folders of prompt templates."""
    sources: list[RunnerSource] = []
    """What of these is fetched first."""
    commands: list[RunnerCommand] = []
    """Which lines of a prompt stand for a template or a skill."""
    trust_workspace: bool = False
    """pi reads .pi/ of the workspace."""
    instructions: str = ""
    one_turn: bool = False
    """A sub-agent: it takes one turn, leaves its answer as the termination message and exits once it is acknowledged."""
    snapshot: bool = True
    """Keep the files of the workspace for the next run."""
    snapshot_limit: int = 256 * 1024 * 1024
    """How many bytes they may have, packed."""
    exclude: list[str] | None = None
    """What is not kept, by name; absent means what tools make anew."""
    workspace_size: int = 0
    """How many bytes workspace, home and /tmp may hold together; 0 where that is not said."""
    workspace_claim: bool = False
    """They are on a volume of a StorageClass, which may have a file system of its own."""
    repositories: bool | None = None
    """The class names repositories, so that the agent has tools for pull requests."""
    warm: bool = False
    """The pod is of a warm pool: `thread` is empty and `run` 0, and a welcome says which conversation it is for."""

    @property
    def server_names(self) -> list[str]:
        """Return the names of the tool servers."""
        return [one.name for one in self.mcp_servers]
