"""What pi is given: its models, settings, arguments and environment. Pure, and free of imports that take time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from agent_contract.names import ENV_CONFIG, PATH_LLM

BUILT_IN = frozenset({"zai", "zai-coding-cn", "moonshotai", "moonshotai-cn", "kimi-coding"})
"""Providers whose models pi knows itself (prices, windows, ways to think): they are only sent another way."""
EXTENSION = os.path.join(os.path.dirname(__file__), "extension", "tools.js")  # noqa: PTH118, PTH120  # as in launch
"""What gives pi its tools for sub-agents and for files that the chat is to have."""
EXTENSION_TOOLS = frozenset({"codemode", "tool_search"})
"""Tools that pi keeps in built-in extensions, which are off unless one of these is asked for."""

# A tool that takes all memory shall be what the kernel ends, not pi. Only ever raised, which needs no right.
_FIRST_VICTIM = "echo 1000 2>/dev/null >/proc/self/oom_score_adj || :"


def build_models(config: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Return `models.json`: the one provider, reached through the gateway with the pod's token.

    The key is a command because pi runs it for each request: the kubelet replaces the file while pi lives.
    """
    provider, model = config["provider"], config["model"]
    entry: dict[str, Any] = {
        "baseUrl": f"{config['gatewayUrl'].rstrip('/')}{PATH_LLM}/{provider}",
        "apiKey": f"!cat {token}",
    }
    if provider not in BUILT_IN:
        entry["api"] = "openai-completions"
        entry["models"] = [
            {
                "id": model,
                "name": model,
                "reasoning": config.get("thinking") not in (None, "off"),
                "input": ["text", "image"] if config.get("images") else ["text"],
                "contextWindow": 128_000,
                "maxTokens": 8192,
                "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
            }
        ]
    return {"providers": {provider: entry}}


def build_settings() -> dict[str, Any]:
    """Return `settings.json`; its pauses of 2+4+8+16+30+30+30 s outlast a restart of the gateway."""
    return {
        "cacheWarming": "off",
        "enableInstallTelemetry": False,
        "defaultProjectTrust": "never",
        "shellCommandPrefix": _FIRST_VICTIM,
        # the library that would make images smaller is not in the image: without it pi leaves them out
        "images": {"autoResize": False},
        "retry": {"enabled": True, "maxRetries": 7, "baseDelayMs": 2000, "maxAgentDelayMs": 30_000},
    }


def build_arguments(config: Mapping[str, Any], state: str, session: str) -> list[str]:
    """Return pi's arguments: RPC mode, one session file, nothing loaded that an agent pod does not use."""
    tools = [str(tool) for tool in config.get("tools") or []]
    thinking = f":{config['thinking']}" if config.get("thinking") else ""
    arguments = ["--mode", "rpc", "--model", f"{config['provider']}/{config['model']}{thinking}"]
    arguments += ["--session", session, "--no-approve", "--no-mcp", "--no-themes"]
    arguments += ["--no-skills", "--no-prompt-templates", "-e", EXTENSION]
    if not EXTENSION_TOOLS.intersection(tool.lstrip("+") for tool in tools):
        arguments.append("--no-extensions")
    if tools:
        arguments += ["--tools", ",".join(tools)]
    if config.get("instructions"):
        arguments += ["--append-system-prompt", f"{state}/instructions.md"]
    return arguments


def build_environment(
    environ: Mapping[str, str], config: Mapping[str, Any], state: str, prefixes: tuple[str, str]
) -> dict[str, str]:
    """Return pi's environment, which its tools inherit.

    `prefixes` are Python's own and its base: where the runner lives in an environment of its own, that is no
    place for a tool to install packages into, and is taken from the PATH.
    """
    prefix, base = prefixes
    path = environ.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
    if prefix != base:
        path = [folder for folder in path if folder != f"{prefix}/bin"]
    kept = {name: value for name, value in environ.items() if name not in (ENV_CONFIG, "PI_COMMAND", "VIRTUAL_ENV")}
    host = config["gatewayUrl"].partition("://")[2].partition("/")[0].rpartition(":")
    direct = ",".join(filter(None, (environ.get("NO_PROXY") or environ.get("no_proxy"), host[0] or host[2])))
    return kept | {
        "PATH": ":".join(path),
        "HOME": state,
        "TMPDIR": "/tmp",  # noqa: S108  # the pod's own writable folder
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PI_CODING_AGENT_DIR": f"{state}/pi",
        "AGENT_RUNNER_SOCKET": f"{state}/runner.sock",
        "PI_OFFLINE": "1",
        "PI_TELEMETRY": "0",
        "PI_SKIP_VERSION_CHECK": "1",
    }
