"""Frames between runner and gateway: JSON over one WebSocket, a discriminated union on `type`.

The runner numbers its frames (`hello` and `ready` excepted) in one sequence from 1 per run. The gateway acknowledges
cumulatively, and only after the commit that covers a frame; after a reconnect the runner sends again what is
unacknowledged. A frame of an unknown type is ignored, so that either side may be newer.
"""

from __future__ import annotations

import functools
import json
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from agent_contract.base import Wire
from agent_contract.lenient import known_or
from agent_contract.terms import CallId, Task, TaskSeconds, Timeouts, WorkspaceMode
from agent_contract.text import MAX_TEXT, CleanText, ErrorText, ObjectName, Sentence, SessionLine, Word

T = TypeVar("T")

PROTOCOL = 1
"""The gateway serves this and the one before."""
MAX_FRAME_BYTES = MAX_TEXT
"""Larger frames are refused; session lines above it travel in several `entries` frames or by HTTP."""
_MOST: Final = 2**53
Number = Annotated[int, Field(ge=-_MOST, le=_MOST)]
"""A whole number that JSON, JavaScript and a bigint hold."""
_LEAVES: Final = ("idle", "run_deadline", "shutdown", "done")
_FAILURES: Final = ("aborted", "timeout", "provider", "agent", "agent_died")


# --- runner -> gateway ----------------------------------------------------------------------------


class Hello(Wire):
    """First frame of a connection."""

    type: Literal["hello"] = "hello"
    protocol: Number = PROTOCOL
    run: Annotated[int, Field(ge=0, le=2**31 - 1)]
    versions: dict[Word, Word] = {}
    turns_seen: list[Number] = []
    """Every turn id this runner was ever given; it never prompts one twice."""
    acked: Number = 0
    """The last sequence number that the runner knows to be acknowledged."""
    ready: bool = False
    """pi answers and holds the session (true on a reconnect)."""


class Ready(Wire):
    """pi answers and holds the restored session: turns may come."""

    type: Literal["ready"] = "ready"
    timings: dict[Word, float] = {}
    """Seconds since the runner's process started, by step: `pi_spawned`, `connected`, `welcomed`, `pi_ready`."""
    files_problem: Sentence = ""
    """Why the files that the welcome announced are not there, in words."""


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


class EventFrame(Wire):
    """One event of one turn."""

    type: Literal["event"] = "event"
    seq: Number
    turn: Number
    event: Event


class Entries(Wire):
    """New lines of pi's session file, oldest first."""

    type: Literal["entries"] = "entries"
    seq: Number
    lines: list[SessionLine]
    """Raw JSON lines as pi wrote them, each with its own `id`; never the header line."""


class Leave(Wire):
    """The runner has been idle (or its time is up, or its one turn is over) and asks to leave."""

    type: Literal["leave"] = "leave"
    seq: Number
    reason: Annotated[Literal["idle", "run_deadline", "shutdown", "done"], known_or("shutdown", _LEAVES)]


class SubAgentAsk(Wire):
    """The agent wants a sub-agent. Asking again with the same call id asks for the same one."""

    type: Literal["subagent"] = "subagent"
    seq: Number
    turn: Number
    call_id: CallId
    """Minted by the runner for each tool call: a model's own ids repeat."""
    task: Task
    timeout_seconds: TaskSeconds | None = None
    """Absent means the default, capped to what is left of the run."""
    workspace: WorkspaceMode = "Copy"
    copied: bool = False
    """A copy of the workspace was stored under the call id."""


class SubAgentCancel(Wire):
    """Nobody waits any more for what a call asked for: it is to end."""

    type: Literal["subagent_cancel"] = "subagent_cancel"
    seq: Number
    call_id: CallId


RunnerFrame = Annotated[
    Hello | Ready | EventFrame | Entries | Leave | SubAgentAsk | SubAgentCancel, Field(discriminator="type")
]

# --- gateway -> runner ----------------------------------------------------------------------------


class Welcome(Wire):
    """Answer to `hello`: the run is this pod's from now on."""

    type: Literal["welcome"] = "welcome"
    thread: Word
    session_id: Word
    session_lines: Number = 0
    """How many stored lines `GET /v1/session` streams (one JSON line each); 0 means a new session."""
    acked: Number = 0
    """The last sequence number committed."""
    workspace: bool = False
    """`GET /v1/workspace` streams packed files that belong into the workspace before the first turn."""
    timeouts: Timeouts = Timeouts()


