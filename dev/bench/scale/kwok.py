"""Nodes that are played by kwok (Kubernetes WithOut Kubelet), compiled from its published Go module."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from dev.cluster.build import compile_module, find_go
from dev.paths import CACHE, content_hash
from dev.progress import step
from dev.shell import need_space

SOURCES: Final = Path(__file__).parent / "fakenodes"
PACKAGE: Final = "sigs.k8s.io/kwok/cmd/kwok"
EXIT: Final = "bench.openclaw.dev/exit"
"""Annotation of a pod: it ends with this exit code."""
PODS: Final = "127.1.0.1/16"
"""Addresses of pods: of this machine's loopback, so that a played runner calls from its own pod's."""
PODS_OF_NODE: Final = 1000

_RUNNING = """
{{ $now := Now }}
conditions:
{{ range list "Initialized" "ContainersReady" "Ready" }}
- {lastTransitionTime: {{ $now | Quote }}, status: "True", type: {{ . | Quote }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: true
  restartCount: 0
  started: true
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
{{ $ip := PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ $ip | Quote }}
podIPs:
- ip: {{ $ip | Quote }}
phase: Running
startTime: {{ $now | Quote }}
"""
_ENDED = """
{{ $now := Now }}
{{ $code := index .metadata.annotations "EXIT" }}
{{ $began := .status.startTime }}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state:
    terminated:
      exitCode: {{ $code }}
      finishedAt: {{ $now | Quote }}
      reason: {{ if eq $code "0" }}Completed{{ else }}Error{{ end }}
      startedAt: {{ $began | Quote }}
{{ end }}
phase: {{ if eq $code "0" }}Succeeded{{ else }}Failed{{ end }}
""".replace("EXIT", EXIT)


def build_kwok() -> Path:
    """Return the compiled program.

    Raises:
        UserError: no Go can be had, or a module cannot be fetched.
    """
    folder = CACHE / f"kwok-{content_hash(SOURCES.iterdir())}"
    if not (folder / "kwok").exists():
        need_space(CACHE, 2, "Compiling kwok")
        go = find_go()
        CACHE.mkdir(parents=True, exist_ok=True)
        with step("compiling kwok from its Go module", 90), tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            compile_module(go, SOURCES, Path(scratch), PACKAGE)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            Path(scratch, "kwok").rename(folder / "kwok")
    return folder / "kwok"


def build_command(program: Path, kubeconfig: Path, stages: Path) -> list[str]:
    """Build kwok's command line."""
    return [
        str(program),
        "--kubeconfig",
        str(kubeconfig),
        "--config",
        str(stages),
        "--manage-all-nodes",
        "--cidr",
        PODS,
    ]


def build_stages() -> str:
    """Build what becomes of pods: a bound one runs at once, an annotated one ends, a deleted one goes."""
    going, pending = _match(".metadata.deletionTimestamp", "Exists"), _match(".status.phase", "In", "Pending")
    staying = _match(".metadata.deletionTimestamp", "DoesNotExist")
    told = _match(f'.metadata.annotations["{EXIT}"]', "Exists")
    running = _match(".status.phase", "In", "Running")
    stages = [
        _stage("pod-runs", [staying, pending], {"statusTemplate": _RUNNING}),
        _stage("pod-ends", [staying, running, told], {"statusTemplate": _ENDED}),
        _stage("pod-goes", [going], {"finalizers": {"empty": True}, "delete": True}),
    ]
    return "---\n".join(json.dumps(stage) + "\n" for stage in stages)


def build_node(number: int) -> dict[str, Any]:
    """Build a node that has room for everything."""
    room = {"cpu": "1000", "memory": "4Ti", "ephemeral-storage": "100Ti", "pods": str(PODS_OF_NODE)}
    ready = {"type": "Ready", "status": "True", "reason": "Played", "message": "kwok plays it."}
    return {
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": f"played-{number}"},
        "status": {"allocatable": room, "capacity": room, "conditions": [ready], "phase": "Running"},
    }  # fmt: skip


def _stage(name: str, expressions: list[dict[str, Any]], then: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"}, "selector": {"matchExpressions": expressions},
            "next": then,
        },
    }  # fmt: skip


def _match(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})
