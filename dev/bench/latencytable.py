"""What `make bench-latency` tells: the table, the goals, and the same as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from dev.bench.claimscene import AT_ONCE, ONE
from dev.bench.memory import Waiting
from dev.bench.paths import STEPS
from dev.bench.stats import Figures, between, split, summarise

_MB_OF_MIB: Final = 1.048576
Marks = Sequence[Mapping[str, float]]

LIVE_STEPS: Final = tuple(
    s for s in STEPS if s not in {"resource_patched", "job_created", "runner_started", "hello", "ready"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """All samples of a run.

    Attributes:
        scenes: Messages, by scene.
        jobs: Bare Jobs.
        direct: Milliseconds from a prompt to the first text of a pi that runs.
        memory: MiB resident and proportional, by part.
        sizes: MB of each image, packed.
        others: Milliseconds of what others do, by its name.
        waiting: What pods that wait take of memory.
    """

    scenes: Mapping[str, Marks]
    jobs: Marks
    direct: Sequence[float]
    memory: Mapping[str, tuple[float, float]]
    sizes: Mapping[str, int]
    others: Mapping[str, Sequence[float]] = field(default_factory=dict)
    waiting: Waiting = field(default_factory=Waiting)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        name: What is measured.
        found: In milliseconds.
        beside: The name of what it is compared with; empty for none.
        ratio: To that one's median.
    """

    name: str
    found: Figures
    beside: str = ""
    ratio: float = 0.0


@dataclass(frozen=True, slots=True)
class Goal:
    """What a median is held to."""

    words: str
    value: float
    limit: float
    unit: str

    def tell(self) -> str:
        """Return a line that says whether it is met."""
        met = "met" if self.value <= self.limit else "NOT met"
        return f"{self.words}: {self.value:.2f}{self.unit}, goal ≤ {self.limit:g}{self.unit}: {met}"


def build_rows(measured: Measured) -> list[Row]:
    """Return the table: each way of a message beside what it is compared with."""
    rows: list[Row] = []

    def add(name: str, samples: Sequence[float], beside: str = "") -> None:
        if samples:
            found = summarise(samples)
            base = next((row.found.p50 for row in rows if row.name == beside), 0.0)
            rows.append(Row(name, found, beside if base else "", found.p50 / base if base else 0.0))

    add("bare Job → pi answers", between(measured.jobs, "created", "answered"))
    add("pi alone: prompt → first text", measured.direct)
    for name, samples in measured.others.items():
        add(name, samples)
    for scene, marks in measured.scenes.items():
        if scene == "cold":
            add("cold: update → model's request", between(marks, "received", "model_request"), "bare Job → pi answers")
        if scene == "live":
            add("live: update → model's request", between(marks, "received", "model_request"))
        if scene.startswith("warm pool"):
            other = AT_ONCE if scene.endswith("at once") else ONE
            add(f"{scene}: update → turn handed over", between(marks, "received", "turn_sent"), other)
        first = f"returning, {_smallest(measured.scenes)} MB: update → first text"
        besides = {
            "live": "pi alone: prompt → first text", "cold": "bare Job → pi answers",
            "cold, at once": "cold: update → first text",
        }  # fmt: skip
        beside = "live: update → first text" if scene.startswith("warm pool") else besides.get(scene, first)
        add(f"{scene}: update → first text", between(marks, "received", "visible"), beside)
    return rows


