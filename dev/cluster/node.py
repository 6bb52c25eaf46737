"""The built-in node: the components as processes of this machine, noted by id, in one state folder."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dev.cluster import cleanup, common, components
from dev.cluster.build import build
from dev.cluster.pki import make_node_certificate, make_pki, write_kubeconfig
from dev.cluster.process import Background
from dev.paths import ROOT, STATE
from dev.progress import UserError, step
from dev.shell import apt_install, need_root, need_space, run

FOLDER = STATE / "cluster"
_PORTS = components.Ports()
_NODE = "node1"
_PROCESSES = (
    "controllers", "proxy", "kubelet", "scheduler", "controller-manager", "apiserver", "etcd", "containerd",
)  # fmt: skip


class BuiltinNode:
    """A real single-node Kubernetes for machines without Docker; needs root."""

    kubeconfig = FOLDER / "admin.kubeconfig"

    @property
    def kubectl(self) -> Path:
        """The program; compiled at first use."""
        return build() / "kubectl"

    @property
    def helm(self) -> Path:
        """The program; compiled at first use."""
        return build() / "helm"

    def up(self) -> None:
        """Bring it up; a half-made or killed one is mended, a running one is left alone.

        Raises:
            UserError: not root, a port is taken, the disk is full, or a component does not start.
        """
        need_root("The built-in cluster")
        with common.locked(FOLDER):
            programs = build()
            alive = any(Background(FOLDER, name).pid() is not None for name in _PROCESSES)
            common.refuse_other(FOLDER, programs, alive=alive)
            if self._running() and common.node_ready(self.kubeconfig, _NODE):
                return
            need_space(FOLDER, 5, "The cluster")
            apt_install(common.PACKAGES)
            self._check_ports()
            cleanup.remove_leftovers(FOLDER, keep_running=self._running())
            with step("starting the cluster", 15):
                self._start(programs)

    def down(self) -> None:
        """End every process, unmount, and remove interfaces, tables, cgroups and data."""
        need_root("The built-in cluster")
        with common.locked(FOLDER), step("removing the cluster", 10):
            cleanup.kill_containers(FOLDER)
            for name in _PROCESSES:
                Background(FOLDER, name).stop()
            cleanup.remove_leftovers(FOLDER, keep_running=False)
            cleanup.remove_network()
            shutil.rmtree(FOLDER, ignore_errors=False)

    def status(self) -> str:
        """Say in words how it is."""
        if not FOLDER.exists() or not (FOLDER / "programs").exists():
            return "There is no cluster. `make cluster` brings one up."
        dead = [n for n in reversed(_PROCESSES) if Background(FOLDER, n).pid() is None]
        if dead:
            return f"The cluster is not whole: {', '.join(dead)} not running. `make cluster` mends it."
        return run([self.kubectl, "--kubeconfig", self.kubeconfig, "get", "nodes", "-o", "wide"]).strip()

    def load_images(self, archives: Sequence[Path]) -> None:
        """Import docker-archives into containerd."""
        for archive in archives:
            with step(f"loading {archive.name}", 8):
                common.ctr(_build_node(), "images", "import", "--no-unpack=false", str(archive))

    def has_image(self, reference: str) -> bool:
        """Say whether containerd has it."""
        return common.has_image(_build_node(), reference)

    def _running(self) -> bool:
        return all(Background(FOLDER, n).pid() is not None for n in _PROCESSES)

    def _check_ports(self) -> None:
        ours = {p for n in _PROCESSES if (p := Background(FOLDER, n).pid()) is not None}
        for port in (_PORTS.api, _PORTS.etcd, _PORTS.etcd_peer, 10250, 10248, 10249, 10256, 10257, 10259):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("", port))
                except OSError as error:
                    holder = cleanup.port_holder(port)
                    if holder is not None and holder[0] in ours:
                        continue
                    who = f"process {holder[0]} ({holder[1]})" if holder else "another program"
                    raise UserError(f"Port {port} is taken by {who}; the cluster needs it. End that first.") from error

    def _start(self, programs: Path) -> None:
        node = _build_node(node_address())
        (FOLDER / "programs").write_text(str(programs))
        make_pki(FOLDER / "pki", node.address, components.API_SERVICE_IP)
        make_node_certificate(FOLDER / "pki", node.name, node.address)
        for name in ("admin", "controller-manager", "scheduler", node.name, "proxy"):
            write_kubeconfig(FOLDER / f"{name}.kubeconfig", FOLDER / "pki", name, f"https://127.0.0.1:{_PORTS.api}")
        common.write_settings(FOLDER, node, programs)
        _enable_forwarding()
        _share_namespaces()
        start = self._begin
        start("containerd", ["containerd", "-c", str(FOLDER / "containerd.toml")])
        start("etcd", components.etcd_command(programs, FOLDER, _PORTS))
        self._wait("containerd", lambda: common.containerd_serves(node))
        self._wait("etcd", lambda: _http_ok(_PORTS.etcd, "/health"))
        start("apiserver", components.apiserver_command(programs, FOLDER, _PORTS, node.address))
        common.load_base_images(node, programs)
        self._wait("apiserver", lambda: common.kubectl_ok(self.kubeconfig, "get", "--raw", "/readyz"))
        start("controller-manager", components.controller_manager_command(programs, FOLDER))
        start("scheduler", components.scheduler_command(programs, FOLDER))
        start("kubelet", components.kubelet_command(programs, FOLDER, node))
        start("proxy", components.proxy_command(programs, node))
        env = {"PYTHONPATH": str(ROOT), "KUBECONFIG": str(self.kubeconfig)}
        Background(FOLDER, "controllers").start([sys.executable, "-m", "dev.cluster.controllers", str(FOLDER)], env)
        common.apply_base(self.kubeconfig, programs, nodes=1)
        self._wait("kubelet", lambda: common.node_ready(self.kubeconfig, _NODE))
        self._wait("controllers", lambda: common.kubectl_ok(self.kubeconfig,
            "-n", "kube-system", "wait", "--for=condition=Available", "deployment/coredns", "--timeout=1s"))  # fmt: skip

    def _begin(self, name: str, command: list[str]) -> None:
        Background(FOLDER, name).start(command)

    def _wait(self, name: str, check: Callable[[], bool]) -> None:
        common.wait_for(Background(FOLDER, name), check)


def _build_node(address: str = "") -> components.Node:
    """Build the node that this machine is; its address counts at its start alone."""
    return components.Node(name=_NODE, folder=FOLDER, address=address)


def node_address() -> str:
    """Return this machine's own IPv4 address, without which pods could not reach the API server.

    Raises:
        UserError: there is none but the loopback.
    """
    words = run(["ip", "-4", "-o", "addr", "show", "scope", "global", "up"]).split()
    addresses = [words[i + 1].split("/")[0] for i, w in enumerate(words) if w == "inet"]
    usable = [a for a in addresses if not a.startswith(("10.244.", "10.245."))]
    if not usable:
        raise UserError("This machine has no IPv4 address but the loopback; the cluster needs one.")
    return usable[0]


def _enable_forwarding() -> None:
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _share_namespaces() -> None:
    """Let `ip netns` do now what it does at its first use: mount its folder over itself.

    Done later, it would double the mounts of running pods, and their removal would fail as busy.
    """
    run(["ip", "netns", "add", "devnode"])
    run(["ip", "netns", "delete", "devnode"])


def _http_ok(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            return b" 200 " in connection.recv(64)
    except OSError:
        return False
