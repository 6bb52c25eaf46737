"""A Kubernetes cluster for development: kind where a Docker daemon answers, otherwise a node built from Go modules."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


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
    """Return the provider that fits this machine."""
    # imported late: either is of no use where the other serves
    if _docker_answers():
        from dev.cluster.kind import Kind  # noqa: PLC0415

        return Kind()
    from dev.cluster.node import BuiltinNode  # noqa: PLC0415

    return BuiltinNode()


def _docker_answers() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
