"""A real Kubernetes API server for tests: etcd and kube-apiserver, no controllers, no node."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import components
from dev.cluster.build import build
from dev.cluster.pki import make_pki, write_kubeconfig
from dev.shell import apt_install

_START_SECONDS = 60


@dataclass(frozen=True)
class ApiServer:
    """Where it is, and how an administrator proves it."""

    url: str
    kubeconfig: Path
    pki: Path

    def trust(self) -> ssl.SSLContext:
        """Return a context that trusts the server and proves nothing."""
        return ssl.create_default_context(cafile=str(self.pki / "ca.crt"))

    def admin(self) -> ssl.SSLContext:
        """Return a context that proves an administrator."""
        context = self.trust()
        context.load_cert_chain(self.pki / "admin.crt", self.pki / "admin.key")
        return context


@contextlib.contextmanager
def running_apiserver() -> Iterator[ApiServer]:
    """Yield an empty API server on free ports; it is gone afterwards."""
    apt_install({"openssl": "openssl"})
    programs = build()
    folder = Path(tempfile.mkdtemp(prefix="apiserver-"))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        api, etcd, peer = _free_ports(3)
        ports = components.Ports(api=api, etcd=etcd, etcd_peer=peer)
        make_pki(folder / "pki", "node1", "127.0.0.1", components.API_SERVICE_IP)
        server = ApiServer(f"https://127.0.0.1:{api}", folder / "admin.kubeconfig", folder / "pki")
        write_kubeconfig(server.kubeconfig, server.pki, "admin", server.url)
        processes.append(_start(components.etcd_command(programs, folder, ports), folder / "etcd.log"))
        command = components.apiserver_command(programs, folder, ports, "127.0.0.1")
        processes.append(_start([*command, f"--cert-dir={folder}/certs"], folder / "apiserver.log"))
        _wait_ready(server, processes, folder / "apiserver.log")
        yield server
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)


def _wait_ready(server: ApiServer, processes: list[subprocess.Popen[bytes]], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=server.admin())
    )
    while True:
        try:
            with opener.open(f"{server.url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            pass
        if time.monotonic() > deadline or any(p.poll() is not None for p in processes):
            raise RuntimeError(f"the API server does not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
