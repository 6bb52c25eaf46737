"""A Kubernetes cluster for development: kind where a Docker daemon answers, otherwise a node built from Go modules."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_SEVERAL = "nodes"


class Cluster(Protocol):
    """What the demo, the tests and a person need of a cluster, whichever provides it."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""

    @property
    def kubectl(self) -> Path:
        """The program."""

    @property
    def helm(self) -> Path:
        """The program."""

    def up(self) -> None:
        """Bring it up, or find it up."""

    def down(self) -> None:
        """Remove it with everything it left on the machine, data included."""

    def status(self) -> str:
        """Say in words how it is."""

    def load_images(self, archives: Sequence[Path]) -> None:
        """Import images from docker-archive files."""

    def has_image(self, reference: str) -> bool:
        """Say whether the node has that image."""


def provider() -> Cluster:
    """Return the provider that fits this machine and what the environment asks for.

    `CLUSTER` names one of several clusters, and `NODES` says how many nodes it has; several nodes alone make the one that
    is named `nodes`. Without either it is the one of which there is one on a machine.

    Raises:
        UserError: the name or the number does not serve.
    """
    from dev.cluster import layout  # noqa: PLC0415  # it needs this package itself

    count = layout.check_count(os.environ.get("NODES") or "1")
    name = os.environ.get("CLUSTER") or (_SEVERAL if count > 1 else "")
    asked = count if os.environ.get("NODES") else None
    # imported late: either is of no use where the other serves
    if _docker_answers():
        from dev.cluster.kind import Kind  # noqa: PLC0415

        return Kind(name, count)
    if name:
        from dev.cluster.nodes import BuiltinNodes  # noqa: PLC0415

        return BuiltinNodes(name, asked)
    from dev.cluster.node import BuiltinNode  # noqa: PLC0415

    return BuiltinNode()


def _docker_answers() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
