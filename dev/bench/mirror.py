"""Measure a first clone of a large repository without and with a bundle of the gateway's: `python -m dev.bench.mirror`.

A server of its own (`git http-backend`), the gateway's broker between, and git with the settings of a pod. Over a line of its own
the server sends no more than `--mbit` a second to the gateway, as from the internet; 0 leaves it as fast as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from agent_gateway.mirrors.shelf import Shelf
from dev.bench.bounds import bench_guard
from dev.paths import ROOT
from dev.progress import step

_lab: Any = import_module("tests.support.git_lab")  # the tests have no types
_server: Any = import_module("tests.support.git_server")
RESULT: Final = ROOT / "build" / "bench-mirror.json"
NAME: Final = "acme/large"
GOAL: Final = 1.0
"""Of the time without, over the slow line."""
_PIECE: Final = 1 << 20


def main() -> int:
    """Run it; 1 where a bundle saves no time over the slow line."""
    parser = argparse.ArgumentParser(prog="dev.bench.mirror")
    parser.add_argument("--mib", type=int, default=300, help="size of the repository, packed")
    parser.add_argument("--mbit", type=int, default=100, help="the slow line")
    parser.add_argument("-n", type=int, default=3, help="clones of each kind")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-mirror-"))
    try:
        report = asyncio.run(_measure(folder, given.mib, given.mbit, given.n))
    finally:
        shutil.rmtree(folder)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=2) + "\n")
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    slow = report[f"{given.mbit} Mbit/s"]
    return 0 if slow["with"] <= GOAL * slow["without"] else 1


async def _measure(folder: Path, mib: int, mbit: int, count: int) -> dict[str, Any]:
    shelf = Shelf(folder / "shelf", 8 << 30)
    report: dict[str, Any] = {}
    async with _lab.running_lab(folder, shelf) as lab:
        with step(f"making a repository of {mib} MiB", mib // 10):
            await asyncio.to_thread(_make, lab.server, mib)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for limit in (0, mbit):
            lab.server.mbit = limit
            title = f"{limit} Mbit/s" if limit else "as fast as it is"
            direct = [await _clone(lab, folder, bundle=False) for _ in range(count)]
            began = time.monotonic()
            await _clone(lab, folder, bundle=True)
            await lab.mirror.wait()
            captured = time.monotonic() - began
            warm = [await _clone(lab, folder, bundle=True) for _ in range(count)]
            report[title] = {
                "without": round(statistics.median(direct), 1), "with": round(statistics.median(warm), 1),
                "first with, and the capture beside it": round(captured, 1),
            }  # fmt: skip
            await asyncio.to_thread(shelf.drop, f"lab/{NAME}")
        report["MiB more of the gateway"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    return report


async def _clone(lab: Any, folder: Path, *, bundle: bool) -> float:
    """Return the seconds of one clone."""
    work = folder / "clone"
    words = [f"--bundle-uri={lab.gateway}/git/lab/{NAME}.git/bundle"] if bundle else []
    began = time.monotonic()
    await lab.git("clone", "-q", "--no-checkout", *words, f"https://forge.example/{NAME}.git", str(work))
    seconds = time.monotonic() - began
    await asyncio.to_thread(shutil.rmtree, work)
    return seconds


def _make(server: Any, mib: int) -> None:
    """Make a repository whose pack has so many MiB: commits of files that do not pack, as pictures and models."""
    bare = server.create(NAME, commits=1)
    work = server.folder / f"seed-{NAME.replace('/', '-')}"
    for number in range(mib // 10):
        for part in range(10):
            (work / f"{number}-{part}.bin").write_bytes(os.urandom(_PIECE))
        _server.run_git(work, "add", ".")
        _server.run_git(work, "commit", "-qm", f"ten of {number}")
    _server.run_git(work, "push", "-q", str(bare), "HEAD:main")
    subprocess.run(["git", "-C", str(bare), "repack", "-adq"], check=True)


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
