"""What both kinds of built-in cluster do alike."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dev.cluster import components
from dev.cluster.build import build
from dev.cluster.process import Background
from dev.cluster.scratch_image import write_image
from dev.paths import STATE
from dev.progress import UserError
from dev.shell import run

PACKAGES = {
    "containerd": "containerd", "runc": "runc", "/usr/lib/cni/ptp": "containernetworking-plugins",
    "nft": "nftables", "iptables": "iptables", "conntrack": "conntrack", "socat": "socat", "openssl": "openssl",
    "ip": "iproute2", "mount": "mount",
}  # fmt: skip
_CNI_PLUGINS = tuple(Path("/usr/lib/cni") / name for name in ("ptp", "portmap", "host-local", "loopback"))


def kubectl_ok(kubeconfig: Path, *args: str) -> bool:
    """Say whether kubectl does it without an error."""
    command: list[str | Path] = [build() / "kubectl", "--kubeconfig", kubeconfig, *args]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


def node_ready(kubeconfig: Path, node: str) -> bool:
    """Say whether the API server knows the node as ready."""
    command: list[str | Path] = [build() / "kubectl", "--kubeconfig", kubeconfig, "get", "node", node, "-o",
               'jsonpath={.status.conditions[?(@.type=="Ready")].status}']  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    return done.stdout.strip() == "True"


def wait_for(process: Background, check: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until a component serves.

    Raises:
        UserError: it ended, or was not in time; the text holds the end of its log.
    """
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(UserError, subprocess.TimeoutExpired):
            if check():
                return
        if process.pid() is None or time.monotonic() > deadline:
            raise UserError(f"{process.name} does not start. The end of {process.log}:\n{process.tail()}")
        time.sleep(0.1)


def ctr(node: components.Node, *args: str) -> str:
    """Run containerd's own client against a node."""
    return run(["ctr", "-a", node.folder / "containerd.sock", "-n", "k8s.io", *args])


def containerd_serves(node: components.Node) -> bool:
    """Say whether a node's containerd answers."""
    return (node.folder / "containerd.sock").exists() and bool(ctr(node, "version"))


def has_image(node: components.Node, reference: str) -> bool:
    """Say whether a node has that image."""
    return reference in ctr(node, "images", "ls", "-q", f"name=={reference}").split()


def write_settings(folder: Path, node: components.Node, programs: Path) -> None:
    """Write what a node's components are told by files."""
    (node.folder / "cni").mkdir(parents=True, exist_ok=True)
    (node.folder / "cni-bin").mkdir(exist_ok=True)
    for plugin in (*_CNI_PLUGINS, programs / "netpol"):
        link = node.folder / "cni-bin" / plugin.name
        link.unlink(missing_ok=True)
        link.symlink_to(plugin)
    (node.folder / "cni" / "10-dev.conflist").write_text(components.cni_config(folder, node))
    (node.folder / "containerd.toml").write_text(components.containerd_config(node))
    (node.folder / "kubelet.json").write_text(components.kubelet_config(folder, node))
    (node.folder / "proxy.json").write_text(components.proxy_config(folder, node))
    (folder / "resolv.conf").write_text("".join(f"nameserver {r}\n" for r in resolvers() or ["127.0.0.1"]))


def load_base_images(node: components.Node, programs: Path) -> None:
    """Make and import the images that the node itself needs."""
    for reference, name in ((components.PAUSE_IMAGE, "pause"), (_coredns_image(programs), "coredns")):
        if not has_image(node, reference):
            archive = node.folder / f"{name}.tar"
            write_image(archive, reference, programs / name, name)
            ctr(node, "images", "import", str(archive))
            archive.unlink()


def apply_base(kubeconfig: Path, programs: Path, nodes: int) -> None:
    """Apply what every cluster brings: DNS, at each node one, and a default StorageClass."""
    forward = "forward . /etc/resolv.conf" if resolvers() else "# this machine has no resolver to forward to"
    text = (Path(__file__).parent / "manifests" / "base.yaml").read_text()
    text = text.replace("$COREDNS_IMAGE", _coredns_image(programs)).replace("$FORWARD", forward)
    run(
        [programs / "kubectl", "--kubeconfig", kubeconfig, "apply", "-f", "-"], stdin=text.replace("$NODES", str(nodes))
    )


def resolvers() -> list[str]:
    """Return the machine's name servers that a pod could reach too."""
    for path in (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf")):
        with contextlib.suppress(OSError):
            lines = [line.split() for line in path.read_text().splitlines()]
            found = [w[1] for w in lines if len(w) > 1 and w[0] == "nameserver" and not w[1].startswith("127.")]
            if found:
                return [f for f in found if ":" not in f]
    return []


def refuse_other(folder: Path, programs: Path, *, alive: bool) -> None:
    """Refuse to go on with a running cluster that other sources made.

    Raises:
        UserError: it is one.
    """
    note = folder / "programs"
    if note.exists() and note.read_text() != str(programs) and alive:
        raise UserError(
            "A cluster made from other sources runs on this machine (its programs are "
            f"{Path(note.read_text()).name}, these are {programs.name}). `make cluster-down` removes it."
        )


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one command at a time change clusters, from whichever clone it comes."""
    STATE.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(STATE / "cluster.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        os.close(descriptor)


def _coredns_image(programs: Path) -> str:
    return f"localhost/devnode/coredns:{programs.name.removeprefix('node-')}"
