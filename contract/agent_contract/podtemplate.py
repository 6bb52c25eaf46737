"""What a class may add to agents' pods: labels, environment, files from ConfigMaps, names, and who they run as."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from agent_contract.base import Wire
from agent_contract.scheduling import Labels, Name

Nameserver = Annotated[str, Field(pattern=r"^[0-9a-fA-F:.]+$", max_length=45)]
Domain = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]([-A-Za-z0-9_.]*)$", max_length=253)]


class PodMetadata(Wire):
    """Added to each Job and its pod; what the operator sets itself cannot be named here."""

    labels: Labels = {}
    """Such as a queue's name or a cost centre."""
    annotations: Annotated[dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=32)] = {}
    """Such as `sidecar.istio.io/inject` or `karpenter.sh/do-not-disrupt`."""


class EnvVar(Wire):
    """One variable of the agent and its tools. They can read it, so it is no room for a secret."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)]
    """Its name; those that the operator or the runner sets are refused."""
    value: Annotated[str, Field(max_length=4096)] = ""
    """Its value, as it stands: nothing in it is replaced."""


class ConfigMount(Wire):
    """Files of a ConfigMap in the agents' namespace, read-only."""

    config_map: Name
    """Name of the ConfigMap."""
    mount_path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._-]+){2,}$", max_length=256)]
    """The folder where its keys stand as files; with `key`, the one file. Neither the agent's own folders nor the
    runner's."""
    key: Annotated[str, Field(pattern=r"^[-._A-Za-z0-9]+$", max_length=253)] | None = None
    """One key alone, as the file mountPath."""
    optional: bool = False
    """Begin without it where it is missing; else the pod waits for it."""


class DnsOption(Wire):
    """An option of the resolver."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    """Such as ndots."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """Its value, where it has one."""


class DnsConfig(Wire):
    """A core/v1 pod's DNS configuration."""

    nameservers: Annotated[list[Nameserver], Field(max_length=3)] | None = None
    """Addresses of name servers."""
    searches: Annotated[list[Domain], Field(max_length=32)] | None = None
    """Domains that are tried after a name."""
    options: Annotated[list[DnsOption], Field(max_length=16)] | None = None
    """Options of the resolver."""


DnsPolicy = Literal["ClusterFirst", "Default", "None"]


class Ids(StrEnum):
    """Who says which user and groups a pod runs as: we (10001), or the platform, as OpenShift's restricted-v2 does."""

    FIXED = "Fixed"
    PLATFORM = "Platform"


class SecurityContext(Wire):
    """Who the pods run as; never root, with no capability and the runtime's seccomp profile in any case."""

    ids: Ids | None = None
    """Fixed: user and groups 10001. Platform: the cluster's admission chooses them, as OpenShift's does; one that does
    not leaves the image's user. Absent means the chart's `agents.ids`."""
