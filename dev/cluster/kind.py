"""kind, where a Docker daemon answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dev.cluster import layout
from dev.cluster.build import build, find_go
from dev.paths import CACHE, PINS, STATE
from dev.progress import step
from dev.shell import run


def build_config(count: int) -> str:
    """Build kind's settings for a number of nodes; pure."""
    # kind lets a control plane run pods only where it is alone
    roles = ["control-plane", *(["worker"] * count if count > 1 else [])]
    nodes = [{"role": role, "labels": {layout.ZONE: layout.zone_of(max(place, 1))}} for place, role in enumerate(roles)]
    return json.dumps({"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": nodes})


class Kind:
    """A kind cluster; kind itself is installed as a Go module where it is missing.

    Args:
        name: Of the cluster; empty for the one that needs none.
        count: How many nodes it shall have for pods; of several, none runs the control plane.
    """

    def __init__(self, name: str = "", count: int = 1) -> None:
        self._name, self._count = f"openclaw-{name or 'dev'}", count
        self.kubeconfig = STATE / (f"kind-{name}.kubeconfig" if name else "kind.kubeconfig")

    @property
    def kubectl(self) -> Path:
        """The program: the machine's, else the compiled one."""
        return Path(shutil.which("kubectl") or build() / "kubectl")

    @property
    def helm(self) -> Path:
        """The program: the machine's, else the compiled one."""
        return Path(shutil.which("helm") or build() / "helm")

    def up(self) -> None:
        """Make the cluster unless it is there."""
        STATE.mkdir(parents=True, exist_ok=True)
        if self._name in run([self._kind(), "get", "clusters"]).split():
            run([self._kind(), "export", "kubeconfig", "--name", self._name, "--kubeconfig", self.kubeconfig])
            return
        with step("creating the kind cluster", 60):
            run([self._kind(), "create", "cluster", "--name", self._name, "--kubeconfig", self.kubeconfig, "--wait", "120s",
                 "--config", "-"], stdin=build_config(self._count))  # fmt: skip

    def down(self) -> None:
        """Remove it."""
        run([self._kind(), "delete", "cluster", "--name", self._name, "--kubeconfig", self.kubeconfig])
        self.kubeconfig.unlink(missing_ok=True)

    def status(self) -> str:
        """Say in words how it is."""
        if not self.kubeconfig.exists():
            return "There is no cluster. `make cluster` brings one up."
        return run([self.kubectl, "--kubeconfig", self.kubeconfig, "get", "nodes", "-o", "wide"]).strip()

    def load_images(self, archives: Sequence[Path]) -> None:
        """Import docker-archives into the nodes."""
        for archive in archives:
            with step(f"loading {archive.name}", 10):
                run([self._kind(), "load", "image-archive", "--name", self._name, archive])

    def has_image(self, reference: str) -> bool:
        """Say whether every node has it."""
        nodes = run([self._kind(), "get", "nodes", "--name", self._name]).split()
        commands = [["docker", "exec", node, "crictl", "inspecti", reference] for node in nodes]
        return all(subprocess.run(c, capture_output=True, check=False).returncode == 0 for c in commands)

    def _kind(self) -> str:
        found = shutil.which("kind")
        if found:
            return found
        folder = CACHE / f"kind-{PINS['cluster']['kind']}"
        if not (folder / "kind").exists():
            with step(f"installing kind {PINS['cluster']['kind']}", 40):
                go = find_go()
                env = {"GOBIN": str(folder), "GOTOOLCHAIN": "local", "PATH": f"{go.parent}:{os.environ['PATH']}"}
                run([go, "install", f"sigs.k8s.io/kind@{PINS['cluster']['kind']}"], env=env)
        return str(folder / "kind")