class TurnFile(Wire):
    """A file that came with a prompt; its place in the list is its number in `GET /v1/files/<turn>/<number>`."""

    name: Word
    """One plain part of a path."""
    media_type: Word = ""
    size: Number | None = None
    """Bytes, where they are known."""
    about: Word = ""
    """What it is, where the name does not tell: a voice message of 12 s."""


class Turn(Wire):
    """A prompt."""

    type: Literal["turn"] = "turn"
    id: Number
    text: CleanText
    files: list[TurnFile] = []


class Steer(Wire):
    """Words for the running turn. Sent again after a reconnect until the runner tells that the agent has read them."""

    type: Literal["steer"] = "steer"
    turn: Number
    id: Number
    text: CleanText


class Abort(Wire):
    """End the running turn now; its queue first, so that nothing runs after a stop."""

    type: Literal["abort"] = "abort"
    turn: Number


class SubAgentUpdate(Wire):
    """How a sub-agent is: a line for the tool call that waits for it."""

    type: Literal["subagent_update"] = "subagent_update"
    call_id: CallId
    text: CleanText


class SubAgentUsage(Wire):
    """Tokens that a sub-agent, and those it started, took."""

    input: Number = 0
    output: Number = 0
    cached: Number = 0


class SubAgentResult(Wire):
    """How a sub-agent ended. Sent again after each reconnect until a session line holds it."""

    type: Literal["subagent_result"] = "subagent_result"
    call_id: CallId
    name: ObjectName = ""
    """Of the SubAgent; empty where none was made."""
    ok: bool
    text: CleanText
    """Its whole answer, or why there is none, in words."""
    usage: SubAgentUsage = SubAgentUsage()


class Ack(Wire):
    """Everything up to `seq` is committed."""

    type: Literal["ack"] = "ack"
    seq: Number


class Stay(Wire):
    """Answer to `leave`: a turn came in the same moment and follows."""

    type: Literal["stay"] = "stay"


class Goodbye(Wire):
    """Answer to `leave`: the run is closed, exit 0."""

    type: Literal["goodbye"] = "goodbye"


class Refused(Wire):
    """The gateway will not serve this runner (wrong protocol, lost lease); exit 69."""

    type: Literal["refused"] = "refused"
    reason: Sentence


class Shutdown(Wire):
    """End everything within the grace and exit; what is unacknowledged is sent first."""

    type: Literal["shutdown"] = "shutdown"
    reason: Sentence
    grace_seconds: Number = 10


GatewayFrame = Annotated[
    Welcome | Turn | Steer | Abort | Ack | Stay | Goodbye | Refused | Shutdown | SubAgentUpdate | SubAgentResult,
    Field(discriminator="type"),
]

_RUNNER_TYPES = {"hello", "ready", "event", "entries", "leave", "subagent", "subagent_cancel"}
_GATEWAY_TYPES = {"welcome", "turn", "steer", "abort", "ack", "stay", "goodbye", "refused", "shutdown"} | {
    "subagent_update", "subagent_result",
}  # fmt: skip


class FrameError(ValueError):
    """A frame is not JSON, or a known type with wrong fields. Its text names fields, never contents."""


def encode(frame: Wire) -> str:
    """Return one frame as JSON text."""
    return frame.model_dump_json(by_alias=True, exclude_none=True)


def decode_runner(data: str | bytes) -> RunnerFrame | None:
    """Read a frame that a runner sent; None for a type (or event kind) this version does not know."""
    raw = _parse(data, _RUNNER_TYPES)
    return None if raw is None else _validate(_runner(), raw)


def decode_gateway(data: str | bytes) -> GatewayFrame | None:
    """Read a frame that the gateway sent; None for a type this version does not know."""
    raw = _parse(data, _GATEWAY_TYPES)
    return None if raw is None else _validate(_gateway(), raw)


# each side reads one of the two: the other is never built there


@functools.cache
def _runner() -> TypeAdapter[RunnerFrame]:
    return TypeAdapter(RunnerFrame)


@functools.cache
def _gateway() -> TypeAdapter[GatewayFrame]:
    return TypeAdapter(GatewayFrame)


def _parse(data: str | bytes, known: set[str]) -> dict[str, Any] | None:
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FrameError("not JSON") from error
    if not isinstance(raw, dict):
        raise FrameError("not a JSON object")
    kind = raw.get("type")
    return raw if isinstance(kind, str) and kind in known else None


def _validate(adapter: TypeAdapter[T], raw: dict[str, Any]) -> T | None:
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        if all(p["type"] == "union_tag_invalid" for p in problems):
            return None
        raise FrameError("; ".join(f"{'.'.join(map(str, p['loc']))}: {p['type']}" for p in problems)) from error
