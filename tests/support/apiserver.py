"""A real Kubernetes API server for tests: etcd and kube-apiserver, by wish with definitions and controllers; no node.

Pods are made and never run: a test plays scheduler and kubelet by writing their status.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agent_kube.client import Limits
from dev.cluster import components
from dev.cluster.build import build
from dev.cluster.pki import make_pki, write_kubeconfig
from dev.paths import ROOT
from dev.shell import apt_install
from tests.support.eventually import LONG, eventually_sync
from tests.support.ports import free_port

_START_SECONDS = 240
PATIENT = Limits(connect=60.0, call=120.0)
"""Of a test's own client: an API server that stands still for a while is no fault."""
_CONTROLLERS = (
    "garbage-collector-controller", "job-controller", "namespace-controller", "resourcequota-controller",
    "serviceaccount-controller",
)  # fmt: skip


@dataclass(frozen=True)
class ApiServer:
    """Where it is, and how an administrator proves it."""

    url: str
    kubeconfig: Path
    pki: Path
    pids: dict[str, int] = field(default_factory=dict)
    """Of its processes, by the program's name."""

    def trust(self) -> ssl.SSLContext:
        """Return a context that trusts the server and proves nothing."""
        return ssl.create_default_context(cafile=str(self.pki / "ca.crt"))

    def admin(self) -> ssl.SSLContext:
        """Return a context that proves an administrator."""
        context = self.trust()
        context.load_cert_chain(self.pki / "admin.crt", self.pki / "admin.key")
        return context

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Make one call as an administrator; a PATCH is a merge patch.

        Raises:
            urllib.error.HTTPError: the server refused it.
        """
        data = None if body is None else json.dumps(body).encode()
        found: dict[str, Any] = json.loads(self._ask(method, path, data) or "{}")
        return found

    def ready(self) -> bool:
        """Say whether it serves."""
        with contextlib.suppress(OSError):
            return self._ask("GET", "/readyz", None) == "ok"
        return False

    def _ask(self, method: str, path: str, data: bytes | None) -> str:
        kind = "merge-patch+json" if method == "PATCH" else "json"
        headers = {"Content-Type": f"application/{kind}"}
        request = urllib.request.Request(self.url + path, method=method, data=data, headers=headers)
        https = urllib.request.HTTPSHandler(context=self.admin())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), https)
        with opener.open(request, timeout=60) as answer:
            return str(answer.read().decode())


@contextlib.contextmanager
def running_apiserver(
    *, crds: bool = False, controllers: bool = False, scheduler: bool = False, options: Sequence[str] = ()
) -> Iterator[ApiServer]:
    """Yield an API server on free ports; it is gone afterwards.

    Args:
        crds: Serve our kinds.
        controllers: Run the controllers of Jobs, garbage, namespaces, quotas and ServiceAccounts.
        scheduler: Run the scheduler.
        options: Further options of kube-apiserver.
    """
    apt_install({"openssl": "openssl"})
    programs = build()
    folder = Path(tempfile.mkdtemp(prefix="apiserver-"))
    processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(command: list[str]) -> None:
        name = Path(command[0]).name
        processes[name] = _start(command, folder / f"{name}.log")
        server.pids[name] = processes[name].pid

    try:
        api, etcd, peer = (free_port() for _ in range(3))
        ports = components.Ports(api=api, etcd=etcd, etcd_peer=peer)
        make_pki(folder / "pki", "127.0.0.1", components.API_SERVICE_IP)
        server = ApiServer(f"https://127.0.0.1:{api}", folder / "admin.kubeconfig", folder / "pki")
        write_kubeconfig(server.kubeconfig, server.pki, "admin", server.url)
        start(components.etcd_command(programs, folder, ports))
        start(
            [
                *components.apiserver_command(programs, folder, ports, "127.0.0.1"),
                f"--cert-dir={folder}/certs",
                *options,
            ]
        )
        _wait_ready(server, list(processes.values()), folder / "kube-apiserver.log")
        if crds:  # before the garbage collector, which looks for new kinds every half minute
            _serve_our_kinds(server)
        if controllers:
            write_kubeconfig(folder / "controller-manager.kubeconfig", server.pki, "controller-manager", server.url)
            command = components.controller_manager_command(programs, folder)
            start([*command, "--secure-port=0", f"--controllers={','.join(_CONTROLLERS)}"])
        if scheduler:
            write_kubeconfig(folder / "scheduler.kubeconfig", server.pki, "scheduler", server.url)
            start([*components.scheduler_command(programs, folder), "--secure-port=0"])
        yield server
    finally:
        for process in reversed(processes.values()):
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)


def _wait_ready(server: ApiServer, processes: list[subprocess.Popen[bytes]], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        if server.ready():
            return
        if time.monotonic() > deadline or any(p.poll() is not None for p in processes):
            raise RuntimeError(f"the API server does not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def _serve_our_kinds(server: ApiServer) -> None:
    base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for path in sorted((ROOT / "crds").glob("*.yaml")):
        definition = yaml.safe_load(path.read_text())
        server.call("POST", base, definition)
        name = definition["metadata"]["name"]
        eventually_sync(lambda name=name: _established(server.call("GET", f"{base}/{name}")), timeout=LONG)


def _established(definition: dict[str, Any]) -> bool:
    conditions = {c["type"]: c["status"] for c in definition.get("status", {}).get("conditions") or []}
    return conditions.get("Established") == "True"
