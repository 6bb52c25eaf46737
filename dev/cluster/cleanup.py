"""What a node leaves behind on the machine when its processes end, and how it is removed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from dev.cluster.components import PODS
from dev.cluster.process import Background


def kill_containers(folder: Path) -> None:
    """Kill every container of this node and its shim."""
    pids = list(_shims(folder))
    for pid in pids:
        for child in [*_descendants(pid), pid]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(_shims(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)


def remove_leftovers(folder: Path, *, keep_running: bool) -> None:
    """Remove what a killed node left: mounts, sockets and interfaces of containers that are gone.

    Data (etcd, images, volumes) stays, and the kubelet makes the pods anew. Containers that outlived their containerd
    are left alone: the next one takes them up.
    """
    if keep_running:
        return
    if Background(folder, "containerd").pid() is None and not any(_shims(folder)):
        for mount in sorted(_mounts(folder), key=len, reverse=True):
            if "/kubelet" in mount or "/containerd/state" in mount:
                _quiet("umount", "-l", mount)
        for name in ("containerd.sock", "containerd.sock.ttrpc"):
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / "containerd" / "state", ignore_errors=True)
        for namespace in Path("/var/run/netns").glob("cni-*"):
            _quiet("umount", "-l", str(namespace))
            with contextlib.suppress(OSError):
                namespace.unlink()
        for interface in _pod_interfaces():
            _quiet("ip", "link", "delete", interface)
        shutil.rmtree("/var/lib/cni/networks/dev", ignore_errors=True)


def list_tables() -> set[str]:
    """Return the names of all nftables tables, family first."""
    done = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False)
    return {line.removeprefix("table ").strip() for line in done.stdout.splitlines()}


def _is_empty(table: str) -> bool:
    """Say whether a table holds chains without any rule."""
    done = subprocess.run(["nft", "list", "table", *table.split()], capture_output=True, text=True, check=False)
    lines = [line.strip() for line in done.stdout.splitlines()]
    return not any(line and not re.match(r"table |chain |type .* hook |}$|#", line) for line in lines)


def remove_network(tables_before: set[str]) -> None:
    """Remove the nftables tables and the CNI's iptables chains of this node, and its cgroups.

    Tables that were not there before the first start go where no rule of anybody else is in them.
    """
    if not any(Path("/run/netns").glob("*")):
        _quiet("umount", "/run/netns")
    for table in ("ip kube-proxy", "ip6 kube-proxy", "inet devnetpol"):
        _quiet("nft", "delete", "table", *table.split())
    done = subprocess.run(["iptables-save", "-t", "nat"], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("-A POSTROUTING") and re.search(r'name: \\?"dev\\?"', line):
            _iptables_delete(line)
    for chain in re.findall(r"^:(CNI-\S+)", done.stdout, re.MULTILINE):
        _quiet("iptables", "-w", "-t", "nat", "-F", chain)
    for chain in re.findall(r"^:(CNI-\S+)", done.stdout, re.MULTILINE):
        _quiet("iptables", "-w", "-t", "nat", "-X", chain)
    for table in list_tables() - tables_before:
        if _is_empty(table):
            _quiet("nft", "delete", "table", *table.split())
    for root in [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*/")]:
        pods = root / "kubepods"
        for group in sorted(pods.rglob("*/"), key=lambda p: len(p.parts), reverse=True) if pods.exists() else []:
            with contextlib.suppress(OSError):
                group.rmdir()
        with contextlib.suppress(OSError):
            pods.rmdir()


def port_holder(port: int) -> tuple[int, str] | None:
    """Return id and name of the process that listens on a TCP port, as `ss` tells it."""
    done = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True, check=False)
    match = re.search(r'\("([^"]+)",pid=(\d+)', done.stdout)
    return (int(match[2]), match[1]) if match else None


def _iptables_delete(line: str) -> None:
    import shlex  # noqa: PLC0415  # used here alone

    _quiet("iptables", "-w", "-t", "nat", "-D", *shlex.split(line)[1:])


def _shims(folder: Path) -> Iterable[int]:
    socket = f"{folder}/containerd.sock"
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            if "containerd-shim" in command and socket in command:
                yield int(entry.name)


def _descendants(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        children = [int(c) for t in Path(f"/proc/{pid}/task").glob("*/children") for c in t.read_text().split()]
        return [d for c in children for d in [*_descendants(c), c]]
    return []


def _mounts(folder: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [p for line in lines if (p := line.split()[1].replace("\\040", " ")).startswith(f"{folder}/")]


def _pod_interfaces() -> list[str]:
    """Return the node's ends of pods' veth pairs: routes into the pods' range go through them."""
    prefix = PODS.rsplit(".", 1)[0] + "."
    done = subprocess.run(["ip", "-4", "-o", "route"], capture_output=True, text=True, check=False)
    found = re.findall(rf"^{re.escape(prefix)}\d+ dev (veth\S+)", done.stdout, re.MULTILINE)
    done = subprocess.run(["ip", "-4", "-o", "addr"], capture_output=True, text=True, check=False)
    found += re.findall(rf"\d+: (veth\S+)\s+inet {re.escape(prefix)}", done.stdout)
    return sorted(set(found))


def _quiet(*command: str) -> None:
    """Run a removal whose object may be gone already: that it is gone is all that counts."""
    subprocess.run(list(command), capture_output=True, check=False)
