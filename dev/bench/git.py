"""What the way over the gateway costs git: `python -m dev.bench.git --mib 500`.

The gateway's port for runners, with a real Postgres, is one process, Debian's git server another; git has a pod's
settings. Asked are, in turn with and without the gateway: `git ls-remote`, the clone of a repository of files that cannot
be packed, and the same pack ten times at once, of which nothing is kept. The gateway's memory is its own at its highest.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from tests.conftest import in_database
from tests.support.git_server import KEY, GitServer, run_git
from tests.support.migrated import running_migrated

GOAL_MS, GOAL_SHARE, GOAL_MIB = 20.0, 0.9, 32.0
"""Added to ls-remote; of the direct clone's speed; of memory with ten at once."""
_MIB = 1 << 20
_AT_ONCE = 10


def main() -> int:
    """Run the benchmark; returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="dev.bench.git", description="Measure git through the gateway.")
    parser.add_argument("--mib", type=int, default=500, help="size of the repository that is cloned")
    parser.add_argument("--asks", type=int, default=60, help="ls-remotes of each kind")
    parser.add_argument("--clones", type=int, default=3, help="clones of each kind")
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-git-") as name, running_migrated() as dsn:
        folder = Path(name)
        _build(folder, asked.mib)
        template = in_database(dsn, "openclaw_template")
        with _part("server", folder) as forge, _part("gateway", folder, template, forge["url"]) as gateway:
            met = _measure(folder, forge["url"], gateway, asked)
    print(f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")
    return int(not met)


def _build(folder: Path, mib: int) -> None:
    server: Any = GitServer(folder)
    server.create("acme/api")
    bare = server.create("acme/big", commits=0)
    work, noise = folder / "seed-acme-big", random.Random(1)
    for number in range(mib):
        (work / f"file{number}").write_bytes(noise.randbytes(_MIB))
    run: Any = run_git
    run(work, "-c", "core.compression=0", "add", ".")
    run(work, "commit", "-qm", "files")
    run(work, "push", "-q", str(bare), "HEAD:main")
    shutil.rmtree(work)


@contextlib.contextmanager
def _part(*words: object) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "dev.bench.gitparts", *map(str, words)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("no pipes")
        yield json.loads(process.stdout.readline())
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(30)


class _Git:
    """Git beside the gateway, and through it."""

    def __init__(self, folder: Path, forge: str) -> None:
        shown = base64.b64encode(f"git:{KEY}".encode()).decode()
        self._folder, self._forge = folder, forge
        self._direct = ("-c", f"http.extraHeader=Authorization: Basic {shown}")

    def run(self, *words: str, through: bool) -> float:
        """Run git; return the seconds that it took."""
        env = {
            "GIT_TERMINAL_PROMPT": "0",
            **({"GIT_CONFIG_SYSTEM": str(self._folder / "gitconfig")} if through else {}),
        }
        begun = time.monotonic()
        run: Any = run_git
        run(self._folder, *(() if through else self._direct), *words, env=env)
        return time.monotonic() - begun

    def ask(self, *, through: bool) -> float:
        """Ask for the refs of a small repository."""
        return self.run("ls-remote", f"{self._forge}/acme/api.git", through=through)

    def clone(self, *, through: bool) -> float:
        """Clone the large one."""
        target = self._folder / "clone"
        try:
            return self.run("clone", "-q", "--bare", f"{self._forge}/acme/big.git", str(target), through=through)
        finally:
            shutil.rmtree(target, ignore_errors=True)


def _measure(folder: Path, forge: str, gateway: dict[str, Any], asked: argparse.Namespace) -> bool:
    git = _Git(folder, forge)
    for through in (True, False):
        git.ask(through=through)
    pairs = [(git.ask(through=False), git.ask(through=True)) for _ in range(asked.asks)]
    added = [(through - direct) * 1000 for direct, through in pairs]
    print(f"ls-remote: direct p50 {_at([1000 * one for one, _ in pairs], 0.5):.1f} ms, through the gateway p50 "
          f"{_at([1000 * one for _, one in pairs], 0.5):.1f} ms; added p50 {_at(added, 0.5):.1f} ms, p95 {_at(added, 0.95):.1f} ms "
          f"(goal ≤ {GOAL_MS:.0f} ms)", flush=True)  # fmt: skip
    clones = [(git.clone(through=False), git.clone(through=True)) for _ in range(asked.clones)]
    fast, slow = (min(one[side] for one in clones) for side in (0, 1))
    share = fast / slow
    print(f"clone of {asked.mib} MiB: direct {fast:.1f} s ({asked.mib / fast:.0f} MiB/s), through {slow:.1f} s "
          f"({asked.mib / slow:.0f} MiB/s): {100 * share:.0f} % (goal ≥ {100 * GOAL_SHARE:.0f} %)", flush=True)  # fmt: skip
    run: Any = run_git
    commit = run(folder / "repositories" / "acme" / "big.git", "rev-parse", "main").stdout.strip()
    Path(f"/proc/{gateway['pid']}/clear_refs").write_text("5")  # its highest is counted from here on
    before = _read_memory(gateway["pid"], "VmRSS")
    speed = asyncio.run(_at_once(commit, gateway, (folder / "token").read_text(), asked.mib))
    grown = _read_memory(gateway["pid"], "VmHWM") - before
    print(
        f"{_AT_ONCE} at once: memory + {grown:.1f} MiB (goal ≤ + {GOAL_MIB:.0f} MiB), {speed:.0f} MiB/s in all",
        flush=True,
    )
    return _at(added, 0.5) <= GOAL_MS and share >= GOAL_SHARE and grown <= GOAL_MIB


def _at(samples: Sequence[float], share: float) -> float:
    summarise(samples)
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


async def _at_once(commit: str, gateway: dict[str, Any], token: str, mib: int) -> float:
    """Fetch the large pack so many times at once, half of them slowly; return the speed in MiB/s."""
    lines = ["command=fetch", "agent=bench", "object-format=sha1"]
    wanted = [f"want {commit}\n", "no-progress\n", "done\n"]
    body = "".join(f"{len(one) + 4:04x}{one}" for one in lines) + "0001"
    body += "".join(f"{len(one) + 4:04x}{one}" for one in wanted) + "0000"
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/x-git-upload-pack-request", "Git-Protocol": "version=2",
    }  # fmt: skip
    begun = time.monotonic()
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=3600), connector=aiohttp.TCPConnector(limit=0)
    ) as session:

        async def fetch(number: int) -> int:
            size = 0
            async with session.post(
                f"{gateway['url']}/git/lab/acme/big.git/git-upload-pack", data=body, headers=headers
            ) as answer:
                answer.raise_for_status()
                async for chunk in answer.content.iter_any():
                    size += len(chunk)
                    if number % 2 and size % 7 == 0:
                        await asyncio.sleep(0.005)  # one that reads slowly keeps nothing in the gateway
            return size

        sizes = await asyncio.gather(*map(fetch, range(_AT_ONCE)))
    if min(sizes) < mib * _MIB:
        raise RuntimeError("a pack came cut off")
    return sum(sizes) / _MIB / (time.monotonic() - begun)


def _read_memory(pid: int, name: str) -> float:
    """Return MiB of a process."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