def build_goals(rows: Sequence[Row], waiting: Waiting | None = None) -> list[Goal]:
    """Return what is held to a goal, of what was measured."""
    by_name = {row.name: row for row in rows}
    goals: list[Goal] = []
    if cold := by_name.get("cold: update → model's request"):
        goals.append(Goal("cold: update → model's request, beside a bare Job", cold.ratio, 1.4, " x"))
    live, alone = by_name.get("live: update → first text"), by_name.get("pi alone: prompt → first text")
    if live and alone:
        goals.append(Goal("live: update → first text, more than pi alone", live.found.p50 - alone.found.p50, 50, " ms"))
    returns = [row for row in rows if row.name.startswith("returning")]
    goals += [Goal(f"{r.name}, beside the one with the fewest files", r.ratio, 1.1, " x") for r in returns if r.ratio]
    if claim := by_name.get("warm pool: update → turn handed over"):
        goals.append(Goal("warm pool: update → turn handed over", claim.found.p50, 20, " ms"))
        goals.append(Goal("warm pool: the slowest of them", claim.found.worst, 60, " ms"))
    if pool := by_name.get("warm pool: update → first text"):
        goals.append(Goal("warm pool: update → first text, beside live", pool.ratio, 1.5, " x"))
    if burst := by_name.get("warm pool, at once: update → turn handed over"):
        goals.append(Goal("warm pool, at once: the last turn handed over", burst.found.worst, 150, " ms"))
    if waiting is not None and "runner" in waiting.parts:
        goals.append(Goal("warm pod: its runner, beside pi", waiting.parts["runner"][1] * _MB_OF_MIB, 25, " MB"))
    return goals


def build_splits(measured: Measured) -> dict[str, dict[str, Figures]]:
    """Return each step's time since the one before it, by scene."""
    return {
        scene: split(marks, LIVE_STEPS if scene == "live" or scene.startswith("warm pool") else STEPS)
        for scene, marks in measured.scenes.items()
    }


def report(measured: Measured, path: Path) -> None:
    """Print all of it, and write it."""
    rows, splits = build_rows(measured), build_splits(measured)
    goals = [goal.tell() for goal in build_goals(rows, measured.waiting)]
    print(f"\n{'':46} {'n':>4} {'p50':>9} {'p90':>9} {'worst':>9}   ms")
    for row in rows:
        f, beside = row.found, f"   {row.ratio:.2f} x {row.beside}" if row.beside else ""
        print(f"{row.name:46} {f.n:4} {f.p50:9.1f} {f.p90:9.1f} {f.worst:9.1f}{beside}")
    for scene, steps in splits.items():
        print(f"\n{scene}: each step since the one before")
        for name, f in steps.items():
            print(f"  {name:44} {f.n:4} {f.p50:9.1f} {f.p90:9.1f} {f.worst:9.1f}")
    print("\n" + "\n".join(goals))
    print(f"\nmemory (MiB resident / proportional): {_tell_sizes(measured.memory)}")
    if pods := measured.waiting.pods:
        each = ", ".join(f"{size:.0f}" for size in pods)
        print(
            f"pods that wait (MiB proportional): {each}; {sum(pods):.0f} in all; of one: {_tell_sizes(measured.waiting.parts)}"
        )
    print("images (MB, packed): " + ", ".join(f"{name} {size}" for name, size in measured.sizes.items()))
    print(f"cores {os.cpu_count()}, load average at the end {os.getloadavg()[0]:.1f}")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(build_json(measured, rows, splits, goals), indent=1))
    print(f"\nwritten to {path}")


def _tell_sizes(sizes: Mapping[str, tuple[float, float]]) -> str:
    return ", ".join(f"{name} {rss:.0f}/{pss:.0f}" for name, (rss, pss) in sorted(sizes.items()))


def build_json(
    measured: Measured, rows: Sequence[Row], splits: Mapping[str, Mapping[str, Figures]], goals: Sequence[str]
) -> dict[str, Any]:
    """Return all of it as it is written: figures and every sample."""
    return {
        "rows": [asdict(row) for row in rows], "goals": list(goals),
        "steps": {scene: {name: asdict(f) for name, f in steps.items()} for scene, steps in splits.items()},
        "memory_mib": dict(measured.memory), "waiting_mib": asdict(measured.waiting), "images_mb": dict(measured.sizes),
        "cores": os.cpu_count(), "load": os.getloadavg(),
        "samples": {
            "jobs": [dict(m) for m in measured.jobs], "direct": list(measured.direct), **measured.others,
            **{scene: [dict(m) for m in marks] for scene, marks in measured.scenes.items()},
        },
    }  # fmt: skip


def _smallest(scenes: Mapping[str, Marks]) -> int:
    sizes = [int(scene.split()[1]) for scene in scenes if scene.startswith("returning")]
    return min(sizes, default=0)
