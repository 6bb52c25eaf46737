"""The words of the supervisor: its state, what happens to it, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_contract.terms import Limit, Timeouts
from agent_runner.actions import (
    AbortPi,
    Action,
    Announce,
    AskLeave,
    Emit,
    Exit,
    KillAll,
    KillPi,
    KillTools,
    Prompt,
    StartPi,
    Steer,
)
from agent_runner.clocks import TurnClock
from agent_runner.events import Outcome

__all__ = [
    "TERMINATED",
    "AbortAsked",
    "AbortPi",
    "Accepted",
    "Action",
    "Announce",
    "AskLeave",
    "Begun",
    "Cause",
    "Delivered",
    "Dismissed",
    "Emit",
    "Exit",
    "Given",
    "Happening",
    "Held",
    "KillAll",
    "KillPi",
    "KillTools",
    "LinkEnded",
    "Phase",
    "PiDied",
    "PiLoaded",
    "Prompt",
    "Rejected",
    "SessionOpened",
    "SessionRefused",
    "Settled",
    "ShutdownAsked",
    "StartPi",
    "State",
    "Stayed",
    "Steer",
    "SteerAsked",
    "Terminated",
    "Tick",
    "Welcomed",
]

TERMINATED = 143
"""Exit code after SIGTERM, as shells count it: none of the contract's, so that nobody reads it as a leave."""


class Phase(StrEnum):
    """Where a run is."""

    STARTING = "starting"
    """pi is loading, or the stored session is on its way."""
    READY = "ready"
    RUNNING = "running"
    ABORTING = "aborting"
    """pi was told to stop the turn and has not settled."""
    LEAVING = "leaving"
    """The gateway was asked for leave and has not answered."""
    BROKEN = "broken"
    """pi does not start: the next turn is told so."""
    STOPPING = "stopping"
    """Over; what is not acknowledged is on its way."""


Cause = Literal["aborted", "timeout", "shutdown", "terminated"]


@dataclass(frozen=True, slots=True)
class State:
    """Times are seconds of one monotonic clock."""

    limits: Timeouts
    phase: Phase = Phase.STARTING
    loaded: bool = False
    """This pi answers."""
    open: bool = False
    """The conversation's session is in place: set once."""
    turn: int | None = None
    waiting: tuple[wire.Turn, ...] = ()
    seen: frozenset[int] = frozenset()
    clock: TurnClock | None = None
    """Of the turn that runs."""
    expired: Limit | None = None
    """Which of its times was over."""
    deadline: float | None = None
    """When the phase ends by itself."""
    run_ends: float | None = None
    cause: Cause | None = None
    stop_by: float | None = None
    goodbye: bool = False
    """STOPPING waits for the answer to its leave."""
    reason: str = ""
    one_turn: bool = False
    """A sub-agent: its first turn is its last."""
    answered: bool = False
    """A sub-agent's turn has come to its answer."""
    deaths: tuple[float, ...] = ()
    exit_code: int = ExitCode.LEFT


@dataclass(frozen=True, slots=True)
class PiLoaded:
    """A started pi answers."""


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """The conversation's session is in place."""


@dataclass(frozen=True, slots=True)
class SessionRefused:
    """pi cannot open the stored session."""

    error: str


@dataclass(frozen=True, slots=True)
class PiDied:
    """pi has ended by itself; `error` says how."""

    error: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """pi took the prompt."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """pi did not take the prompt."""

    error: str


@dataclass(frozen=True, slots=True)
class Begun:
    """pi begins to work on the turn, or begins again after an error."""


@dataclass(frozen=True, slots=True)
class Heard:
    """There was a sign of work: text, or a tool that began, wrote or ended."""


@dataclass(frozen=True, slots=True)
class Held:
    """Every open tool call waits for a sub-agent (or, with False, no longer): that is no silence."""

    held: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """The turn waits for what a person decides: that is no silence."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The turn waits for no person any more."""


@dataclass(frozen=True, slots=True)
class ExtendAsked:
    """The turn was given more time."""

    turn: int
    seconds: float
    """In all, of every time that it was given more."""


@dataclass(frozen=True, slots=True)
class Settled:
    """pi is done with the turn, and its session lines are in the outbox."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The gateway took this connection; `delivered`: nothing is unacknowledged."""

    delivered: bool


@dataclass(frozen=True, slots=True)
class Given:
    """The gateway gave a turn."""

    turn: wire.Turn


@dataclass(frozen=True, slots=True)
class SteerAsked:
    """The gateway has words for the running turn."""

    frame: wire.Steer


@dataclass(frozen=True, slots=True)
class AbortAsked:
    """The gateway wants a turn stopped."""

    turn: int


@dataclass(frozen=True, slots=True)
class Stayed:
    """The leave was declined."""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The run is closed."""


@dataclass(frozen=True, slots=True)
class ShutdownAsked:
    """The gateway wants this run to end."""

    reason: str
    grace: float


@dataclass(frozen=True, slots=True)
class Terminated:
    """SIGTERM came."""


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """There is no gateway any more for this runner."""

    code: ExitCode


@dataclass(frozen=True, slots=True)
class Delivered:
    """Everything is acknowledged."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Happening = (
    PiLoaded
    | SessionOpened
    | SessionRefused
    | PiDied
    | Accepted
    | Rejected
    | Begun
    | Heard
    | Held
    | Waiting
    | Resumed
    | ExtendAsked
    | Settled
    | Welcomed
    | Given
    | SteerAsked
    | AbortAsked
    | Stayed
    | Dismissed
    | ShutdownAsked
    | Terminated
    | LinkEnded
    | Delivered
    | Tick
)
