"""What may follow from a transaction once it is committed: a closed union of hints.

Each may be lost with its process, or with the answer of a commit. Whatever matters is recorded in the transaction and
found again by who looks for what is due; an effect only makes it happen at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.store.decisionrows import Decision
from agent_gateway.store.rows import Address, Thread, Turn
from agent_gateway.telegram.errors import TelegramProblem


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
class WakeReactions:
    """A message was taken or answered: it should bear another reaction."""


@dataclass(frozen=True, slots=True)
class WakeFolds:
    """An answer stands: what was previewed of it may be folded."""


@dataclass(frozen=True, slots=True)
class CallFailed:
    """A call to a chat or topic was not done."""

    address: Address
    problem: TelegramProblem


@dataclass(frozen=True, slots=True)
class MessageLost:
    """Something will never come into the chat, as `words` say without what it holds."""

    address: Address
    words: str


@dataclass(frozen=True, slots=True)
class DropMessage:
    """Take a message of the bot away of which it did not know that it stands."""

    address: Address
    message_id: int


@dataclass(frozen=True, slots=True)
class WakeVenues:
    """What is recorded of venues is to be brought about."""


@dataclass(frozen=True, slots=True)
class WakeJobs:
    """Long work was recorded."""


@dataclass(frozen=True, slots=True)
class WakeAccounts:
    """A person begins to link an account."""


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
class SendDecision:
    """Tell the runner what became of a question; one that is away is told when it is back."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class WakePush:
    """Whoever holds a push that a person was asked about may look at its row."""

    decision_id: int


@dataclass(frozen=True, slots=True)
class PrepareRun:
    """Tell the runner which repository was chosen; one that is away is told when it is back."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class NarrowRights:
    """Narrower rules for repositories are to be written."""


@dataclass(frozen=True, slots=True)
class WakeDecisions:
    """A question waits for its end, or its message for being told."""


@dataclass(frozen=True, slots=True)
class AnswerPress:
    """Show a short text to the person who pressed a button."""

    callback_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ShowCommands:
    """See that a chat's menu shows the commands of its classes."""

    chat_id: int
    language: str
    """Of who wrote there."""


@dataclass(frozen=True, slots=True)
class FillMenu:
    """Fill the menu of an administrator's private chat."""

    person_id: int


@dataclass(frozen=True, slots=True)
class OpenTopic:
    """Open a topic in the chat of an address, where a person asked for one."""

    address: Address
    language: str
    key: str
    """Of the press, so that it is answered once."""


@dataclass(frozen=True, slots=True)
class PutEvent:
    """Say on a conversation's resource what can be said nowhere else."""

    thread: Thread
    reason: str
    text: str


Effect = (
    WakeThread | FreeSlot | WakeOutbox | WakeReactions | WakeFolds | CallFailed | MessageLost | DropMessage | WakeVenues | WakeJobs
    | OpenView | CloseViews | HideViews | AbortTurn | ShutDownRun | ForgetRun | SendSteers | SendDecision | WakePush
    | WakeDecisions | AnswerPress | FillMenu | ShowCommands | OpenTopic | PutEvent | WakeAccounts | PrepareRun | NarrowRights
)  # fmt: skip
