"""What happens in a turn, as a runner tells it: a discriminated union on `kind`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.lenient import Number, known_or
from agent_contract.modelling import Field
from agent_contract.terms import Limit
from agent_contract.text import PieceText, Sentence, WholeText, Word

_NOTICES: Final = (
    "",
    "file_not_fetched",
    "tool_server_away",
    "project_file_cut",
    "project_file_unread",
    "source_not_fetched",
)
_FINISHES: Final = ("stop", "length")
_LIMITS: Final = ("silence", "wall")
_FAILURES: Final = ("aborted", "timeout", "provider", "agent", "agent_died")


class TurnStarted(Wire):
    """pi accepted the prompt."""

    kind: Literal["turn_started"] = "turn_started"


class Text(Wire):
    """More text of one assistant message of the turn: `text` belongs at `offset` (in code points)."""

    kind: Literal["text"] = "text"
    message: Number
    offset: Number
    text: PieceText


class Thinking(Wire):
    """The model thinks; the text itself stays in the session."""

    kind: Literal["thinking"] = "thinking"


class ToolStarted(Wire):
    """A tool call began. `summary` is short and holds no output."""

    kind: Literal["tool_started"] = "tool_started"
    call: Word
    tool: Word
    summary: Sentence = ""


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
    text: WholeText


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
    error: Sentence = ""


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
    """In the words of who says it: the agent's extension, or the runner for a gateway that does not know the code."""
    code: Annotated[
        Literal[
            "", "file_not_fetched", "tool_server_away", "project_file_cut", "project_file_unread", "source_not_fetched"
        ],
        known_or("", _NOTICES),
    ] = ""
    """What it is about, where the gateway has words for it. `file_not_fetched`: `name` did not come to the agent;
    `tool_server_away`: that server cannot be reached; `project_file_…`: that file was read in part, or not at
    all; `source_not_fetched`: skills or templates of that repository are not there."""
    name: Sentence = ""


class TimeShort(Wire):
    """The turn will be ended in `seconds`, where nothing changes: after silence, or as all its time is over."""

    kind: Literal["time_short"] = "time_short"
    limit: Annotated[Limit, known_or("wall", _LIMITS)]
    seconds: Number
    """Until the end."""
    passed: Number
    """How long there has been silence, or how long the turn has taken."""


class TimeEased(Wire):
    """What a `time_short` announced will not come: there is a sign of work again, or more time was given."""

    kind: Literal["time_eased"] = "time_eased"


class TurnSettled(Wire):
    """The turn is over and went well. Every session line of it came before."""

    kind: Literal["turn_settled"] = "turn_settled"
    finish: Annotated[Literal["stop", "length"], known_or("stop", _FINISHES)] = "stop"
    """`length`: the last message was cut at the model's output limit."""
    pictures: Number = 0
    """Pictures that the provider refused, and that were left out."""
    fallback: Annotated[str, Field(max_length=128)] = ""
    """The model that answered, where that was not the first one as it could not."""


class Failed(Wire):
    """The turn is over and did not go well; what was written is kept."""

    kind: Literal["failed"] = "failed"
    reason: Annotated[Literal["aborted", "timeout", "provider", "agent", "agent_died"], known_or("agent", _FAILURES)]
    error: Sentence = ""
    """In words, for the chat; of a provider's error its own text."""
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    """Of a provider's error: its HTTP status, where there is one."""
    limit: Annotated[Limit, known_or("wall", _LIMITS)] | None = None
    """Of a timeout: which time was over."""
    seconds: Number | None = None
    """Of a timeout: how long the silence, or the whole turn, was."""


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
    | TimeShort
    | TimeEased
    | TurnSettled
    | Failed,
    Field(discriminator="kind"),
]
