"""agent-sandbox of Kubernetes SIG Apps, for comparison: its controller, compiled from its published Go module, and its definitions."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from dev.cluster import Cluster
from dev.cluster.build import compile_module, fetch_module, find_go
from dev.paths import CACHE, PINS
from dev.progress import UserError, step
from dev.release import Namespace
from dev.shell import need_space

_MODULE: Final = "sigs.k8s.io/agent-sandbox"
_PROGRAM: Final = "agent-sandbox-controller"
FLAGS: Final = (
    "--extensions=true", "--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0",
)  # fmt: skip
"""Its defaults, but for claims being served, no lease, and no ports."""


def build_controller() -> Path:
    """Return the folder with the compiled program and `definitions`.

    Raises:
        UserError: no Go can be had, the module cannot be fetched or has another hash, or the disk is full.
    """
    pin = PINS["bench"]
    folder = CACHE / f"agent-sandbox-{pin['agent_sandbox']}"
    if (folder / _PROGRAM).exists():
        return folder
    need_space(CACHE, 3, "Compiling agent-sandbox")
    go = find_go()
    CACHE.mkdir(parents=True, exist_ok=True)
    with step("compiling agent-sandbox from its Go module", 240), tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        source = fetch_module(go, _MODULE, pin["agent_sandbox"], pin["agent_sandbox_sum"])
        target = Path(scratch) / "agent-sandbox"
        shutil.copytree(source / "k8s" / "crds", target / "definitions", copy_function=shutil.copyfile)
        compile_module(go, source, target, f"./cmd/{_PROGRAM}")
        shutil.rmtree(folder, ignore_errors=True)
        target.rename(folder)
    return folder


@contextlib.contextmanager
def running_controller(cluster: Cluster) -> Iterator[None]:
    """Serve claims while the context lasts: as a process of this machine, with definitions that go with it.

    Raises:
        UserError: it cannot be built, or the cluster has one already.
    """
    folder, everywhere = build_controller(), Namespace(cluster, "default")
    files = sorted((folder / "definitions").glob("*.yaml"))
    names = [f"crd/{yaml.safe_load(file.read_text())['metadata']['name']}" for file in files]
    if everywhere.kubectl("get", *names, "--ignore-not-found", "-o", "name").strip():
        raise UserError(
            "This cluster has definitions of agent-sandbox already: they are left alone, and it is not measured."
        )
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    try:
        everywhere.kubectl("apply", "--server-side", "-f", str(folder / "definitions"))
        everywhere.kubectl("wait", "--for=condition=Established", *names, "--timeout=60s")
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen([folder / _PROGRAM, *FLAGS], env=environment, stdout=log, stderr=log) as process,
        ):
            try:
                yield
            finally:
                process.terminate()
    finally:
        everywhere.kubectl("delete", *names, "--ignore-not-found", "--wait=false")
