"""What a class gives a team's agents: tool servers, and folders of skills and templates; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from kubernetes_asyncio.client.models import (
    V1ConfigMapVolumeSource,
    V1ImageVolumeSource,
    V1Volume,
    V1VolumeMount,
)

from agent_contract import names
from agent_contract.agentclass import AgentClassSpec
from agent_contract.runnerconfig import RunnerCommand, RunnerServer, RunnerSource
from agent_contract.team import OWN_COMMANDS, FileSource, McpServer, NarrowerServer


def name_server(server: McpServer) -> str:
    """Return what an agent knows a server as."""
    return server.name or server.connection


def build_servers(spec: AgentClassSpec) -> list[RunnerServer]:
    """Build what a runner is told of the servers: never which tools they have, as the gateway sees to that."""
    return [
        RunnerServer(name=name_server(one), connection=one.connection, exposure=one.exposure, timeout=one.timeout)
        for one in spec.mcp_servers
    ]


def leave_servers(spec: AgentClassSpec, left: Sequence[NarrowerServer] | None) -> AgentClassSpec:
    """Return a class without the servers that an administrator took from one conversation: it is not told that they are away."""
    if left is None:
        return spec
    names = {one.connection for one in left}
    return spec.model_copy(update={"mcp_servers": [one for one in spec.mcp_servers if one.connection in names]})


def build_commands(spec: AgentClassSpec) -> list[RunnerCommand]:
    """Build what a runner is told of the chat's commands."""
    return [
        RunnerCommand(name=one.name, template=one.template or (None if one.skill else one.name), skill=one.skill)
        for one in spec.commands
    ]


def list_folders(spec: AgentClassSpec) -> tuple[list[str], list[str]]:
    """Return where the skills and the templates are in the pod."""
    found = {
        kind: [path if one.folder is None else f"{path}/{one.folder}" for _, path, one in _list(kind, sources)]
        for kind, sources in _read_kinds(spec)
    }
    return found["skill"], found["template"]


def build_team_volumes(spec: AgentClassSpec) -> list[V1Volume]:
    """Build a volume for each source that is one."""
    return [
        _build_volume(name, one)
        for kind, sources in _read_kinds(spec)
        for name, _, one in _list(kind, sources)
        if one.repository is None
    ]


def build_team_mounts(spec: AgentClassSpec) -> list[V1VolumeMount]:
    """Build where each is mounted, read-only."""
    return [
        V1VolumeMount(name=name, mount_path=path, read_only=True)
        for kind, sources in _read_kinds(spec)
        for name, path, one in _list(kind, sources)
        if one.repository is None
    ]


def build_sources(spec: AgentClassSpec) -> list[RunnerSource]:
    """Build what a runner is told of the sources that it fetches."""
    return [
        RunnerSource(path=path, connection=found.connection, repository=found.path, commit=found.commit)
        for kind, sources in _read_kinds(spec)
        for _, path, one in _list(kind, sources)
        if (found := one.repository) is not None
    ]


def list_images(spec: AgentClassSpec) -> list[str]:
    """Return the images that are mounted."""
    return [one.image for one in (*spec.skills, *spec.prompt_templates) if one.image]


def check_team(spec: AgentClassSpec) -> Iterator[str]:
    """Yield what is wrong, in a sentence each."""
    for what, values in (
        ("the connection", [one.connection for one in spec.mcp_servers]),
        ("the name", [name_server(one) for one in spec.mcp_servers]),
    ):
        for value in _find_twice(values):
            yield f"mcpServers: {what} {value} is named twice."
    for name in _find_twice([one.name for one in spec.commands]):
        yield f"commands: {name} is named twice."
    for command in spec.commands:
        if command.name in OWN_COMMANDS:
            yield f"commands: /{command.name} is a command of the bot's own."
        if command.template and command.skill:
            yield f"commands: {command.name} names a template and a skill; it stands for one of them."
    for field, sources in (("skills", spec.skills), ("promptTemplates", spec.prompt_templates)):
        yield from _check_sources(field, sources)


def _find_twice(values: Sequence[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def _check_sources(field: str, sources: Sequence[FileSource]) -> Iterator[str]:
    for number, one in enumerate(sources):
        if sum(kind is not None for kind in (one.config_map, one.image, one.repository)) != 1:
            yield f"{field}[{number}] must name one of configMap, image and repository."
        elif one.folder is not None and one.config_map is not None:
            yield f"{field}[{number}].folder is a folder of an image or a repository; a ConfigMap has none."


def _read_kinds(spec: AgentClassSpec) -> tuple[tuple[str, Sequence[FileSource]], ...]:
    return ("skill", spec.skills), ("template", spec.prompt_templates)


def _list(kind: str, sources: Sequence[FileSource]) -> Iterator[tuple[str, str, FileSource]]:
    """Yield each source with the name of its volume, where it has one, and its folder in the pod."""
    for number, one in enumerate(sources):
        above = names.TEAM_DIR if one.repository is None else f"{names.STATE_DIR}/team"
        yield f"{kind}-{number}", f"{above}/{kind}s/{number}", one


def _build_volume(name: str, one: FileSource) -> V1Volume:
    if one.image is not None:
        return V1Volume(name=name, image=V1ImageVolumeSource(reference=one.image, pull_policy="IfNotPresent"))
    return V1Volume(name=name, config_map=V1ConfigMapVolumeSource(name=one.config_map))
