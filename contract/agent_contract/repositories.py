"""Which repositories agents reach, what they may change there, and which ones a workspace begins with.

The rules are enforced by the gateway.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field
from agent_contract.quantities import Quantity

RepositoryAccess = Literal["Read", "Write"]
PushApproval = Literal["Never", "Ask"]
WorkflowChanges = Literal["Hold", "Refuse", "Allow"]

ConnectionName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", max_length=63)]
"""Of a connection in the chart's values."""
RepositoryPattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.*-]+(/[A-Za-z0-9_.*-]+)*$", max_length=250)]
"""A path as the forge names it: `*` stands for anything within a part, `**` for any number of parts."""
RefPattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.*@+/-]+$", max_length=250)]
"""A branch, or a full name below refs/: `*` stands for anything within a part, `**` for any number of parts."""
FilePattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.*-]+(/[A-Za-z0-9_.*-]+)*$", max_length=250)]
"""A file of a repository: `*` stands for anything within a part, `**` for any number of parts."""
WORKFLOW_FILES: Final[list[str]] = [
    ".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".gitlab/ci/**", ".gitea/workflows/**", ".forgejo/workflows/**",
    ".circleci/**", ".buildkite/**", ".woodpecker/**", ".woodpecker.yml", ".woodpecker.yaml", ".drone.yml", ".travis.yml",
    "Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml",
]  # fmt: skip
"""What makes forges and the usual build servers run something by themselves, often beside secrets."""
RepositoryName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$", max_length=250)]
"""A path as the forge names it, as acme/api; no pattern."""
RefName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@+/-]*$", max_length=250)]
"""A branch or tag."""
_ALL_REFS: Final = ("refs/**",)
_WIDEST: Final = {
    "access": "Write", "push": _ALL_REFS, "force": _ALL_REFS, "delete": _ALL_REFS, "approval": "Never",
    "pull_request_bases": ("**",), "workflows": "Allow", "sub_agents": "Write", "max_push": "1000Ti",
}  # fmt: skip
"""What leaves everything to the other rules."""


class RepositoryRule(Wire):
    """One rule. The first that names a repository counts; one that none names does not exist for the agent."""

    connection: ConnectionName
    """The connection that the repositories are reached over."""
    pattern: RepositoryPattern
    """Which repositories, as acme/api or acme/*. Upper and lower case are alike."""
    access: RepositoryAccess = "Read"
    """Read: clone and fetch. Write: push too, within what follows."""
    push: Annotated[list[RefPattern], Field(max_length=32)] = ["agent/**"]
    """Branches that may be made and moved forward."""
    force: Annotated[list[RefPattern], Field(max_length=32)] = []
    """Branches whose history may be written anew."""
    delete: Annotated[list[RefPattern], Field(max_length=32)] = []
    """Branches that may be deleted; to delete one and make it again comes to the same as force."""
    approval: PushApproval = "Never"
    """Ask: each push, and each pull request that is opened, waits until a person allows it in the chat."""
    pull_request_bases: Annotated[list[RefPattern], Field(max_length=32)] = ["**"]
    """Branches that a pull request may ask to go into; its own branch must be one of `push`."""
    workflows: WorkflowChanges = "Hold"
    """What becomes of a push that changes `workflowFiles`, or of which it cannot be told. Hold: it waits as with approval Ask."""
    workflow_files: Annotated[list[FilePattern], Field(max_length=32)] = WORKFLOW_FILES
    """Files that make the forge run something by itself. Upper and lower case are alike."""
    sub_agents: RepositoryAccess = "Read"
    """What sub-agents may do at most; never more than the agent that started them."""
    max_push: Quantity = "100Mi"
    """How large one push may be, and the large files of one."""


class ConnectionStatus(Wire):
    """Whether a connection that a class names can be used, as the gateway found out last."""

    name: ConnectionName
    """The connection."""
    usable: Literal["True", "False", "Unknown"]
    """Unknown: its host answers, and no rule names one repository by which its key could be tried."""
    reason: Annotated[str, Field(max_length=64)]
    """One word for programs, as KeyRefused, HostAway, CertificateRefused, NotInstalled, NotReached or NotConfigured."""
    message: Annotated[str, Field(max_length=512)] = ""
    """A sentence for people."""


class NarrowerRule(Wire):
    """What is left of the class's rules in one conversation; what is absent here is as the class says."""

    connection: ConnectionName
    """The connection that the repositories are reached over."""
    pattern: RepositoryPattern
    """Which repositories, as acme/api or acme/*. Upper and lower case are alike."""
    access: RepositoryAccess | None = None
    """Read: clone and fetch alone."""
    push: Annotated[list[RefPattern], Field(max_length=32)] | None = None
    """Branches that may be made and moved forward, of those that the class names."""
    force: Annotated[list[RefPattern], Field(max_length=32)] | None = None
    """Branches whose history may be written anew, of those that the class names."""
    delete: Annotated[list[RefPattern], Field(max_length=32)] | None = None
    """Branches that may be deleted, of those that the class names."""
    approval: PushApproval | None = None
    """Ask: each push, and each pull request that is opened, waits until a person allows it in the chat."""
    pull_request_bases: Annotated[list[RefPattern], Field(max_length=32)] | None = None
    """Branches that a pull request may ask to go into, of those that the class names."""
    workflows: WorkflowChanges | None = None
    """What becomes of a push that changes files which make the forge run something by itself, where the class says less."""
    sub_agents: RepositoryAccess | None = None
    """Read: sub-agents only read."""
    max_push: Quantity | None = None
    """How large one push may be, and the large files of one."""

    def widen(self) -> RepositoryRule:
        """Return the rule that holds beside the class's, where both have to allow what is done."""
        said = self.model_dump(exclude_none=True)
        return RepositoryRule.model_validate({**_WIDEST, **said})


class WorkspaceRepository(Wire):
    """A repository that is there when an agent begins."""

    connection: ConnectionName
    """The connection that it is reached over; `repositories` has to allow it."""
    repository: RepositoryName
    """Its path as the forge names it, as acme/api."""
    ref: RefName | None = None
    """The branch or tag that is checked out; absent means the default branch."""
    path: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=100)] | None = None
    """The folder's name in the workspace; absent means the last part of the repository's path."""
    depth: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How many commits of history come with it; absent means all."""
    filter: Annotated[str, Field(pattern=r"^(blob:none|tree:0|blob:limit=[0-9]{1,9}[kmg]?)$", max_length=32)] | None = (
        None
    )
    """What is fetched only when it is needed, as git's --filter: blob:none, blob:limit=1m or tree:0."""


class SetupCommand(Wire):
    """A command that prepares the workspace."""

    command: Annotated[str, Field(min_length=1, max_length=4096)]
    """What the shell (bash) runs in the workspace's folder, as the agent's user."""
    every: Literal["Workspace", "Run"] = "Workspace"
    """Workspace: once, until the conversation's files are gone. Run: at each start of the agent, for what is not kept."""
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
    """How long it may take; then it is ended and told as failed."""
