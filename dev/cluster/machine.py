"""A machine of a cluster: mount, network, process-id and host-name namespaces, and a control group, of this one's own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import first
from dev.cluster.process import Background
from dev.progress import UserError
from dev.shell import run

_CGROUPS = Path("/sys/fs/cgroup")
_FIRST = "first"


def first_process(folder: Path) -> int | None:
    """Return the id of a machine's first process, as this machine counts; None while it is off.

    Args:
        folder: Of the machine.
    """
    keeper = Background(folder, _FIRST).pid()
    if keeper is None:
        return None
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split():
            return int(child)
    return None


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine: its name, its folder, its address, its cable and what that ends in, and its control group."""

    name: str
    folder: Path
    address: str
    link: str
    bridge: str
    gateway: str
    cgroup: str

    def on(self) -> None:
        """Switch it on, unless it is; its network is there then, and no component."""
        if first_process(self.folder) is not None:
            return
        (self.folder / first.READY).unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        for group in _hierarchies():
            _make_group(group, self.cgroup)
        command = [
            "unshare",
            "--mount",
            "--net",
            "--pid",
            "--uts",
            "--fork",
            "--kill-child",
            "--propagation",
            "private",
        ]
        Background(self.folder, _FIRST).start([*command, sys.executable, "-I", first.__file__, self.folder])
        self._wait_ready()
        self._plug(str(first_process(self.folder)))

    def off(self) -> None:
        """Cut its power: all its processes end at once, and none is asked to."""
        keeper = Background(self.folder, _FIRST)
        pid = first_process(self.folder)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        keeper.stop()
        # the cable goes with the network namespace, a moment after its last process
        deadline = time.monotonic() + 10
        while Path(f"/sys/class/net/{self.link}").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        subprocess.run(["ip", "link", "delete", self.link], capture_output=True, check=False)

    def forget(self) -> None:
        """Remove its control groups; it must be off."""
        # of a mixed machine runc uses the tree of version 2 too
        for hierarchy in (*_hierarchies(), _CGROUPS / "unified"):
            top = hierarchy / self.cgroup.lstrip("/")
            groups = [*sorted(top.rglob("*/"), key=lambda p: len(p.parts), reverse=True), top] if top.exists() else []
            for group in groups:
                with contextlib.suppress(OSError):
                    group.rmdir()

    def cut(self) -> None:
        """Pull its cable: whatever it sends is lost, and no connection is told."""
        run(["ip", "link", "set", self.link, "down"])

    def join(self) -> None:
        """Put its cable back."""
        run(["ip", "link", "set", self.link, "up"])

    def enter(self, *command: str | Path) -> list[str | Path]:
        """Return a command line that runs a command in the machine and ends with it."""
        pid = first_process(self.folder)
        if pid is None:
            raise UserError(f"{self.name} is switched off.")
        # nsenter stays outside, as the parent: where it is ended, the program is, too
        return ["nsenter", "-t", str(pid), "-m", "-n", "-p", "-u", "setpriv", "--pdeathsig", "KILL", "--", *command]

    def start(self, name: str, command: Sequence[str | Path]) -> None:
        """Start a component in it, unless it runs."""
        Background(self.folder, name).start(self.enter(*command))

    def _wait_ready(self) -> None:
        keeper, deadline = Background(self.folder, _FIRST), time.monotonic() + 20
        while not (self.folder / first.READY).exists():
            if keeper.pid() is None or time.monotonic() > deadline:
                raise UserError(f"{self.name} cannot be made on this machine:\n{keeper.tail()}")
            time.sleep(0.02)

    def _plug(self, pid: str) -> None:
        inside = ["nsenter", "-t", pid, "-n", "ip"]
        subprocess.run(["ip", "link", "delete", self.link], capture_output=True, check=False)
        run(["ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", pid])
        run(["ip", "link", "set", self.link, "master", self.bridge, "up"])
        run([*inside, "addr", "add", f"{self.address}/24", "dev", "eth0"])
        run([*inside, "link", "set", "eth0", "up"])
        run([*inside, "route", "add", "default", "via", self.gateway])


def _hierarchies() -> Iterator[Path]:
    """Yield where a control group has a folder: each controller of version 1, or the one tree of version 2."""
    if (_CGROUPS / "cgroup.controllers").exists():
        yield _CGROUPS
        return
    for path in _CGROUPS.glob("*/"):
        if (path / "cgroup.procs").exists() and not path.is_symlink() and path.name != "unified":
            yield path


def _make_group(hierarchy: Path, name: str) -> None:
    group = hierarchy / name.lstrip("/")
    group.mkdir(exist_ok=True)
    for setting in ("cpuset.cpus", "cpuset.mems"):
        # of version 1: a new group has none, and nothing can run in it
        file = group / setting
        if file.exists() and not file.read_text().strip():
            file.write_text((hierarchy / setting).read_text())
