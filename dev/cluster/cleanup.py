"""What a node leaves behind on the machine when its processes end, and how it is removed."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from dev.cluster.components import NETWORK, PODS
from dev.cluster.process import Background

_CGROUPS = Path("/sys/fs/cgroup")
_KUBELET_CHAINS = frozenset({"KUBE-FIREWALL", "KUBE-KUBELET-CANARY", "KUBE-IPTABLES-HINT"})


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
    kill_orphans(folder, _CGROUPS)


def kill_orphans(folder: Path, cgroups: Path) -> list[int]:
    """Kill what runs in the control groups of this node's pods although its shim is gone; return the process ids.

    A pod is this node's where its kubelet has a folder for it.
    """
    folders = folder / "kubelet" / "pods"
    own = {f"pod{pod.name}" for pod in folders.iterdir()} if folders.exists() else set()
    killed: list[int] = []
    for listing in cgroups.glob("**/kubepods/**/cgroup.procs"):
        if not own.intersection(listing.parts):
            continue
        with contextlib.suppress(OSError):
            for pid in map(int, listing.read_text().split()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
    return killed


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
        kill_orphans(folder, _CGROUPS)
        for namespace in Path("/var/run/netns").glob("cni-*"):
            if not _is_ours(namespace.name):
                continue
            _quiet("umount", "-l", str(namespace))
            with contextlib.suppress(OSError):
                namespace.unlink()
        for interface in _pod_interfaces():
            _quiet("ip", "link", "delete", interface)
        shutil.rmtree(f"/var/lib/cni/networks/{NETWORK}", ignore_errors=True)


def remove_network() -> None:
    """Remove this node's nftables tables, what kubelet and CNI left in those of iptables, and its cgroups.

    Rules of anybody else stay. A table of iptables that is empty then is nobody's: iptables makes it anew at need.
    """
    if not any(Path("/run/netns").glob("*")):
        _quiet("umount", "/run/netns")
    for table in ("ip kube-proxy", "ip6 kube-proxy", "inet devnetpol"):
        _quiet("nft", "delete", "table", *table.split())
    for family, program in (("ip", "iptables"), ("ip6", "ip6tables")):
        done = subprocess.run([f"{program}-save"], capture_output=True, text=True, check=False)
        for command in find_own_rules(done.stdout):
            _quiet(program, "-w", *command)
        for table in ("filter", "mangle", "nat"):
            listed = subprocess.run(
                ["nft", "list", "table", family, table], capture_output=True, text=True, check=False
            )
            if listed.returncode == 0 and is_empty_table(listed.stdout):
                _quiet("nft", "delete", "table", family, table)
    for root in [_CGROUPS, *_CGROUPS.glob("*/")]:
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


def find_own_rules(saved: str) -> list[list[str]]:
    """Find what this node put into the tables of iptables; pure.

    Args:
        saved: What `iptables-save` printed.

    Returns:
        Arguments of iptables that take it away, in order: jumps first, then chains.
    """
    removals: list[list[str]] = []
    for block in re.split(r"^\*", saved, flags=re.MULTILINE)[1:]:
        table = block.split(None, 1)[0]
        chains = [c for c in re.findall(r"^:(\S+)", block, re.MULTILINE) if c in _KUBELET_CHAINS]
        for line in re.findall(r"^-A .*$", block, re.MULTILINE):
            target = re.search(r" -j (\S+)$", line)
            ours = re.search(rf'name: \\?"{NETWORK}\\?"', line) is not None
            if target is None or not (target[1] in _KUBELET_CHAINS or (ours and target[1].startswith("CNI-"))):
                continue
            removals.append(["-t", table, "-D", *shlex.split(line)[1:]])
            if target[1] not in chains:
                chains.append(target[1])
        removals += [["-t", table, flag, chain] for flag in ("-F", "-X") for chain in chains]
    return removals


def is_empty_table(listed: str) -> bool:
    """Say whether a table, as nft lists it, holds no rule and lets everything pass."""
    lines = [line.strip() for line in listed.splitlines()]
    return not any(
        line and ("policy drop" in line or not re.match(r"table |chain |type .* hook |}$|#", line)) for line in lines
    )


def _shims(folder: Path) -> Iterable[int]:
    socket = f"{folder}/containerd.sock"
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            if "containerd-shim" in command and socket in command:
                yield int(entry.name)


def _is_ours(namespace: str) -> bool:
    """Say whether a network namespace is of one of our pods: it has no address but in their range."""
    done = subprocess.run(["ip", "-n", namespace, "-4", "-o", "addr"], capture_output=True, text=True, check=False)
    return has_only_pod_addresses(done.stdout)


def has_only_pod_addresses(listed: str) -> bool:
    """Say whether `ip addr` lists no address but the loopback's and some of the pods' range; pure."""
    prefix = PODS.rsplit(".", 1)[0] + "."
    return all(a.startswith((prefix, "127.")) for a in re.findall(r"\binet (\S+)", listed))


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
