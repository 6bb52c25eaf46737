"""What a class may not ask of its pods, beyond what its schema refuses, in words; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from agent_contract import names
from agent_contract.agentclass import AgentClassSpec, Egress
from agent_contract.quantities import compute_bytes
from agent_operator.builders.team import check_team

MOST_ENV_BYTES: Final = 128 * 1024
"""Of the names and values of all variables: each program that a tool starts has 2 MiB for these and its arguments."""
MOST_ANNOTATION_BYTES: Final = 128 * 1024
"""Of all annotations; the API server takes 256 KiB."""
LEAST_WORKSPACE: Final = 2**20
_KEY: Final = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_OURS: Final = frozenset({names.LABEL_MANAGED_BY, names.LABEL_COMPONENT, "controller-uid", "job-name"})
_OUR_DOMAINS: Final = (names.GROUP, "batch.kubernetes.io")
_PROFILES: Final = ("container.apparmor.security.beta.kubernetes.io", "seccomp.security.alpha.kubernetes.io")
_VARIABLES: Final = frozenset({"HOME", "PATH", "TMPDIR", "GIT_CONFIG_SYSTEM", "GIT_SSH_COMMAND", "GIT_TERMINAL_PROMPT"})
_VARIABLE_BEGINNINGS: Final = ("AGENT_", "PI_")
_FOLDERS: Final = (
    names.WORKSPACE_DIR, names.HOME_DIR, names.TMP_DIR, names.STATE_DIR, names.TOKEN_DIR, names.CA_DIR, names.TEAM_DIR,
    names.TERMINATION_PATH, "/run/openclaw", "/var/run/agent", "/opt/venv", "/opt/node", "/opt/pi", "/proc", "/sys",
    "/dev", "/usr/bin", "/usr/lib", "/usr/local/bin",
)  # fmt: skip
"""Of the agent, the runner and the system: nothing is mounted there, below or above; /var/run is /run."""


def is_ours(key: str) -> bool:
    """Say whether a label or annotation is the operator's, or the Job controller's."""
    domain = key.rpartition("/")[0]
    return key in _OURS or any(domain == ours or domain.endswith(f".{ours}") for ours in _OUR_DOMAINS)


def find_problem(spec: AgentClassSpec) -> str:
    """Return what is wrong with a class, in a sentence each; empty where its pods can be made."""
    problems = (
        *_check_metadata(spec),
        *_check_env(spec),
        *_check_mounts(spec),
        *_check_names(spec),
        *_check_disk(spec),
        *check_team(spec),
    )
    if spec.scheduling.priority_class_name and spec.scheduling.priority_class_name.startswith("system-"):
        problems += ("scheduling.priorityClassName: the cluster keeps system-… for itself.",)
    return " ".join(problems)


def _check_metadata(spec: AgentClassSpec) -> Iterator[str]:
    metadata = spec.pod_metadata
    for field, keys in (("labels", metadata.labels), ("annotations", metadata.annotations)):
        for key in keys:
            where = f"podMetadata.{field}: {key[:80]}"
            if _KEY.fullmatch(key) is None:
                yield f"{where} is no key: it is a name, with a domain and a slash before it or without."
            elif is_ours(key):
                yield f"{where} is set by the operator or by Kubernetes."
            elif key.startswith(_PROFILES):
                yield f"{where} would change the pod's security profile."
    size = sum(len(key.encode()) + len(value.encode()) for key, value in metadata.annotations.items())
    if size > MOST_ANNOTATION_BYTES:
        yield f"podMetadata.annotations have {size} bytes together; {MOST_ANNOTATION_BYTES} is the most."


def _check_env(spec: AgentClassSpec) -> Iterator[str]:
    for name, count in Counter(one.name for one in spec.env).items():
        if count > 1:
            yield f"env: {name} is named {count} times."
        if name in _VARIABLES or name.startswith(_VARIABLE_BEGINNINGS):
            yield f"env: {name} is set by the runner."
    if any("\0" in one.value for one in spec.env):
        yield "env: a value holds a NUL."
    size = sum(len(one.name.encode()) + len(one.value.encode()) + 2 for one in spec.env)
    if size > MOST_ENV_BYTES:
        yield f"env has {size} bytes in all; {MOST_ENV_BYTES} is the most."


def _check_mounts(spec: AgentClassSpec) -> Iterator[str]:
    for path, count in Counter(one.mount_path for one in spec.mounts).items():
        if count > 1:
            yield f"mounts: {path} is named {count} times."
        if {".", ".."} & set(path.split("/")):
            yield f"mounts: {path} must not hold . or .. as a part."
        elif any(f"{path}/".startswith(f"{kept}/") or kept.startswith(f"{path}/") for kept in _FOLDERS):
            yield f"mounts: {path} is a folder of the agent or the runner, or lies above or below one."


def _check_names(spec: AgentClassSpec) -> Iterator[str]:
    config = spec.dns_config
    if spec.egress is Egress.GATEWAY_ONLY and (spec.dns_policy is not None or config is not None):
        yield "dnsPolicy and dnsConfig: a class with egress GatewayOnly resolves no names."
    elif spec.dns_policy == "None" and not (config is not None and config.nameservers):
        yield "dnsPolicy None needs dnsConfig.nameservers."


def _check_disk(spec: AgentClassSpec) -> Iterator[str]:
    size = compute_bytes(spec.workspace.size)
    if size < LEAST_WORKSPACE:
        yield f"workspace.size: {spec.workspace.size} is too little to work in; 1Mi is the least."
    for name, requested in spec.resources.requests.items():
        limit = spec.resources.limits.get(name)
        if limit is not None and _compute_amount(requested) > _compute_amount(limit):
            yield f"resources: the request of {name}, {requested}, is over its limit, {limit}."


def _compute_amount(quantity: str) -> float:
    """Return a quantity in thousandths, so that CPUs can be compared too."""
    number = quantity.rstrip("mkKMGTi")
    return (
        float(number)
        if quantity == f"{number}m"
        else float(number) * 1000
        if quantity == number
        else compute_bytes(quantity) * 1000.0
    )
