"""What a team gives the agents of a class: tool servers, skills and prompt templates."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field
from agent_contract.repositories import ConnectionName
from agent_contract.scheduling import Name
from agent_contract.text import Cleaned

Exposure = Literal["Direct", "Deferred", "CodeMode"]

ServerName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", max_length=32)]
"""Of a tool server, as the agent knows it."""
FOLDER = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"
"""Of a folder within a source: no part begins with a dot."""
ToolPattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.*/-]+$", max_length=128)]
"""A tool's name, as its server knows it: `*` stands for any characters."""


class ServerTools(Wire):
    """Which tools of a server there are for the agent. The gateway lets no other be called."""

    allow: Annotated[list[ToolPattern], Field(max_length=64)] = ["*"]
    """Those that fit one of these."""
    deny: Annotated[list[ToolPattern], Field(max_length=64)] = []
    """But not those that fit one of these."""


class McpServer(Wire):
    """A tool server (MCP) behind a connection, whose key the gateway puts on."""

    connection: ConnectionName
    """The connection that the server is reached over."""
    name: ServerName | None = None
    """What the agent knows it as, and the names of its tools begin with. Absent means the connection's name."""
    tools: ServerTools = ServerTools()
    resources: bool = False
    """Whether the agent may read the server's resources too."""
    exposure: Exposure = "Direct"
    """Direct: the model is told of each tool. Deferred: it searches for them. CodeMode: its scripts call them."""
    timeout: Annotated[int, Field(ge=1, le=600)] = 10
    """Seconds that a call may take, and that the first prompt waits for the server."""


class NarrowerServer(Wire):
    """What is left of a tool server of the class in one conversation; what is absent here is as the class says."""

    connection: ConnectionName
    """The connection that the server is reached over."""
    tools: ServerTools | None = None
    """Which tools there are, of those that the class lets through."""
    resources: bool | None = None
    """False: the agent reads none of the server's resources."""

    def widen(self) -> McpServer:
        """Return what holds beside the class's, where both have to let through what is asked."""
        return McpServer(
            connection=self.connection, tools=self.tools or ServerTools(), resources=self.resources is not False
        )


class RepositorySource(Wire):
    """A repository at one commit, fetched through the gateway as each run begins."""

    connection: ConnectionName
    """The connection that it is reached over."""
    path: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$", max_length=250)]
    """The repository as the forge names it, as acme/skills."""
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    """The whole name of the commit: what its agents are told changes with the class alone."""


class FileSource(Wire):
    """A folder of files, read-only in the pod: from a ConfigMap, an image or a repository, one of these."""

    config_map: Name | None = None
    """A ConfigMap in the agents' namespace; each of its keys is a file."""
    image: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    """An OCI image or artifact whose files are mounted, where the cluster has image volumes."""
    repository: RepositorySource | None = None
    """A repository at one commit."""
    folder: Annotated[str, Field(pattern=FOLDER, max_length=200)] | None = None
    """The folder within image or repository; absent means all of it."""


FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
"""Of a template or a skill, without its ending."""


class ClassCommand(Wire):
    """A command of the chat that stands for a prompt template or a skill of the class."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
    """As people write it behind a slash; none of the bot's own commands."""
    description: Annotated[str, Field(min_length=3), Cleaned(100)]
    """What the menu says of it."""
    template: FileName | None = None
    """The template whose text is asked; absent, where no skill is named either, means the one of the command's name."""
    skill: FileName | None = None
    """The skill that the agent is asked to use, instead of a template."""


OWN_COMMANDS: Final = frozenset({
    "account", "accounts", "approvals", "approve", "audit", "branches", "budget", "cancel", "cleanup", "compact", "connect", "diff", "disconnect",
    "export", "forget", "fork", "help", "invite", "kill", "language", "link", "memory", "model", "new", "plan", "pr", "redo", "remember", "repo", "retry", "revoke",
    "heartbeat", "schedule", "schedules", "search", "services", "sessions", "settings", "spawn", "start", "status", "steer", "stop", "subagents", "think", "threads", "timezone", "undo",
    "unlink", "usage", "verbose", "whoami",
})  # fmt: skip
"""The bot's own commands, and words that it may come to use: a class cannot take these names."""
