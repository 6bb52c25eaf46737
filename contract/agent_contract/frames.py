"""The frames between runner and gateway: two discriminated unions on `type`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from agent_contract.base import Wire
from agent_contract.events import Event
from agent_contract.lenient import Number, known_or
from agent_contract.terms import CallId, Task, TaskSeconds, Timeouts, WorkspaceMode
from agent_contract.text import CleanText, ObjectName, Sentence, SessionLine, Word

PROTOCOL = 1
"""The gateway serves this and the one before."""
_LEAVES: Final = ("idle", "run_deadline", "shutdown", "done")

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
