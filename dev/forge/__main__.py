"""`make test-forge`: pull requests, protected branches, reviews and checks before a real Gitea."""

from __future__ import annotations

import os
import subprocess
import sys

from dev.forge import build_gitea
from dev.paths import ROOT
from dev.progress import main_guard


def main() -> int:
    """Build Gitea where it is not there yet, and run its ring; what follows on the command line goes to pytest."""
    build_gitea()
    command = [sys.executable, "-m", "pytest", "tests/forge", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "FORGE_REQUIRED": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main_guard(main))
