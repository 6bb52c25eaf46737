"""kind, where a Docker daemon answers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dev.cluster.build import build, find_go
from dev.paths import CACHE, PINS, STATE
from dev.progress import step
from dev.shell import run

_NAME = "openclaw-dev"


class Kind:
    """A kind cluster of one node; kind itself is installed as a Go module where it is missing."""

    kubeconfig = STATE / "kind.kubeconfig"

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
        if _NAME in run([self._kind(), "get", "clusters"]).split():
            run([self._kind(), "export", "kubeconfig", "--name", _NAME, "--kubeconfig", self.kubeconfig])
            return
        with step("creating the kind cluster", 60):
            run([self._kind(), "create", "cluster", "--name", _NAME, "--kubeconfig", self.kubeconfig, "--wait", "120s"])

    def down(self) -> None:
        """Remove it."""
        run([self._kind(), "delete", "cluster", "--name", _NAME, "--kubeconfig", self.kubeconfig])
        self.kubeconfig.unlink(missing_ok=True)

    def status(self) -> str:
        """Say in words how it is."""
        if not self.kubeconfig.exists():
            return "There is no cluster. `make cluster` brings one up."
        return run([self.kubectl, "--kubeconfig", self.kubeconfig, "get", "nodes", "-o", "wide"]).strip()

    def load_images(self, archives: Sequence[Path]) -> None:
        """Import docker-archives into the node."""
        for archive in archives:
            with step(f"loading {archive.name}", 10):
                run([self._kind(), "load", "image-archive", "--name", _NAME, archive])

    def has_image(self, reference: str) -> bool:
        """Say whether the node has it."""
        command = ["docker", "exec", f"{_NAME}-control-plane", "crictl", "inspecti", reference]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

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
