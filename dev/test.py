"""Run everything that `make test` promises: lint, then the three rings in one pytest run, which has the last word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dev.cluster import provider
from dev.images import build_all
from dev.paths import ROOT
from dev.progress import UserError, main_guard, step
from tests.support.pi import install_pi

_BIN = Path(sys.executable).parent


def main() -> int:
    """Run what the command line asks for: everything, `--fast` without a cluster, or `--e2e` alone."""
    fast, only_e2e = "--fast" in sys.argv, "--e2e" in sys.argv
    if not only_e2e:
        _lint()
    arguments = ["tests/unit", "tests/integration", "tests/e2e"]
    if fast:
        arguments.remove("tests/e2e")
    if only_e2e:
        arguments = ["tests/e2e"]
    if not fast:
        _bring_up()
    if not only_e2e:
        with step("fetching Node and pi", 15):
            install_pi()
    env = {**os.environ, **({} if fast else {"E2E_REQUIRED": "1"})}
    return subprocess.run([_BIN / "python", "-m", "pytest", *arguments], cwd=ROOT, env=env, check=False).returncode


def _lint() -> None:
    with step("linting", 40):
        if subprocess.run(["make", "--no-print-directory", "lint"], cwd=ROOT, check=False).returncode:
            raise UserError("The linters found something; see above.")


def _bring_up() -> None:
    cluster = provider()
    cluster.up()
    built = build_all()
    cluster.load_images([archive for reference, archive in built.values() if not cluster.has_image(reference)])


if __name__ == "__main__":
    sys.exit(main_guard(main))
