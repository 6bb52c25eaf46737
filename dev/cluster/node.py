"""The built-in node: the components as processes of this machine, noted by id, in one state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dev.cluster import cleanup, components
from dev.cluster.build import build
from dev.cluster.pki import make_pki, write_kubeconfig
from dev.cluster.process import Background
from dev.cluster.scratch_image import write_image
from dev.paths import ROOT, STATE
from dev.progress import UserError, step
from dev.shell import apt_install, need_root, need_space, run

FOLDER = STATE / "cluster"
_PORTS = components.Ports()
_PACKAGES = {
    "containerd": "containerd", "runc": "runc", "/usr/lib/cni/ptp": "containernetworking-plugins",
    "nft": "nftables", "iptables": "iptables", "conntrack": "conntrack", "socat": "socat", "openssl": "openssl",
    "ip": "iproute2", "mount": "mount",
}  # fmt: skip
_CNI_PLUGINS = tuple(Path("/usr/lib/cni") / name for name in ("ptp", "portmap", "host-local", "loopback"))
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
        with _locked():
            programs = build()
            self._refuse_other(programs)
            if self._running() and self._ready():
                return
            need_space(FOLDER, 5, "The cluster")
            apt_install(_PACKAGES)
            self._check_ports()
            cleanup.remove_leftovers(FOLDER, keep_running=self._running())
            with step("starting the cluster", 15):
                self._start(programs)

    def down(self) -> None:
        """End every process, unmount, and remove interfaces, tables, cgroups and data."""
        need_root("The built-in cluster")
        with _locked(), step("removing the cluster", 10):
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
                self._ctr("images", "import", "--no-unpack=false", str(archive))

    def has_image(self, reference: str) -> bool:
        """Say whether containerd has it."""
        return reference in self._ctr("images", "ls", "-q", f"name=={reference}").split()

    def _ctr(self, *args: str) -> str:
        return run(["ctr", "-a", FOLDER / "containerd.sock", "-n", "k8s.io", *args])

    def _running(self) -> bool:
        return all(Background(FOLDER, n).pid() is not None for n in _PROCESSES)

    def _ready(self) -> bool:
        command: list[str | Path] = [self.kubectl, "--kubeconfig", self.kubeconfig, "get", "node", components.NODE, "-o",
                   'jsonpath={.status.conditions[?(@.type=="Ready")].status}']  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        return done.stdout.strip() == "True"

    def _refuse_other(self, programs: Path) -> None:
        note = FOLDER / "programs"
        alive = any(Background(FOLDER, name).pid() is not None for name in _PROCESSES)
        if note.exists() and note.read_text() != str(programs) and alive:
            raise UserError(
                "A cluster made from other sources runs on this machine (its programs are "
                f"{Path(note.read_text()).name}, these are {programs.name}). `make cluster-down` removes it."
            )

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
        address = node_address()
        (FOLDER / "programs").write_text(str(programs))
        make_pki(FOLDER / "pki", components.NODE, address, components.API_SERVICE_IP)
        for name in ("admin", "controller-manager", "scheduler", "kubelet", "proxy"):
            write_kubeconfig(FOLDER / f"{name}.kubeconfig", FOLDER / "pki", name, f"https://127.0.0.1:{_PORTS.api}")
        self._write_settings(programs)
        _enable_forwarding()
        _share_namespaces()
        start = self._begin
        start("containerd", ["containerd", "-c", str(FOLDER / "containerd.toml")])
        start("etcd", components.etcd_command(programs, FOLDER, _PORTS))
        self._wait("containerd", lambda: (FOLDER / "containerd.sock").exists() and bool(self._ctr("version")))
        self._wait("etcd", lambda: _http_ok(_PORTS.etcd, "/health"))
        start("apiserver", components.apiserver_command(programs, FOLDER, _PORTS, address))
        self._load_base_images(programs)
        self._wait("apiserver", lambda: self._kubectl_ok("get", "--raw", "/readyz"))
        start("controller-manager", components.controller_manager_command(programs, FOLDER))
        start("scheduler", components.scheduler_command(programs, FOLDER))
        start("kubelet", components.kubelet_command(programs, FOLDER, address))
        start("proxy", [f"{programs}/kube-proxy", f"--config={FOLDER}/proxy.json",
                        f"--hostname-override={components.NODE}"])  # fmt: skip
        env = {"PYTHONPATH": str(ROOT), "KUBECONFIG": str(self.kubeconfig)}
        Background(FOLDER, "controllers").start([sys.executable, "-m", "dev.cluster.controllers", str(FOLDER)], env)
        self._apply_base(programs)
        self._wait("kubelet", self._ready)
        self._wait("controllers", lambda: self._kubectl_ok(
            "-n", "kube-system", "wait", "--for=condition=Available", "deployment/coredns", "--timeout=1s"))  # fmt: skip

    def _begin(self, name: str, command: list[str]) -> None:
        Background(FOLDER, name).start(command)

    def _write_settings(self, programs: Path) -> None:
        (FOLDER / "cni").mkdir(exist_ok=True)
        (FOLDER / "cni-bin").mkdir(exist_ok=True)
        for plugin in (*_CNI_PLUGINS, programs / "netpol"):
            link = FOLDER / "cni-bin" / plugin.name
            link.unlink(missing_ok=True)
            link.symlink_to(plugin)
        (FOLDER / "cni" / "10-dev.conflist").write_text(components.cni_config(FOLDER))
        (FOLDER / "containerd.toml").write_text(components.containerd_config(FOLDER))
        (FOLDER / "kubelet.json").write_text(components.kubelet_config(FOLDER))
        (FOLDER / "proxy.json").write_text(components.proxy_config(FOLDER))
        (FOLDER / "resolv.conf").write_text("".join(f"nameserver {r}\n" for r in resolvers() or ["127.0.0.1"]))

    def _load_base_images(self, programs: Path) -> None:
        for reference, name in ((components.PAUSE_IMAGE, "pause"), (_coredns_image(programs), "coredns")):
            if not self.has_image(reference):
                archive = FOLDER / f"{name}.tar"
                write_image(archive, reference, programs / name, name)
                self._ctr("images", "import", str(archive))
                archive.unlink()

    def _apply_base(self, programs: Path) -> None:
        forward = "forward . /etc/resolv.conf" if resolvers() else "# this machine has no resolver to forward to"
        text = (Path(__file__).parent / "manifests" / "base.yaml").read_text()
        text = text.replace("$COREDNS_IMAGE", _coredns_image(programs)).replace("$FORWARD", forward)
        run([self.kubectl, "--kubeconfig", self.kubeconfig, "apply", "-f", "-"], stdin=text)

    def _kubectl_ok(self, *args: str) -> bool:
        command = [str(self.kubectl), "--kubeconfig", str(self.kubeconfig), *args]
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0

    def _wait(self, name: str, check: Callable[[], bool], seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        process = Background(FOLDER, name)
        while True:
            with contextlib.suppress(UserError, subprocess.TimeoutExpired):
                if check():
                    return
            if process.pid() is None or time.monotonic() > deadline:
                raise UserError(f"{name} does not start. The end of {process.log}:\n{process.tail()}")
            time.sleep(0.1)


def node_address() -> str:
    """Return this machine's own IPv4 address, without which pods could not reach the API server.

    Raises:
        UserError: there is none but the loopback.
    """
    words = run(["ip", "-4", "-o", "addr", "show", "scope", "global", "up"]).split()
    addresses = [words[i + 1].split("/")[0] for i, w in enumerate(words) if w == "inet"]
    usable = [a for a in addresses if not a.startswith("10.244.")]
    if not usable:
        raise UserError("This machine has no IPv4 address but the loopback; the cluster needs one.")
    return usable[0]


def resolvers() -> list[str]:
    """Return the machine's name servers that a pod could reach too."""
    for path in (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf")):
        with contextlib.suppress(OSError):
            lines = [line.split() for line in path.read_text().splitlines()]
            found = [w[1] for w in lines if len(w) > 1 and w[0] == "nameserver" and not w[1].startswith("127.")]
            if found:
                return [f for f in found if ":" not in f]
    return []


def _coredns_image(programs: Path) -> str:
    return f"localhost/devnode/coredns:{programs.name.removeprefix('node-')}"


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


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Let one command at a time change the cluster, from whichever clone it comes."""
    STATE.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(STATE / "cluster.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        FOLDER.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        os.close(descriptor)
