"""What may follow from a transaction once it is committed: a closed union of hints.

Each may be lost with its process, or with the answer of a commit. Whatever matters is recorded in the transaction and
found again by who looks for what is due; an effect only makes it happen at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.store.rows import Address, Thread, Turn


@dataclass(frozen=True, slots=True)
class WakeThread:
    """A thread should be looked at. The transaction records that it is due."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A run ended: a conversation that waits for a slot may begin one."""


@dataclass(frozen=True, slots=True)
class WakeOutbox:
    """Something is to be said."""


@dataclass(frozen=True, slots=True)
class WakeVenues:
    """What is recorded of venues is to be brought about."""


@dataclass(frozen=True, slots=True)
class WakeJobs:
    """Long work was recorded."""


@dataclass(frozen=True, slots=True)
class OpenView:
    """Show that a message was taken."""

    turn: Turn
    address: Address


@dataclass(frozen=True, slots=True)
class CloseViews:
    """Put an end under what cancelled turns show."""

    turn_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HideViews:
    """Show nothing more of turns; what stands stays."""

    turn_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AbortTurn:
    """Tell the runner that nobody wants more of a turn; one that is away is told when it is back."""

    thread_id: int
    turn_id: int


@dataclass(frozen=True, slots=True)
class ShutDownRun:
    """Tell the runner of a run to end; the stop is recorded, and carried out by who looks at the thread."""

    thread_id: int
    run: int
    reason: str
    grace: int = 5
    """Seconds that what works there has to end."""


@dataclass(frozen=True, slots=True)
class ForgetRun:
    """Know the connection of a run no more: its conversation goes on under another AgentThread."""

    thread_id: int
    run: int


@dataclass(frozen=True, slots=True)
class SendSteers:
    """Send the words that a running turn's agent has not read."""

    thread_id: int
    turn: Turn


@dataclass(frozen=True, slots=True)
class AnswerPress:
    """Show a short text to the person who pressed a button."""

    callback_id: str
    text: str


@dataclass(frozen=True, slots=True)
class FillMenu:
    """Fill the menu of an administrator's private chat."""

    person_id: int


@dataclass(frozen=True, slots=True)
class PutEvent:
    """Say on a conversation's resource what can be said nowhere else."""

    thread: Thread
    reason: str
    text: str


Effect = (
    WakeThread | FreeSlot | WakeOutbox | WakeVenues | WakeJobs | OpenView | CloseViews | HideViews | AbortTurn | ShutDownRun
    | ForgetRun | SendSteers | AnswerPress | FillMenu | PutEvent
)  # fmt: skip
