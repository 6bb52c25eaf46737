"""The volumes of a run's pod: where they are mounted, and what they may take of the node's disk; pure."""

from __future__ import annotations

from typing import Final

from kubernetes_asyncio.client.models import (
    V1ConfigMapVolumeSource,
    V1EmptyDirVolumeSource,
    V1EphemeralVolumeSource,
    V1KeyToPath,
    V1PersistentVolumeClaimSpec,
    V1PersistentVolumeClaimTemplate,
    V1ProjectedVolumeSource,
    V1ResourceRequirements,
    V1ServiceAccountTokenProjection,
    V1Volume,
    V1VolumeMount,
    V1VolumeProjection,
    V1VolumeResourceRequirements,
)

from agent_contract import names
from agent_contract.agentclass import AgentClassSpec, Workspace
from agent_contract.podtemplate import ConfigMount
from agent_contract.quantities import compute_bytes
from agent_operator.builders.team import build_team_mounts, build_team_volumes
from agent_operator.config import OperatorConfig

STATE_SIZE: Final = "512Mi"
LOGS_SIZE: Final = "256Mi"
_DISK: Final = "ephemeral-storage"
_DISK_REQUEST: Final = "1Gi"
"""What the scheduler keeps free for a run whose class does not say."""
_LEAST_SPARE: Final = 512 * 2**20
_CA: Final = "ca"


def build_volumes(spec: AgentClassSpec, config: OperatorConfig) -> list[V1Volume]:
    """Build all volumes of a pod."""
    volumes = [
        _build_work(spec.workspace),
        V1Volume(name="state", empty_dir=V1EmptyDirVolumeSource(size_limit=STATE_SIZE)),
        _build_token(),
    ]
    if config.agent_ca_config_map:
        volumes.append(V1Volume(name=_CA, config_map=V1ConfigMapVolumeSource(name=config.agent_ca_config_map)))
    volumes += [_build_config(number, one) for number, one in enumerate(spec.mounts)]
    return volumes + build_team_volumes(spec)


def build_mounts(spec: AgentClassSpec, config: OperatorConfig) -> list[V1VolumeMount]:
    """Build where they are mounted."""
    work = {"workspace": names.WORKSPACE_DIR, "home": names.HOME_DIR, "tmp": names.TMP_DIR}
    mounts = [V1VolumeMount(name=names.WORK_VOLUME, mount_path=path, sub_path=sub) for sub, path in work.items()]
    mounts += [
        V1VolumeMount(name="state", mount_path=names.STATE_DIR),
        V1VolumeMount(name="token", mount_path=names.TOKEN_DIR, read_only=True),
    ]
    if config.agent_ca_config_map:
        mounts.append(V1VolumeMount(name=_CA, mount_path=names.CA_DIR, read_only=True))
    mounts += [
        V1VolumeMount(name=f"config-{number}", mount_path=one.mount_path, sub_path=one.key, read_only=True)
        for number, one in enumerate(spec.mounts)
    ]
    return mounts + build_team_mounts(spec)


def build_resources(spec: AgentClassSpec) -> V1ResourceRequirements:
    """Build requests and limits; those of the node's disk cover the pod's volumes, its logs, and what is left open."""
    requests, limits = dict(spec.resources.requests), dict(spec.resources.limits)
    total = compute_bytes(STATE_SIZE) + compute_bytes(LOGS_SIZE)
    if spec.workspace.storage_class_name is None:
        total += compute_evicted_at(spec.workspace)
    limits.setdefault(_DISK, _write(total))
    requests.setdefault(_DISK, min(_DISK_REQUEST, limits[_DISK], key=compute_bytes))
    return V1ResourceRequirements(requests=requests, limits=limits)


def compute_evicted_at(workspace: Workspace) -> int:
    """Return the bytes at which the kubelet ends a pod whose volume is an emptyDir.

    An emptyDir refuses no write: it is measured each minute, and its pod evicted with one second of grace. The runner
    keeps to `workspace.size` itself, and needs this much more for what is written until it sees it.
    """
    size = compute_bytes(workspace.size)
    return size + max(_LEAST_SPARE, size // 8)


def _build_work(workspace: Workspace) -> V1Volume:
    if workspace.storage_class_name is None:
        limit = _write(compute_evicted_at(workspace))
        return V1Volume(name=names.WORK_VOLUME, empty_dir=V1EmptyDirVolumeSource(size_limit=limit))
    claim = V1PersistentVolumeClaimSpec(
        access_modes=["ReadWriteOnce"],
        storage_class_name=workspace.storage_class_name,
        resources=V1VolumeResourceRequirements(requests={"storage": workspace.size}),
    )
    template = V1PersistentVolumeClaimTemplate(spec=claim)
    return V1Volume(name=names.WORK_VOLUME, ephemeral=V1EphemeralVolumeSource(volume_claim_template=template))


def _build_token() -> V1Volume:
    token = V1ServiceAccountTokenProjection(
        audience=names.TOKEN_AUDIENCE, expiration_seconds=names.TOKEN_LIFETIME_SECONDS, path="token"
    )
    source = V1ProjectedVolumeSource(sources=[V1VolumeProjection(service_account_token=token)])
    return V1Volume(name="token", projected=source)


def _build_config(number: int, one: ConfigMount) -> V1Volume:
    items = [V1KeyToPath(key=one.key, path=one.key)] if one.key else None
    source = V1ConfigMapVolumeSource(name=one.config_map, items=items, optional=one.optional or None)
    return V1Volume(name=f"config-{number}", config_map=source)


def _write(count: int) -> str:
    """Return a number of bytes as the API server writes it."""
    return f"{count // 2**30}Gi" if count % 2**30 == 0 else f"{count // 2**20}Mi"
