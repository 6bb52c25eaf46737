"""What breaks when. Pure; `dev.chaos.inject` does it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

Card = TypeVar("Card")


class Act(StrEnum):
    """What is done to a part."""

    KILL = "kill"
    """SIGKILL of its process."""
    DELETE = "delete"
    """`kubectl delete pod --force --grace-period=0`."""
    FREEZE = "freeze"
    """SIGSTOP of all its processes, later SIGCONT."""
    SPOIL = "spoil"
    """A fault of a simulator: its answers are refused, cut, or do not come."""
    HANG = "hang"
    """Nothing comes back from the API server, for this part alone."""
    REFUSE = "refuse"
    """The API server's port refuses this part's connections."""
    NO_WATCH = "no-watch"
    """This part's role loses the verb `watch`, and its connections end."""


class Target(StrEnum):
    """What it is done to."""

    LEADER = "gateway-leader"
    STANDBY = "gateway-standby"
    OPERATOR = "operator"
    POSTGRES = "postgres"
    RUNNER = "runner"
    PI = "pi"
    AGENT = "agent-pod"
    TELEGRAM = "telegram"
    MODEL = "model"


KILLS = frozenset({Act.KILL, Act.DELETE})
_KILL_DECK = (
    (Act.KILL, Target.LEADER), (Act.KILL, Target.LEADER), (Act.DELETE, Target.LEADER),
    (Act.KILL, Target.STANDBY), (Act.DELETE, Target.STANDBY),
    (Act.KILL, Target.OPERATOR), (Act.DELETE, Target.OPERATOR),
    (Act.KILL, Target.POSTGRES), (Act.DELETE, Target.POSTGRES),
    (Act.KILL, Target.RUNNER), (Act.KILL, Target.RUNNER),
    (Act.KILL, Target.PI), (Act.KILL, Target.PI),
    (Act.DELETE, Target.AGENT), (Act.DELETE, Target.AGENT),
)  # fmt: skip
_OTHER_DECK = (
    (Act.FREEZE, Target.LEADER), (Act.FREEZE, Target.OPERATOR), (Act.FREEZE, Target.POSTGRES),
    (Act.FREEZE, Target.RUNNER),
    (Act.SPOIL, Target.TELEGRAM), (Act.SPOIL, Target.TELEGRAM), (Act.SPOIL, Target.TELEGRAM),
    (Act.SPOIL, Target.MODEL), (Act.SPOIL, Target.MODEL),
    (Act.HANG, Target.LEADER), (Act.REFUSE, Target.LEADER), (Act.NO_WATCH, Target.LEADER),
    (Act.HANG, Target.OPERATOR), (Act.REFUSE, Target.OPERATOR), (Act.NO_WATCH, Target.OPERATOR),
)  # fmt: skip
_METHODS = ("*", "getUpdates", "sendMessage", "editMessageText")
_SHORT, _LONG = 3.0, 20.0
"""Seconds that a freeze or a fault lasts."""
_SPARE = 1.2
OTHERS_A_KILL = 0.5
"""How many other faults there are for each kill."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that breaks.

    Attributes:
        at: Seconds after the beginning.
        act: What is done.
        target: To what.
        pick: In [0, 1): which one where there are several.
        seconds: How long it lasts; 0 for a kill.
        spoil: What a simulator is told (`POST /sim/faults`).
    """

    at: float
    act: Act
    target: Target
    pick: float
    seconds: float = 0.0
    spoil: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return what it is called in the table."""
        kind = "-".join(str(self.spoil[key]) for key in ("kind", "at") if key in self.spoil)
        return f"{self.act} {self.target}{f' {kind}' if kind else ''}"


def plan_faults(rng: random.Random, kills: int, until: float) -> tuple[Fault, ...]:
    """Draw faults in the order of time; each kind comes before one comes again.

    Args:
        rng: Where they are drawn from.
        kills: How many kills are to happen at least: there are some more, as one may find nothing to strike.
        until: Seconds in which they begin.
    """
    kills = math.ceil(kills * _SPARE)
    others = round(kills * OTHERS_A_KILL)
    pairs = [*islice(deal(rng, _KILL_DECK), kills), *islice(deal(rng, _OTHER_DECK), others)]
    faults = [_draw(rng, act, target, rng.uniform(0.04 * until, until)) for act, target in pairs]
    return tuple(sorted(faults, key=lambda f: f.at))


def deal(rng: random.Random, deck: Sequence[Card]) -> Iterator[Card]:
    """Deal a deck without end: each card comes before one comes again."""
    while True:
        yield from rng.sample(deck, len(deck))


def _draw(rng: random.Random, act: Act, target: Target, at: float) -> Fault:
    pick = rng.random()
    if act in KILLS:
        return Fault(at, act, target, pick)
    seconds = rng.uniform(_SHORT, _LONG)
    if act is not Act.SPOIL:
        return Fault(at, act, target, pick, seconds)
    draw = _draw_telegram if target is Target.TELEGRAM else _draw_model
    common = {"seconds_active": round(seconds, 1), "seed": rng.randrange(1 << 30)}
    return Fault(at, act, target, pick, seconds, draw(rng) | common)


def _draw_telegram(rng: random.Random) -> dict[str, Any]:
    spoil: dict[str, Any] = {"method": rng.choice(_METHODS), "count": rng.randint(1, 8)}
    match rng.choice(("throttle", "error", "cut", "cut", "silence")):
        case "throttle":
            return {**spoil, "kind": "throttle", "retry_after": rng.randint(1, 5)}
        case "error":
            when = rng.choice(("before", "after"))
            return {**spoil, "kind": "error", "at": when, "code": rng.choice((500, 502, 503)), "probability": 0.7}
        case "cut":
            return {**spoil, "kind": "cut", "at": rng.choice(("before", "middle", "after"))}
        case _:
            return {**spoil, "kind": "silence", "at": rng.choice(("before", "after"))}


def _draw_model(rng: random.Random) -> dict[str, Any]:
    spoil: dict[str, Any] = {"count": rng.randint(1, 4)}
    match rng.choice(("error", "cut", "silence")):
        case "error":
            return {**spoil, "kind": "error", "status": rng.choice((429, 500, 503)), "probability": 0.7}
        case kind:
            return {**spoil, "kind": kind, "at": rng.choice(("before", "middle"))}
