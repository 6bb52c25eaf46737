"""What `make bench-latency` prints, behind each phase and at the end, and the same as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dev.bench.latencypage import build_block
from dev.bench.latencytable import Measured, Row, build_goals, build_rows, build_splits
from dev.bench.stats import Figures

_HEAD: Final = f"{'':58} {'n':>4} {'p50':>9} {'p90':>9} {'worst':>9}   ms"


def tell_new_rows(measured: Measured, told: dict[str, Row]) -> None:
    """Print the rows that are new, or other than before, and remember them: a run that is cut has left its figures."""
    for row in build_rows(measured):
        if told.get(row.name) != row:
            told[row.name] = row
            print(f"  {tell_row(row)}", flush=True)


def tell_row(row: Row) -> str:
    """Return a row as a line."""
    f, beside = row.found, f"   {row.ratio:.2f} x {row.beside}" if row.beside else ""
    return f"{row.name:58} {f.n:4} {f.p50:9.1f} {f.p90:9.1f} {f.worst:9.1f}{beside}"


def report(measured: Measured, path: Path, load: float) -> None:
    """Print all of it, and write it.

    Args:
        measured: It.
        path: Of the JSON.
        load: The load average before.
    """
    rows, splits = build_rows(measured), build_splits(measured)
    goals = [goal.tell() for goal in build_goals(rows, measured.waiting)]
    print(f"\n{_HEAD}")
    for row in rows:
        print(tell_row(row))
    for name, why in measured.missing.items():
        print(f"{name:58} not measured to its end: {why}")
    for scene, steps in splits.items():
        print(f"\n{scene}: each step since the one before")
        for name, f in steps.items():
            print(f"  {name:56} {f.n:4} {f.p50:9.1f} {f.p90:9.1f} {f.worst:9.1f}")
    print("\n" + "\n".join(goals))
    if measured.memory:
        print(f"\nmemory (MiB resident / proportional): {_tell_sizes(measured.memory)}")
    if pods := measured.waiting.pods:
        each = ", ".join(f"{size:.0f}" for size in pods)
        parts = _tell_sizes(measured.waiting.parts)
        print(f"pods that wait (MiB proportional): {each}; {sum(pods):.0f} in all; of one: {parts}")
    print("images (MB, packed): " + ", ".join(f"{name} {size}" for name, size in measured.sizes.items()))
    found = build_json(measured, rows, splits, goals, load)
    print(f"cores {os.cpu_count()}, load average {load:.1f} before, {found['load'][1]:.1f} at the end")
    print(f"\nAs docs/explanation/latency.md holds it; `make latency-page` puts it there:\n\n{build_block(found)}")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=1))
    print(f"\nwritten to {path}", flush=True)


def _tell_sizes(sizes: Mapping[str, tuple[float, float]]) -> str:
    return ", ".join(f"{name} {rss:.0f}/{pss:.0f}" for name, (rss, pss) in sorted(sizes.items()))


def build_json(
    measured: Measured,
    rows: Sequence[Row],
    splits: Mapping[str, Mapping[str, Figures]],
    goals: Sequence[str],
    load: float,
) -> dict[str, Any]:
    """Return all of it as it is written: figures and every sample."""
    return {
        "rows": [asdict(row) for row in rows], "goals": list(goals), "missing": dict(measured.missing),
        "steps": {scene: {name: asdict(f) for name, f in steps.items()} for scene, steps in splits.items()},
        "memory_mib": dict(measured.memory), "waiting_mib": asdict(measured.waiting), "images_mb": dict(measured.sizes),
        "cores": os.cpu_count(), "load": [load, os.getloadavg()[0]], "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "samples": {
            "jobs": [dict(m) for m in measured.jobs], "direct": list(measured.direct), **measured.others,
            **{scene: [dict(m) for m in marks] for scene, marks in measured.scenes.items()},
        },
    }  # fmt: skip
