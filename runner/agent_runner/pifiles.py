"""What pi is given: its models, settings, arguments and environment. Pure, and free of imports that take time."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from agent_contract.names import ENV_CONFIG, PATH_LLM
from agent_contract.providers import BUILT_IN, COMPLETIONS
from agent_runner.piteam import build_team_arguments, list_tools
from agent_runner.podsetup import build_cache_variable, build_certificate_variables

_EXTENSIONS = os.path.join(os.path.dirname(__file__), "extension")  # noqa: PTH118, PTH120  # as in launch
EXTENSIONS = tuple(
    f"{_EXTENSIONS}/{name}.mjs" for name in ("token", "prime", "tools", "memory", "room", "mend", "pictures")
)
"""What shows the pod's token, what loads ahead what a first answer needs, what gives pi its tools for sub-agents, files,
questions and what was said, what tells of a full volume, what mends refusals of providers, and what bounds pictures."""
PULLS = f"{_EXTENSIONS}/pulls.mjs"
"""What gives pi its tools for pull requests, where its class names repositories."""
FALLBACK = f"{_EXTENSIONS}/fallback.mjs"
"""What goes on with another model; it stands before what mends, as the first that continues is the one that does."""
PRIME = "openclaw-prime"
"""The provider, and its model, that `prime.mjs` asks: there is none."""
_SHOWN = "pod-token"
"""In the place of a key, which it is not: `token.mjs` shows that."""
CONTEXT_WINDOW = 128_000
"""Tokens that a model reads which pi does not know, where nobody says."""
MAX_TOKENS = 8192
"""Tokens that such a model may write at once, where nobody says."""
INSTRUCTIONS = "instructions.md"
"""The file of the state folder with what is added to the system prompt."""
ROOM = "room"
"""The file of the state folder with the KiB that one file may become: what is left of the volume."""
WELCOMED = "welcomed"
"""The file of the state folder that is there once the gateway knows that this pod holds its run."""
GIT_SETTINGS = "gitconfig"
"""The file of the state folder that stands for git's system-wide settings."""
GIT_INCLUDE = "[include]\n\tpath = /etc/gitconfig\n"
PROGRAMS = "bin"
"""The folder of the state folder that stands first in the PATH of the agent's tools."""
_NO_SSH = "sh -c 'echo \"There is no ssh here: use https:// addresses.\" >&2; exit 1'"

# A tool that takes all memory shall be what the kernel ends, not pi. Only ever raised, which needs no right.
_FIRST_VICTIM = "echo 1000 2>/dev/null >/proc/self/oom_score_adj || :"
# One file shall not fill the volume: what writes it fails then. The runner keeps the number up to date.
_FILE_LIMIT = '{ read -r room <"$AGENT_ROOM" && ulimit -f "$room"; } 2>/dev/null; unset room'

TOOL_PREFIX = f"{_FIRST_VICTIM}\n{_FILE_LIMIT}"
"""What each command of a shell begins with."""


class Folders(NamedTuple):
    """Folders of the pod: the runner's own, the agent's home, and the one for temporary files."""

    state: str
    home: str
    tmp: str


def build_models(config: Mapping[str, Any], token: str, welcomed: str = "") -> dict[str, Any]:
    """Return `models.json`: the provider of the model and those of its fallbacks, reached through the gateway.

    The pod's token is shown by the extension `token.mjs`, read for each request: the kubelet replaces the file while pi lives. Tool
    servers are shown the provider's key by pi itself: where there are some it is a command, which pi runs for each request. pi asks
    them as soon as it is loaded, and is let through once this pod is known to hold its run: so the command waits for that, which is
    a moment. Of a provider that pi knows only the address is another, so that its models are as pi knows them.
    """
    key = _SHOWN
    if config.get("mcpServers"):
        key = f"!for n in $(seq 100); do [ -e {welcomed} ] && break; sleep 0.05; done; cat {token}"
    providers: dict[str, dict[str, Any]] = {}
    for one in (config, *(config.get("fallbacks") or ())):
        name, api = one["provider"], one.get("api")
        entry = providers.setdefault(
            name, {"baseUrl": f"{config['gatewayUrl'].rstrip('/')}{PATH_LLM}/{name}", "apiKey": key}
        )
        if name not in BUILT_IN or api not in (None, BUILT_IN[name]):
            entry["api"] = api or COMPLETIONS
            entry.setdefault("models", []).append(_build_model(one, config.get("thinking")))
    first = config.get("api") or BUILT_IN.get(config["provider"], COMPLETIONS)
    # the discard port: nobody listens, which is told at once
    prime = {
        "baseUrl": "http://127.0.0.1:9",
        "apiKey": "none",
        "api": first,
        "models": [_build_model({"model": PRIME}, None)],
    }
    return {"providers": {**providers, PRIME: prime}}


