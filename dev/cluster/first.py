"""The first process of a machine in namespaces of its own: `first.py FOLDER`; standard library alone.

It makes the mounts that are the machine's own, and then takes leave of processes whose parents are gone. When it ends, the
kernel ends every process of the machine, unmounts what it mounted and removes its interfaces, as when power is cut.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from os import wait
from pathlib import Path

_OWN = ("/var/lib/cni", "/var/log/containers")
"""Folders that programs of a node write to whatever their settings say."""
READY = "ready"


def main(folder: Path) -> None:
    """Mount, say so by a file, and reap for ever."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    _run("mount", "-t", "proc", "proc", "/proc")
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for path in _OWN:
        own = folder / path.removeprefix("/").replace("/", "-")
        for made in (own, Path(path)):
            made.mkdir(parents=True, exist_ok=True)
        _run("mount", "--bind", str(own), path)
    Path("/proc/sys/kernel/hostname").write_text(folder.name)
    # what a pod mounts must show in the containers of this machine, and nowhere else
    _run("mount", "--make-rshared", "/")
    _run("ip", "link", "set", "lo", "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    (folder / READY).touch()
    while True:
        with suppress(ChildProcessError):
            while True:
                wait()
        signal.sigwait({signal.SIGCHLD})


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
