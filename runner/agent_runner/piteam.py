"""What pi is given of a team: its tool servers and skills, in pi's own words. Pure, and free of imports that take time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent_contract.names import PATH_MCP
from agent_runner.nearbyaddress import name_nearby

_EXPOSURES = {"Direct": "direct", "Deferred": "deferred", "CodeMode": "codemode"}
_FINDERS = {"Deferred": "tool_search", "CodeMode": "codemode"}
"""The tool by which a model reaches the tools of such a server."""
_BUILT_IN = {"codemode": "builtin:codemode", "tool_search": "builtin:tool-search"}
"""Tools that pi keeps in extensions of its own."""
_RESOURCES = ("list_mcp_*", "read_mcp_*")


def build_servers(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return `mcp.json`: the tool servers, each at the gateway's own address.

    `auth.provider` makes pi show the pod's token, which it then reads anew for each request; so no other address may stand
    here. Each says how its tools are shown, as pi would hide them from the model otherwise.
    """
    servers = config.get("mcpServers") or ()
    gateway = name_nearby(config["gatewayUrl"].rstrip("/")) if servers else ""
    return {
        "mcpServers": {
            one["name"]: {
                "url": f"{gateway}{PATH_MCP}/{one['connection']}",
                "auth": {"provider": config["provider"]},
                "timeout": one.get("timeout") or 10,
                "exposure": _EXPOSURES[one.get("exposure") or "Direct"],
            }
            for one in servers
        }
    }


def build_team_arguments(config: Mapping[str, Any], tools: Sequence[str]) -> list[str]:
    """Return the arguments that load what a class gives and trusts, and nothing else.

    Args:
        config: The runner's.
        tools: pi's tools, as the class names them.
    """
    trusted = bool(config.get("trustWorkspace"))
    servers = config.get("mcpServers") or ()
    arguments = (
        ["--approve"] if trusted else ["--no-approve", "--no-skills", "--no-prompt-templates", "--no-extensions"]
    )
    if not (servers or trusted):
        arguments.append("--no-mcp")
    if not trusted:  # else all of pi's own are there
        wanted = {tool.lstrip("+") for tool in tools} | {_FINDERS.get(one.get("exposure") or "", "") for one in servers}
        built_in = [path for tool, path in _BUILT_IN.items() if tool in wanted]
        arguments += [part for path in (["builtin:mcp"] if servers else []) + built_in for part in ("-e", path)]
    return arguments + [part for path in config.get("skills") or () for part in ("--skill", str(path))]


def list_tools(config: Mapping[str, Any], tools: Sequence[str]) -> list[str]:
    """Return what `--tools` names: where the class names every tool there is, those of its servers are added."""
    servers = config.get("mcpServers") or ()
    if not servers or all(tool.startswith("+") for tool in tools):
        return list(tools)
    finders = {_FINDERS[shown] for one in servers if (shown := one.get("exposure") or "Direct") in _FINDERS}
    names = [f"mcp__{one['name'].replace('-', '_')}__*" for one in servers]
    return [*tools, *sorted(finders.difference(tools)), *names, *_RESOURCES]
