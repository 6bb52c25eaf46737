"""How long `/diff` takes: `python -m dev.bench.diff --files 5000 --changed 200`.

A folder of source files is kept twice, by the keeper itself, with some of its files changed in between, and the states are stored in a
real Postgres. Then each round is what the job does: the states are compared in their process, the message is built.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from agent_gateway.diffs.compare import Comparer
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_gateway.store.migrate import migrate
from agent_gateway.store.rows import Address
from agent_gateway.wording.diffs import build_summary
from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from dev.progress import step
from tests.conftest import BOT_ID
from tests.support.postgres import running_postgres

_keeping: Any = import_module("tests.support.keeping")  # the tests have no types
GOAL_SECONDS: Final = 1.0
_WORDS: Final = ("value", "result", "index", "number", "return", "if", "else", "for", "name", "self", "text", "line")


def main() -> int:
    """Run the benchmark; returns 1 where it misses the goal."""
    parser = argparse.ArgumentParser(prog="dev.bench.diff", description="Measure /diff.")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--changed", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_postgres() as server:
        migrate(server)
        worst = asyncio.run(_measure(server, Path(folder), asked))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return int(worst > GOAL_SECONDS)


async def _measure(dsn: str, folder: Path, asked: argparse.Namespace) -> float:
    store = await Store.open(dsn, BOT_ID)
    await take_over(store, "tg")
    place, kept = _keeping.Place(folder), _keeping.Kept()
    with step(f"{asked.files} files are kept, {asked.changed} change", 60):
        rng = random.Random(1)  # the same each time
        _write(place.workspace, rng, asked.files, asked.lines)
        await asyncio.to_thread(place.keep, kept)
        _change(place.workspace, rng, asked.changed)
        await asyncio.to_thread(place.keep, kept)
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(Address(BOT_ID, 1), "tg-1", "")
    for number in (0, 1):
        await _keeping.store_state(store, thread, 1, number + 1, kept, number)
    after, before, *_ = await store.kept.list_states(thread.id)
    comparer, took, report = Comparer(store), [], None
    before_rounds = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(asked.rounds):
        begun = time.perf_counter()
        report = await comparer.compare(before.id, after.id)
        summary = build_summary("en", "What my last answer changed", report)
        took.append(time.perf_counter() - begun)
    assert report is not None  # noqa: S101  # there was a round
    found = summarise([seconds * 1000 for seconds in took])
    size = sum(map(len, kept.packs.values()))
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    core = (usage.ru_utime + usage.ru_stime - before_rounds.ru_utime - before_rounds.ru_stime) / asked.rounds
    print(
        f"{asked.files} files in {len(kept.packs)} packs of {size / (1 << 20):.1f} MiB, {report.count} changed (+{report.added} -{report.removed})"
    )
    print(
        f"/diff: p50 {found.p50:.0f} ms, worst {found.worst:.0f} ms (goal {GOAL_SECONDS * 1000:.0f}), its process {core * 1000:.0f} ms of a "
        f"core and at most {usage.ru_maxrss >> 10} MiB; patch {len(report.patch) >> 10} KiB, message {len(summary.text)} characters"
    )
    await store.close()
    await asyncio.to_thread(_measure_git, folder, kept)
    return max(took)


def _measure_git(folder: Path, kept: Any) -> None:
    """Measure what git takes for the same two folders, beside us."""
    old = folder / "old"
    restored = _keeping.Place(old)
    restored.restore(kept.frames(0))
    begun = time.perf_counter()
    words = ["git", "diff", "--no-index", "--no-color", str(restored.workspace), str(folder / "workspace")]
    done = subprocess.run(words, capture_output=True, check=False)
    print(
        f"git diff --no-index of both folders, as files: {(time.perf_counter() - begun) * 1000:.0f} ms, {len(done.stdout) >> 10} KiB"
    )
    print(
        json.dumps(
            {"git": subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip()}
        )
    )


def _write(folder: Path, rng: random.Random, files: int, lines: int) -> None:
    for number in range(files):
        path = folder / f"package{number % 50}" / f"module{number:05}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(_line(rng) for _ in range(lines)))


def _line(rng: random.Random) -> str:
    if rng.random() < 0.2:  # blank and closing lines, as code has them
        return rng.choice(["\n", "    }\n", "    return None\n"])
    return "    " + " ".join(rng.choice(_WORDS) for _ in range(rng.randrange(2, 9))) + f"  # {rng.randrange(10**6)}\n"


def _change(folder: Path, rng: random.Random, count: int) -> None:
    for path in rng.sample(sorted(folder.rglob("*.py")), count):
        text = path.read_text().splitlines(keepends=True)
        for _ in range(10):
            at = rng.randrange(len(text))
            text[at : at + 2] = [_line(rng) for _ in range(rng.randrange(4))]
        path.write_text("".join(text))


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=30))
