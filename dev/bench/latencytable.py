"""The table of `make bench-latency`: each way of a message beside what it is compared with, and the goals. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dev.bench.claimscene import AT_ONCE, ONE
from dev.bench.memory import Waiting
from dev.bench.paths import STEPS
from dev.bench.stats import Figures, between, split, summarise

_MB_OF_MIB: Final = 1.048576
Marks = Sequence[Mapping[str, float]]

TIMES: Final = "\N{MULTIPLICATION SIGN}"
JOB, ALONE = "bare Job → pi answers", "pi alone: prompt → first text"
COLD, COLD_TEXT = "new conversation, cold: update → model's request", "new conversation, cold: update → first text"
LIVE, LIVE_TEXT = "live: update → model's request", "live: update → first text"
POOL, POOL_TEXT = "warm pool, new: update → turn with the runner", "warm pool, new: update → first text"

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
        missing: Why a phase was not measured, or not to its end, by its name.
    """

    scenes: Mapping[str, Marks]
    jobs: Marks
    direct: Sequence[float]
    memory: Mapping[str, tuple[float, float]]
    sizes: Mapping[str, int]
    others: Mapping[str, Sequence[float]] = field(default_factory=dict)
    waiting: Waiting = field(default_factory=Waiting)
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        name: What is measured.
        found: In milliseconds.
        beside: The name of what it is compared with; empty for none.
        ratio: To that one's median.
        words: The comparison, as a person reads it.
        goal: What it is held to, likewise.
    """

    name: str
    found: Figures
    beside: str = ""
    ratio: float = 0.0
    words: str = ""
    goal: str = ""


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
    """Return the table."""
    rows: list[Row] = []

    def add(name: str, samples: Sequence[float], beside: str = "", words: str = "", goal: str = "") -> None:
        if samples:
            found = summarise(samples)
            base = next((row.found.p50 for row in rows if row.name == beside), 0.0)
            ratio = found.p50 / base if base else 0.0
            told = words.format(ratio=_tell_ratio(ratio), more=found.p50 - base) if base else ""
            rows.append(Row(name, found, beside if base else "", ratio, told, goal))

    add(JOB, between(measured.jobs, "created", "answered"))
    add(ALONE, measured.direct)
    for name, samples in measured.others.items():
        add(name, samples)
    fewest = _find_fewest(measured.scenes)
    for scene, marks in measured.scenes.items():
        name, texts = name_scene(scene, len(marks)), between(marks, "received", "visible")
        if scene in {"cold", "live"}:
            asks = between(marks, "received", "model_request")
            add(f"{name}: update → model's request", asks, *((JOB, _JOBS, f"1.4 {TIMES}") if scene == "cold" else ()))
        if scene.startswith("warm pool"):
            other, goal = _CLAIMS.get(scene, ("", ""))
            turns = between(marks, "received", "turn_sent")
            add(f"{name}: update → turn with the runner", turns, other, "{ratio} agent-sandbox's claim", goal)
            add(
                f"{name}: update → first text",
                texts,
                LIVE_TEXT,
                "{ratio} live",
                f"1.5 {TIMES}" if scene == "warm pool" else "",
            )
        elif scene == "cold, at once":
            add(f"{name}: update → first text", texts, COLD_TEXT, "{ratio} one")
        elif scene.startswith("returning"):
            beside = f"{fewest}: update → first text"
            goal = f"1.1 {TIMES}" if fewest not in {"", name} else ""
            without = "without" if fewest.endswith("without files") else "the fewest"
            add(f"{name}: update → first text", texts, beside, f"{{ratio}} {without}", goal)
        elif scene == "live":
            add(f"{name}: update → first text", texts, ALONE, "pi alone + {more:.0f} ms", "+ 50 ms")
        else:
            add(f"{name}: update → first text", texts, JOB, _JOBS)
    return rows


_CLAIMS: Final = {"warm pool": (ONE, "20, worst 60"), "warm pool, at once": (AT_ONCE, "last 150")}
"""What a claim is compared with, and held to."""
_JOBS: Final = "{ratio} the bare Job"


def _tell_ratio(ratio: float) -> str:
    digits = 2 if ratio < 2 else 1 if ratio < 10 else 0
    return f"{ratio:.{digits}f} {TIMES}"


def name_scene(scene: str, count: int) -> str:
    """Return a scene as the table says it, of which there are so many samples."""
    if scene in _NAMES:
        return _NAMES[scene].format(count=count)
    where, _, size = scene.rpartition(", ")
    return f"{where} without files" if size == "0 MB" else f"{where} with {size}"


_NAMES: Final = {
    "cold": "new conversation, cold", "live": "live", "cold, at once": "{count} new ones at once, cold",
    "warm pool": "warm pool, new", "warm pool, at once": "warm pool, {count} at once",
}  # fmt: skip


def build_goals(rows: Sequence[Row], waiting: Waiting | None = None) -> list[Goal]:
    """Return what is held to a goal, of what was measured."""
    by_name = {row.name: row for row in rows}
    goals: list[Goal] = []
    if (cold := by_name.get(COLD)) and cold.ratio:
        goals.append(Goal("cold: update → model's request, beside a bare Job", cold.ratio, 1.4, " x"))
    live, alone = by_name.get(LIVE_TEXT), by_name.get(ALONE)
    if live and alone:
        goals.append(Goal("live: update → first text, more than pi alone", live.found.p50 - alone.found.p50, 50, " ms"))
    returns = [row for row in rows if row.name.startswith("returning")]
    goals += [
        Goal(f"{r.name}, beside the one with the fewest files", r.ratio, 1.1, " x")
        for r in returns
        if r.goal and r.ratio
    ]
    if claim := by_name.get(POOL):
        goals.append(Goal("warm pool: update → turn with the runner", claim.found.p50, 20, " ms"))
        goals.append(Goal("warm pool: the slowest of them", claim.found.worst, 60, " ms"))
    if (pool := by_name.get(POOL_TEXT)) and pool.ratio:
        goals.append(Goal("warm pool: update → first text, beside live", pool.ratio, 1.5, " x"))
    if burst := next((row for row in rows if row.goal.startswith("last")), None):
        goals.append(Goal("warm pool, at once: the last turn with its runner", burst.found.worst, 150, " ms"))
    if waiting is not None and "runner" in waiting.parts:
        goals.append(Goal("warm pod: its runner, beside pi", waiting.parts["runner"][1] * _MB_OF_MIB, 25, " MB"))
    return goals


def build_splits(measured: Measured) -> dict[str, dict[str, Figures]]:
    """Return each step's time since the one before it, by scene."""
    return {
        scene: split(marks, LIVE_STEPS if scene == "live" or scene.startswith("warm pool") else STEPS)
        for scene, marks in measured.scenes.items()
    }


def _find_fewest(scenes: Mapping[str, Marks]) -> str:
    """Return the name of the return with the fewest files, with which the others are compared."""
    sizes = [int(scene.split()[1]) for scene in scenes if scene.startswith("returning")]
    return name_scene(f"returning, {min(sizes)} MB", 0) if sizes else ""
