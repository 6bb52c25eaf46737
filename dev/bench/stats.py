"""Figures from samples, and how they are told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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


def tell_times(words: str, samples: Sequence[float]) -> None:
    """Print milliseconds: their median, the 95th percentile, the worst."""
    found = summarise(samples)
    late = sorted(samples)[max(0, math.ceil(0.95 * len(samples)) - 1)]
    print(f"{words}: n {found.n}, p50 {found.p50:.0f} ms, p95 {late:.0f} ms, worst {found.worst:.0f} ms")
