"""agent-sandbox of Kubernetes SIG Apps, for comparison: its controller, compiled from its published Go module, and its definitions."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from dev.cluster import Cluster
from dev.cluster.build import compile_module, fetch_module, find_go
from dev.paths import CACHE, PINS
from dev.progress import UserError, step
from dev.release import CommandFailedError, Namespace
from dev.shell import need_space

_MODULE: Final = "sigs.k8s.io/agent-sandbox"
_PROGRAM: Final = "agent-sandbox-controller"
FLAGS: Final = (
    "--extensions=true", "--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0",
)  # fmt: skip
"""Its defaults, but for claims being served, no lease, and no ports."""
MARK: Final = {"openclaw.dev/made-by": "bench-latency"}
"""The label of definitions that are ours to remove, whichever run made them."""
_SELECTOR: Final = ",".join(f"{key}={value}" for key, value in MARK.items())
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)
_END_SECONDS: Final = 10.0


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


def mark(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition with the label that says whose it is."""
    metadata = definition["metadata"]
    return {**definition, "metadata": {**metadata, "labels": {**metadata.get("labels", {}), **MARK}}}


@contextlib.contextmanager
def running_controller(cluster: Cluster) -> Iterator[None]:
    """Serve claims while the context lasts: as a process of this machine, with definitions that are ours.

    The definitions stay: `remove_definitions` removes them, with what there is of their kinds.

    Raises:
        UserError: it cannot be built, or the cluster has one already.
    """
    folder, everywhere = build_controller(), Namespace(cluster, "default")
    definitions = [mark(yaml.safe_load(file.read_text())) for file in sorted((folder / "definitions").glob("*.yaml"))]
    names = [f"crd/{one['metadata']['name']}" for one in definitions]
    found = everywhere.kubectl("get", *names, "--ignore-not-found", "-o", "name").split()
    if set(found) - set(everywhere.kubectl("get", "crd", "-l", _SELECTOR, "-o", "name").split()):
        raise UserError(
            "This cluster has definitions of agent-sandbox already: they are left alone, and it is not measured."
        )
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": definitions})
    everywhere.kubectl("apply", "--server-side", "-f", "-", stdin=everything)
    everywhere.kubectl("wait", "--for=condition=Established", *names, "--timeout=60s")
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [folder / _PROGRAM, *FLAGS], env=environment, stdout=log, stderr=log,
            start_new_session=True, preexec_fn=_end_with_parent,  # noqa: PLW1509  # it calls the kernel alone, and takes no lock
        )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _end_with_parent() -> None:
    """A second one that outlived a killed run would serve the same claims."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def remove_definitions(cluster: Cluster, namespace: Namespace, seconds: float) -> None:
    """Remove definitions that a run of ours made, and what there is of their kinds, whether a controller runs or not.

    Args:
        cluster: Whose.
        namespace: Where a run makes what is of these kinds.
        seconds: That each call may take.
    """
    everywhere = Namespace(cluster, "default")
    for one in _try(everywhere, seconds, "get", "crd", "-l", _SELECTOR, "-o", "name"):
        kind = one.partition("/")[2]
        # what nobody is there to finish keeps its definition, and its namespace, for ever
        for held in _try(namespace, seconds, "get", kind, "-o", "name"):
            _try(namespace, seconds, "patch", held, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
        _try(everywhere, seconds, "delete", one, "--ignore-not-found", f"--timeout={seconds:.0f}s")


def _try(space: Namespace, seconds: float, *words: str) -> Sequence[str]:
    """Run kubectl; return its lines, none where it failed: what is left is found by whoever needs it gone."""
    try:
        return space.kubectl(*words, timeout=seconds + 5).split("\n")[:-1]
    except (CommandFailedError, subprocess.TimeoutExpired):
        return []
