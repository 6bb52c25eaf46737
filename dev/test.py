"""Run everything that `make test` promises: lint, then the three rings in one pytest run, which has the last word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dev.cluster.build import build
from dev.paths import ROOT
from dev.progress import UserError, main_guard, step
from dev.release import bring_up
from dev.shell import apt_install
from tests.support.pi import install_pi
from tests.support.postgres import install_postgres

_BIN = Path(sys.executable).parent
_MOST_WORKERS = 4
_PACKAGES = {
    "git-lfs": "git-lfs", "ip": "iproute2", "openssl": "openssl", "opusdec": "opus-tools", "/usr/sbin/pgbouncer": "pgbouncer",
}  # fmt: skip
"""Programs that tests run, and their packages."""


def main() -> int:
    """Run what the command line asks for: everything, `--fast` without a cluster, `--e2e` alone, or `--nodes` alone."""
    if "--nodes" in sys.argv:
        return _run_nodes()
    fast, only_e2e = "--fast" in sys.argv, "--e2e" in sys.argv
    if not only_e2e:
        _lint()
    arguments = ["tests/unit", "tests/integration", "tests/e2e"]
    if fast:
        arguments.remove("tests/e2e")
    if only_e2e:
        arguments = ["tests/e2e"]
    if not fast:
        bring_up()
    if not only_e2e:
        # what several workers need is there before they begin
        apt_install(_PACKAGES)
        install_postgres()
        build()
        with step("fetching Node and pi", 15):
            install_pi()
    spread = [] if only_e2e else ["-n", str(_count_workers())]
    return _pytest(*spread, *arguments, **({} if fast else {"E2E_REQUIRED": "1"}))


def _run_nodes() -> int:
    """Run the ring of two nodes, on a cluster of its own; whatever follows `--nodes` goes to pytest."""
    os.environ.setdefault("NODES", "2")
    bring_up()
    return _pytest("tests/nodes", "-s", *sys.argv[sys.argv.index("--nodes") + 1 :], E2E_REQUIRED="1")


def _pytest(*arguments: str, **env: str) -> int:
    command: list[str | Path] = [_BIN / "python", "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=False).returncode


def _count_workers() -> int:
    """Return how many run tests at once: one where all would make databases of the same names on one server."""
    return 1 if os.environ.get("TEST_DATABASE_URL") else min(os.cpu_count() or 1, _MOST_WORKERS)


def _lint() -> None:
    with step("linting", 40):
        if subprocess.run(["make", "--no-print-directory", "lint"], cwd=ROOT, check=False).returncode:
            raise UserError("The linters found something; see above.")


if __name__ == "__main__":
    sys.exit(main_guard(main))
