"""What can be done for a sub-agent; `decide` chooses, `apply` does it."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.store.rows import Ending


@dataclass(frozen=True, slots=True)
class Create:
    """Create the resource that is wanted."""


@dataclass(frozen=True, slots=True)
class WriteCancel:
    """Write into the resource that it is to end."""


@dataclass(frozen=True, slots=True)
class ConfirmDeleted:
    """Ask the API server whether the resource is gone; if so it was deleted, and that ends the sub-agent."""


@dataclass(frozen=True, slots=True)
class ConfirmAbsent:
    """Ask the API server whether a resource came of a create whose answer was lost; without one the run is over."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Record the end; `cancel` says why its pod must be ended, where that is not on its way."""

    ending: Ending
    cancel: str | None = None


@dataclass(frozen=True, slots=True)
class SetPhase:
    """Record another phase, and show it to those who wait."""

    phase: str
    reason: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Show:
    """Show how it is now: nothing may have changed but its age."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """Send the result to the tool call that waits for it."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give the task to the runner."""


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Send a delivered task that was not begun once more."""

    turn: int


@dataclass(frozen=True, slots=True)
class EndRun:
    """Record that the run is over; the words of its end stand with the sub-agent alone, where they can be forgotten."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class RequeueAfter:
    """Look at the sub-agent again after so many seconds."""

    seconds: float


Action = (
    Create | WriteCancel | ConfirmDeleted | ConfirmAbsent | Finish | SetPhase | Show | SendResult | Deliver | SendAgain
    | EndRun | RequeueAfter
)  # fmt: skip
