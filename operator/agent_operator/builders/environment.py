"""The environment of a run's container; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kubernetes_asyncio.client.models import V1EnvVar

from agent_contract import names
from agent_contract.agentclass import AgentClassSpec, Egress
from agent_contract.runnerconfig import RunnerConfig
from agent_operator.config import OperatorConfig

LONGEST: Final = 96 * 1024
"""Bytes of one variable: execve(2) takes no string of 128 KiB or more (MAX_ARG_STRLEN)."""
_PIECE: Final = 512


def build_environment(runner: RunnerConfig, spec: AgentClassSpec, config: OperatorConfig) -> list[V1EnvVar]:
    """Build all variables: ours cannot be replaced by the class's, and these go before the chart's."""
    said = {one.name.upper() for one in spec.env}
    found = {name: value for name, value in _build_proxy(spec, config).items() if name.upper() not in said}
    if config.agent_ca_config_map:
        found[names.ENV_CA] = f"{names.CA_DIR}/{names.CA_FILE}"
    found |= {one.name: one.value for one in spec.env}
    for number, part in enumerate(split(runner.model_dump_json(by_alias=True, exclude_none=True)), 1):
        found[names.build_config_variable(number)] = part
    found["HOME"] = names.HOME_DIR
    return [V1EnvVar(name=name, value=escape(value)) for name, value in found.items()]


def split(text: str) -> Iterator[str]:
    """Cut a text into parts of at most `LONGEST` bytes, in order; at least one."""
    if len(text) * 4 <= LONGEST:
        yield text
        return
    part: list[str] = []
    size = 0
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE]
        length = len(piece.encode())
        if size + length > LONGEST:
            yield "".join(part)
            part, size = [], 0
        part.append(piece)
        size += length
    yield "".join(part)


def escape(value: str) -> str:
    """Return a value as a container gets it whole: Kubernetes reads `$$` as `$`, and `$(NAME)` as another variable.

    Source: the documentation of core/v1 EnvVar.value.
    """
    return value.replace("$", "$$")


def _build_proxy(spec: AgentClassSpec, config: OperatorConfig) -> dict[str, str]:
    """Return the variables of a proxy, in both spellings that programs look for; none where nothing but us is reached."""
    if spec.egress is Egress.GATEWAY_ONLY:
        return {}
    given = {
        "HTTP_PROXY": config.agent_http_proxy,
        "HTTPS_PROXY": config.agent_https_proxy,
        "NO_PROXY": config.agent_no_proxy,
    }
    return {name: value for upper, value in given.items() if value for name in (upper, upper.lower())}
