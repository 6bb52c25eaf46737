"""Figures from samples; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COLD_GOAL = 1.5
"""Cold, from update to the model's first request, at most so many times the bare Job."""
WARM_FACTOR, WARM_EXTRA_MS = 2.0, 50.0
"""Warm, from update to first visible text, at most so many times the direct prompt, and so many milliseconds."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of one step."""

    n: int
    p50: float
    p90: float
    worst: float


def summarise(samples: Sequence[float]) -> Figures:
    """Return median, ninth decile and worst of samples (nearest rank).

    Raises:
        ValueError: there are none.
    """
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)

    def rank(share: float) -> float:
        return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]

    return Figures(len(ordered), rank(0.5), rank(0.9), ordered[-1])


def split(marks: Sequence[Mapping[str, float]], steps: Sequence[str]) -> dict[str, Figures]:
    """Return each step's time since the step before it that was seen, over all runs that saw it."""
    found: dict[str, list[float]] = {step: [] for step in steps}
    for run in marks:
        before: float | None = None
        for step in steps:
            if step not in run:
                continue
            if before is not None:
                found[step].append(run[step] - before)
            before = run[step]
    return {step: summarise(samples) for step, samples in found.items() if samples}


def between(marks: Sequence[Mapping[str, float]], first: str, last: str) -> list[float]:
    """Return the milliseconds between two marks, over all runs that have both."""
    return [run[last] - run[first] for run in marks if first in run and last in run]


def verdict(cold: float, job: float, warm: float, direct: float) -> list[str]:
    """Say in words whether the goals are met."""
    cold_ratio = cold / job
    warm_limit = WARM_FACTOR * direct + WARM_EXTRA_MS
    cold_words = (
        f"cold: update → model's first request {cold:.0f} ms = {cold_ratio:.2f} x bare Job ({job:.0f} ms); "
        f"goal ≤ {COLD_GOAL} x: {'met' if cold_ratio <= COLD_GOAL else 'NOT met'}"
    )
    warm_words = (
        f"warm: update → first visible text {warm:.0f} ms = {warm / direct:.2f} x direct prompt ({direct:.0f} ms); "
        f"goal ≤ {WARM_FACTOR:g} x + {WARM_EXTRA_MS:.0f} ms = {warm_limit:.0f} ms: "
        f"{'met' if warm <= warm_limit else 'NOT met'}"
    )
    return [cold_words, warm_words]
