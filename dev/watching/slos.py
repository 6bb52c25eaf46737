"""Two objectives, the errors that they allow, and the alerts on how fast these are used up.

Windows and factors are those of the Site Reliability Workbook, chapter 5 ("Alerting on SLOs"), for an objective of thirty days:
https://sre.google/workbook/alerting-on-slos/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

FIRST_TEXT_SECONDS: Final = 30
"""Within which the first text of an answer is to stand."""
LEAST_BAD: Final = 3
"""Bad ones in the longer window before anybody is called: of two messages a night one says nothing of how it goes."""
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


@dataclass(frozen=True, slots=True)
class Objective:
    """What is promised.

    Attributes:
        name: In words of a rule's name.
        alert: The alerts' name.
        allowed: The part that may be bad.
        words: What a bad one is.
        bad: Its rate within a window, by namespace.
        all: The rate of all.
    """

    name: str
    alert: str
    allowed: float
    words: str
    bad: Callable[[str], str]
    all: Callable[[str], str]

    def record(self, window: str) -> str:
        """Return the name of the series that holds the part that is bad."""
        return f"openclaw:{self.name}_bad:ratio_rate{window}"


def _sum(series: str, window: str, function: str = "rate") -> str:
    return f"sum by (namespace) ({function}({series}[{window}]))"


_FAILED: Final = 'openclaw_answers_total{outcome="failed"}'
_LOST: Final = 'openclaw_messages_lost_total{kind="final"}'
_JUDGED: Final = 'openclaw_answers_total{outcome=~"answered|failed"}'
_TEXTS: Final = "openclaw_first_text_seconds_count"
_IN_TIME: Final = f'openclaw_first_text_seconds_bucket{{le="{FIRST_TEXT_SECONDS}.0"}}'

ANSWERED: Final = Objective(
    "answers",
    "OpenclawAnswersFail",
    0.01,
    "answers fail, or never came into their chat",
    lambda window: f"({_sum(_FAILED, window)} + {_sum(_LOST, window)})",
    lambda window: f"({_sum(_JUDGED, window)} + {_sum(_LOST, window)})",
)
FIRST_TEXT: Final = Objective(
    "first_text",
    "OpenclawFirstTextLate",
    0.05,
    f"first texts come later than {FIRST_TEXT_SECONDS} s",
    lambda window: f"({_sum(_TEXTS, window)} - {_sum(_IN_TIME, window)})",
    lambda window: _sum(_TEXTS, window),
)
OBJECTIVES: Final = (ANSWERED, FIRST_TEXT)


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast what is allowed is used up: so many times faster than it may, over both windows."""

    factor: float
    long: str
    short: str
    severity: str


BURNS: Final = (
    Burn(14.4, "1h", "5m", "critical"),
    Burn(6, "6h", "30m", "critical"),
    Burn(3, "1d", "2h", "warning"),
    Burn(1, "3d", "6h", "warning"),
)


def build_records() -> list[dict[str, Any]]:
    """Return the rules that record the bad part of each objective over each window."""
    return [
        {"record": one.record(window), "expr": f"{one.bad(window)} / {one.all(window)}"}
        for one in OBJECTIVES
        for window in WINDOWS
    ]


def build_alerts() -> list[dict[str, Any]]:
    """Return the alerts of both objectives."""
    return [_build_alert(one, burn) for one in OBJECTIVES for burn in BURNS]


def _build_alert(one: Objective, burn: Burn) -> dict[str, Any]:
    bound = f"{burn.factor * one.allowed:.4g}"
    enough = one.bad(burn.long).replace("(rate(", "(increase(")
    return {
        "alert": one.alert,
        "expr": f"{one.record(burn.long)} > {bound} and {one.record(burn.short)} > {bound} and {enough} >= {LEAST_BAD}",
        "labels": {"severity": burn.severity, "objective": one.name, "window": burn.long},
        "annotations": {
            "summary": f"{{{{ $value | humanizePercentage }}}} of {one.words} within {burn.long}; {one.allowed:.0%} may.",
            "runbook_url": build_runbook(one.alert),
        },
    }


def build_runbook(alert: str) -> str:
    """Return where an alert's runbook is, from the root of the repository."""
    return f"docs/how-to/alerts.md#{alert.lower()}"
