"""What happens in a turn, as a runner tells it: a discriminated union on `kind`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from agent_contract.base import Wire
from agent_contract.lenient import Number, known_or
from agent_contract.text import CleanText, ErrorText, Sentence, Word

_FAILURES: Final = ("aborted", "timeout", "provider", "agent", "agent_died")


class TurnStarted(Wire):
    """pi accepted the prompt."""

    kind: Literal["turn_started"] = "turn_started"


class Text(Wire):
    """More text of one assistant message of the turn: `text` belongs at `offset` (in code points)."""

    kind: Literal["text"] = "text"
    message: Number
    offset: Number
    text: CleanText


class Thinking(Wire):
    """The model thinks; the text itself stays in the session."""

    kind: Literal["thinking"] = "thinking"


class ToolStarted(Wire):
    """A tool call began. `summary` is short and holds no output."""

    kind: Literal["tool_started"] = "tool_started"
    call: Word
    tool: Word
    summary: ErrorText = ""


class ToolEnded(Wire):
    """A tool call ended."""

    kind: Literal["tool_ended"] = "tool_ended"
    call: Word
    tool: Word
    error: bool = False


class MessageDone(Wire):
    """One assistant message is complete; `text` is the whole of it and replaces what was streamed."""

    kind: Literal["message_done"] = "message_done"
    message: Number
    text: CleanText


class MessageReplaced(Wire):
    """An unfinished message failed and will be tried again: what was streamed of it no longer holds."""

    kind: Literal["message_replaced"] = "message_replaced"
    message: Number


class Retrying(Wire):
    """pi waits before it asks the model again."""

    kind: Literal["retrying"] = "retrying"
    attempt: Number
    max_attempts: Number
    delay_ms: Number
    error: ErrorText = ""


class Compacting(Wire):
    """pi shortens its context."""

    kind: Literal["compacting"] = "compacting"


class Steered(Wire):
    """The agent has read what was added to its running turn."""

    kind: Literal["steered"] = "steered"
    id: Number


class Notice(Wire):
    """Something that the person should know, and that does not end the turn."""

    kind: Literal["notice"] = "notice"
    text: Sentence


class TurnSettled(Wire):
    """The turn is over and went well. Every session line of it came before."""

    kind: Literal["turn_settled"] = "turn_settled"


class Failed(Wire):
    """The turn is over and did not go well; what was written is kept."""

    kind: Literal["failed"] = "failed"
    reason: Annotated[Literal["aborted", "timeout", "provider", "agent", "agent_died"], known_or("agent", _FAILURES)]
    error: ErrorText = ""
    """In words, for the chat; of a provider's error its own text."""


Event = Annotated[
    TurnStarted
    | Text
    | Thinking
    | ToolStarted
    | ToolEnded
    | MessageDone
    | MessageReplaced
    | Retrying
    | Compacting
    | Steered
    | Notice
    | TurnSettled
    | Failed,
    Field(discriminator="kind"),
]
