"""The pod of a run; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from kubernetes_asyncio.client.models import (
    V1Capabilities,
    V1Container,
    V1HostAlias,
    V1PodDNSConfig,
    V1PodDNSConfigOption,
    V1PodSecurityContext,
    V1PodSpec,
    V1SeccompProfile,
    V1SecurityContext,
)

from agent_contract import names
from agent_contract.agentclass import AgentClassSpec, Egress
from agent_contract.podtemplate import Ids
from agent_contract.runnerconfig import RunnerConfig
from agent_operator.builders.environment import build_environment
from agent_operator.builders.placement import build_placement
from agent_operator.builders.volumes import build_mounts, build_resources, build_volumes
from agent_operator.config import OperatorConfig

_NOBODY: Final = "127.0.0.1"
"""A name server has to be named; nothing answers there."""
_DNS_OPTIONS: Final = [
    V1PodDNSConfigOption(name="timeout", value="1"),
    V1PodDNSConfigOption(name="attempts", value="2"),
]
"""A name server on a node that is away answers nothing, and is asked no more only when that is noted: the whole question is
put again after two seconds, perhaps to another one, rather than after ten."""


def build_pod(
    runner: RunnerConfig, spec: AgentClassSpec, config: OperatorConfig, gateway: Sequence[str] = ()
) -> V1PodSpec:
    """Build the pod of a run: what the chart's admission policy lets in, and nothing else.

    Args:
        runner: What the runner is told.
        spec: Of the class.
        config: Of the operator.
        gateway: The gateway's addresses; the pod needs no name service for it where they are given.
    """
    container = V1Container(
        name=names.CONTAINER,
        image=spec.image or config.agent_image,
        image_pull_policy=spec.image_pull_policy,
        env=build_environment(runner, spec, config),
        resources=build_resources(spec),
        security_context=V1SecurityContext(
            allow_privilege_escalation=False, read_only_root_filesystem=True, capabilities=V1Capabilities(drop=["ALL"])
        ),
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=build_mounts(spec, config),
        # not the workspace: what an agent leaves there must not become a part of the runner
        working_dir="/",
    )
    return V1PodSpec(
        containers=[container],
        **_build_names(spec, config, gateway),
        **build_placement(spec, config),
        restart_policy="Never",
        service_account_name=config.service_account,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=spec.timeouts.grace,
        security_context=_build_security(spec, config),
        volumes=build_volumes(spec, config),
    )


def _build_security(spec: AgentClassSpec, config: OperatorConfig) -> V1PodSecurityContext:
    """Build who the pod runs as; ids that are left to the platform are set by its admission."""
    fixed = (spec.security_context.ids or config.agent_ids) is Ids.FIXED
    own = names.RUN_AS if fixed else None
    return V1PodSecurityContext(
        run_as_non_root=True, run_as_user=own, run_as_group=own, fs_group=own,
        seccomp_profile=V1SeccompProfile(type="RuntimeDefault"),
    )  # fmt: skip


def _build_names(spec: AgentClassSpec, config: OperatorConfig, gateway: Sequence[str]) -> dict[str, Any]:
    """Build how the pod finds names: of a class without the Internet by a file alone, as DNS would be a way out."""
    host = urlsplit(config.gateway_url).hostname or ""
    aliases = [V1HostAlias(ip=address, hostnames=[host]) for address in gateway] or None
    if spec.egress is Egress.GATEWAY_ONLY:
        return {"dns_policy": "None", "dns_config": V1PodDNSConfig(nameservers=[_NOBODY]), "host_aliases": aliases}
    own = spec.dns_config.to_dict() if spec.dns_config is not None else None
    settings = own or V1PodDNSConfig(options=_DNS_OPTIONS)
    return {"dns_policy": spec.dns_policy, "dns_config": settings, "host_aliases": aliases}
