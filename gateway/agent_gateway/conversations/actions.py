"""What can be done for a thread; `reconcile.decide` chooses, `threads.Threads` does it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestRun:
    """Compute the next run and write it."""


@dataclass(frozen=True, slots=True)
class RewriteRun:
    """Write a run that is stored but was not (or not provably) written."""

    number: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give the oldest waiting turn to the runner."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Tell the runner that nobody wants more of a turn."""

    turn: int


@dataclass(frozen=True, slots=True)
class StopRun:
    """Ask for the end of a run; `why` is one of `runs.stop`."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class EndRun:
    """Record that a run is over."""

    number: int
    reason: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmGone:
    """Ask the API server whether the resource is really gone; if so the run ended with it."""

    number: int


@dataclass(frozen=True, slots=True)
class Requeue:
    """Give back a turn that its run never started."""

    turn: int


@dataclass(frozen=True, slots=True)
class Interrupt:
    """End a turn whose run was lost, its text kept; `resumes` says that it goes on by itself."""

    turn: int
    reason: str
    message: str | None = None
    resumes: bool = False


@dataclass(frozen=True, slots=True)
class TimeOut:
    """End a turn that its runner did not end at the deadline."""

    turn: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Fail the waiting turns: no run could be started for them."""

    reason: str | None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ShowWaiting:
    """Tell the chat what the oldest waiting turn waits for."""

    reason: str | None = None
    message: str | None = None
    no_slot: bool = False
    late: bool = False
    """The start takes longer than it may, and nothing says why."""
    behind: bool = False
    """An answer of the same conversation is being written."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Look at the thread again after so many seconds."""

    seconds: float


Action = (
    RequestRun | RewriteRun | Deliver | Abort | StopRun | EndRun | ConfirmGone | Requeue | Interrupt | TimeOut | GiveUp
    | ShowWaiting | LookAgain
)  # fmt: skip
