"""What can be done for a thread; `decide` chooses, `apply` does it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent_contract.terms import Timeouts


class Wait(StrEnum):
    """What a message waits for; each has its words in the chat."""

    START = "start"
    """A pod starts."""
    LATE = "late"
    """A pod takes longer to start than it may, and nothing says why."""
    CLUSTER = "cluster"
    """What the status of the run, or of its resource, says."""
    SLOT = "slot"
    """Another conversation's run must end first."""
    BEHIND = "behind"
    """An answer of the same conversation is being written."""
    STOPPING = "stopping"
    """The run before is being ended."""
    DELETING = "deleting"
    """The AgentThread is being deleted."""
    UNREADABLE = "unreadable"
    """The cluster cannot be read."""
    REFUSED = "refused"
    """The cluster refused to take the run; it is asked again."""
    HELD = "held"
    """`spec.stop` forbids every further run."""
    AWAY = "away"
    """The connection to the agent is interrupted, or its agent is not ready again."""
    UNCONFIRMED = "unconfirmed"
    """The agent was given the message and has not taken it."""


@dataclass(frozen=True, slots=True)
class RequestRun:
    """Compute the next run and write it."""


@dataclass(frozen=True, slots=True)
class RewriteRun:
    """Write a run that is stored but was not (or not provably) written."""

    number: int


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """Store what a run is promised that was wanted before its class was known."""

    number: int
    limits: Timeouts


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give the oldest waiting turn to the runner, or send the one again that it was given."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Tell the runner that nobody wants more of a turn."""

    turn: int


@dataclass(frozen=True, slots=True)
class Extend:
    """Tell the runner how many seconds a turn was given more, in all."""

    turn: int
    seconds: int


@dataclass(frozen=True, slots=True)
class StopRun:
    """Ask for the end of a run; `why` is one of `runs.stop`."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class WriteStop:
    """Write that a run that is over must not be running."""

    number: int


@dataclass(frozen=True, slots=True)
class RecordGone:
    """Record that the pod of a run that is over is gone."""

    number: int


@dataclass(frozen=True, slots=True)
class EndRun:
    """Record that a run is over."""

    number: int
    reason: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmGone:
    """Ask the API server whether the resource is gone; if so the run ended with it."""

    number: int


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Queue a turn again that its run never started."""

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
    """Tell the chat what a turn waits for.

    Attributes:
        turn: Which.
        wait: For what.
        reason: `status.run.reason` or the condition's, for CLUSTER.
        message: The cluster's own words.
    """

    turn: int
    wait: Wait
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RequeueAfter:
    """Look at the thread again after so many seconds: that is when something may come to be due by itself."""

    seconds: float


Action = (
    RequestRun | RewriteRun | RecordLimits | Deliver | Abort | Extend | StopRun | WriteStop | RecordGone | EndRun
    | ConfirmGone | GiveBack | Interrupt | TimeOut | GiveUp | ShowWaiting | RequeueAfter
)  # fmt: skip
