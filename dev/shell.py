"""Run programs, and install Debian packages that are missing."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.paths import CACHE
from dev.progress import UserError, step

_APT = CACHE / "apt.lock"
"""Two installations at once, of threads or of processes, would find apt's lists locked by each other."""


def run(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, stdin: str | None = None,
        timeout: float | None = None, cwd: Path | None = None) -> str:  # fmt: skip
    """Run a program and return its output.

    Raises:
        UserError: it ended with an error; the text holds the end of what it said.
    """
    merged = {**os.environ, **env} if env else None
    done = subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, input=stdin, env=merged, timeout=timeout,
        check=False, cwd=cwd,
    )  # fmt: skip
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise UserError(f"{Path(str(command[0])).name} {' '.join(map(str, command[1:4]))} … failed:\n{words}")
    return done.stdout


def apt_install(needed: Mapping[str, str]) -> None:
    """Install the Debian packages whose program (a name on PATH, or a path) is missing: {program: package}.

    Raises:
        UserError: not root, no apt, or the packages cannot be had.
    """
    if all(map(_there, needed)):
        return
    _APT.parent.mkdir(parents=True, exist_ok=True)
    with _APT.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _apt_install(sorted({package for program, package in needed.items() if not _there(program)}))


def _apt_install(missing: Sequence[str]) -> None:
    if not missing:
        return
    names = " ".join(missing)
    if os.geteuid() != 0:
        raise UserError(f"These Debian packages are missing: {names}. Install them, or run this as root.")
    if shutil.which("apt-get") is None:
        raise UserError(f"This needs Debian's packages {names}, and there is no apt-get here.")
    with step(f"installing {names}", 30):
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-q"], env=env)
        run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing], env=env)


def _there(program: str) -> bool:
    return Path(program).exists() if program.startswith("/") else shutil.which(program) is not None


def need_root(what: str) -> None:
    """Refuse to go on without root.

    Raises:
        UserError: we are not root.
    """
    if os.geteuid() != 0:
        raise UserError(f"{what} needs root. Run it as root, or on a machine with Docker, where kind is used instead.")


def need_space(folder: Path, gibibytes: float, what: str) -> None:
    """Refuse to begin what cannot end for want of disk space.

    Raises:
        UserError: less is free than needed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 2**30
    if free < gibibytes:
        raise UserError(f"{what} needs {gibibytes:g} GiB free at {folder}; there are {free:.1f} GiB.")
