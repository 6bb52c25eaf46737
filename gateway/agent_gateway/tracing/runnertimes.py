"""What a runner tells of its own times, on the gateway's clock. Pure.

A pod is trusted with nothing: what it tells counts for the turn that its own connection runs, by names that are known
here, and no earlier or later than that turn itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent_gateway.tracing.opened import OpenTurn
from agent_kube.tracing.spans import RUNNER

_STARTS: Final = (
    ("start runner", "", "connected"),
    ("load pi", "pi_spawned", "pi_ready"),
    ("open session", "welcomed", "ready"),
)
"""Spans of a start: from which step to which; empty: from the beginning of the runner's process."""
_TURNS: Final = (("take prompt", "given", "prompted"), ("begin turn", "prompted", "begun"))
_TEXT: Final = "text"


def tell_start(turn: OpenTurn, timings: Mapping[str, float], now: int) -> None:
    """Tell the spans of a runner's start, from the times of its steps, of which `ready` is the last.

    Args:
        turn: What the run was begun for.
        timings: Seconds since the runner's process began.
        now: When they came, in nanoseconds since the epoch.
    """
    if "ready" not in timings:
        return
    start = turn.start.span
    for name, first, last in _STARTS:
        if last not in timings or (first and first not in timings):
            continue
        begin, end = (_place(turn, now, timings["ready"] - timings.get(step, 0.0)) for step in (first, last))
        turn.add(name, begin, end, parent=start if not first else 0, service=RUNNER)


def tell_turn(turn: OpenTurn, marks: Mapping[str, float], sent: float, now: int) -> None:
    """Tell the spans of a turn in its pod.

    Args:
        turn: The turn that the connection runs.
        marks: Seconds since the runner's process began.
        sent: Of the same clock: when they were sent.
        now: When they came, in nanoseconds since the epoch.
    """
    for name, first, last in _TURNS:
        if first in marks and last in marks:
            begin, end = (_place(turn, now, sent - marks[mark], turn.sent) for mark in (first, last))
            turn.add(name, begin, end, service=RUNNER)
    if _TEXT in marks and turn.first_text:
        begin = _place(turn, now, sent - marks[_TEXT], turn.sent)
        turn.add("tell first text", min(begin, turn.first_text), turn.first_text, service=RUNNER)


def _place(turn: OpenTurn, now: int, ago: float, earliest: int = 0) -> int:
    """Return when something was that is so many seconds ago, held between the turn's beginning and now."""
    return min(now, max(turn.began, earliest, now - round(ago * 1e9)))
