"""What an agent asks a person, and what the person decides: frames of both directions, each with its bounds."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.lenient import Number, known_or
from agent_contract.modelling import Field
from agent_contract.terms import CallId
from agent_contract.text import Cleaned, PieceText, Word

MAX_OPTIONS: Final = 8
"""Buttons below a question: more do not fit the screen of a phone."""
MAX_OPTION: Final = 60
"""Characters of one."""
MAX_QUESTION: Final = 2000
"""Characters of a question, and of what an approval is about: both, with the answer, fit one message."""
MAX_RULE: Final = 300
"""Characters of a rule's name: a tool's and a pattern's together (`ApprovalRule`), whole, as two that begin alike are two."""
MAX_EXPIRY_SECONDS: Final = 86400
_KINDS: Final = ("question", "select", "confirm", "input", "approval")
_OUTCOMES: Final = ("answered", "expired", "withdrawn", "refused")

Option = Annotated[str, Cleaned(MAX_OPTION, least=1)]
QuestionText = Annotated[str, Cleaned(MAX_QUESTION)]
ExpirySeconds = Annotated[int, Field(ge=1, le=MAX_EXPIRY_SECONDS)]


class Ask(Wire):
    """The agent asks a person. Asking again with the same id asks the same."""

    type: Literal["ask"] = "ask"
    seq: Number
    turn: Number
    id: CallId
    """Minted by the runner for each question."""
    kind: Annotated[Literal["question", "select", "confirm", "input", "approval"], known_or("question", _KINDS)]
    """A question of the agent; pi's dialogs select, confirm and input; whether a tool may run."""
    text: QuestionText
    """What is asked; of an approval what the tool would do, for a person to read."""
    options: Annotated[list[Option], Field(max_length=MAX_OPTIONS)] = []
    """Answers to choose from. Of confirm and approval there are none: the gateway has words for these."""
    tool: Word = ""
    """Of an approval: the tool's name."""
    rule: Annotated[str, Cleaned(MAX_RULE)] = ""
    """Of an approval: the rule that asks, which a person can allow for the whole conversation."""
    free_text: bool = False
    """The person may write an answer of their own."""
    expire_seconds: ExpirySeconds | None = None
    """After which nobody waits any more; absent means what the class says, and no more than that in any case."""


class AskClosed(Wire):
    """The runner waits no more for a decision: it has taken it, or the call that asked is over."""

    type: Literal["ask_closed"] = "ask_closed"
    seq: Number
    id: CallId


class Decision(Wire):
    """What became of a question. Sent again after each reconnect until the runner says that it waits no more."""

    type: Literal["decision"] = "decision"
    id: CallId
    outcome: Annotated[Literal["answered", "expired", "withdrawn", "refused"], known_or("withdrawn", _OUTCOMES)]
    """Refused: it was not asked, and `text` says why."""
    allowed: bool = False
    """Of confirm and approval: the person said yes."""
    choice: Number | None = None
    """Which of the question's own options was chosen, from 0."""
    text: PieceText = ""
    """The option that was chosen or the words that were written; of an approval that is denied, the reason given."""
    person: Word = ""
    """Who decided, as the chat calls them."""