def _build_model(one: Mapping[str, Any], thinking: str | None) -> dict[str, Any]:
    reasoning = one.get("reasoning")
    return {
        "id": one["model"],
        "name": one["model"],
        "reasoning": thinking not in (None, "off") if reasoning is None else reasoning,
        "input": ["text", "image"] if one.get("images") else ["text"],
        "contextWindow": one.get("contextWindow") or CONTEXT_WINDOW,
        "maxTokens": one.get("maxTokens") or MAX_TOKENS,
        "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
    }


def build_settings() -> dict[str, Any]:
    """Return `settings.json`; its pauses of 2+4+8+16+30+30+30 s outlast a restart of the gateway."""
    return {
        "cacheWarming": "off",
        "enableInstallTelemetry": False,
        "defaultProjectTrust": "never",
        "shellCommandPrefix": TOOL_PREFIX,
        "images": {"autoResize": True},  # to what every provider takes; the model is told of the scale
        "retry": {"enabled": True, "maxRetries": 7, "baseDelayMs": 2000, "maxAgentDelayMs": 30_000},
    }


def build_arguments(config: Mapping[str, Any], state: str, session: str) -> list[str]:
    """Return pi's arguments: RPC mode, one session file, nothing loaded that an agent pod does not use."""
    tools = [str(tool) for tool in config.get("tools") or []]
    thinking = f":{config['thinking']}" if config.get("thinking") else ""
    arguments = ["--mode", "rpc", "--model", f"{config['provider']}/{config['model']}{thinking}"]
    # an AGENTS.md is read by the runner: pi would follow a link out of the workspace, and knows no size that is too much
    arguments += ["--session", session, "--no-themes", "--no-context-files"]
    loaded = (FALLBACK, *EXTENSIONS) if config.get("fallbacks") else EXTENSIONS
    if config.get("repositories"):
        loaded += (PULLS,)
    arguments += [part for path in loaded for part in ("-e", path)]
    arguments += build_team_arguments(config, tools)
    if tools:
        arguments += ["--tools", ",".join(list_tools(config, tools))]
    return [*arguments, "--append-system-prompt", f"{state}/{INSTRUCTIONS}"]


def build_environment(
    environ: Mapping[str, str], config: Mapping[str, Any], folders: Folders, prefixes: tuple[str, str]
) -> dict[str, str]:
    """Return pi's environment, which its tools inherit.

    `prefixes` are Python's own and its base: where the runner lives in an environment of its own, that is no
    place for a tool to install packages into, and is taken from the PATH.
    """
    prefix, base = prefixes
    path = environ.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
    if prefix != base:
        path = [folder for folder in path if folder != f"{prefix}/bin"]
    left = ("PI_COMMAND", "VIRTUAL_ENV")
    kept = {name: value for name, value in environ.items() if not name.startswith(ENV_CONFIG) and name not in left}
    host = config["gatewayUrl"].partition("://")[2].partition("/")[0].rpartition(":")
    named = environ.get("NO_PROXY") or environ.get("no_proxy")
    direct = ",".join(filter(None, (named, host[0] or host[2], "127.0.0.1")))
    models = [
        {"provider": one["provider"], "model": one["model"]} for one in (config, *(config.get("fallbacks") or ()))
    ]
    state = folders.state
    kept |= build_certificate_variables(environ, state) | build_cache_variable(environ, state)
    return kept | {
        "AGENT_MODELS": json.dumps(models),
        "PATH": ":".join((f"{state}/{PROGRAMS}", *path)),
        "HOME": folders.home,
        "TMPDIR": folders.tmp,
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PI_CODING_AGENT_DIR": f"{state}/pi",
        "AGENT_RUNNER_SOCKET": f"{state}/runner.sock",
        "AGENT_ROOM": f"{state}/{ROOM}",
        "GIT_CONFIG_SYSTEM": f"{state}/{GIT_SETTINGS}",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_SSH_COMMAND": _NO_SSH,
        "PI_OFFLINE": "1",
        "PI_TELEMETRY": "0",
        "PI_SKIP_VERSION_CHECK": "1",
    }
