"""The frames between runner and gateway: two discriminated unions on `type`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.apis import MAX_APIS, ApiConnection
from agent_contract.base import Wire
from agent_contract.commitidentity import CommitIdentity
from agent_contract.decisions import Ask, AskClosed, Decision
from agent_contract.events import Event
from agent_contract.lenient import Number, first, known_or, last
from agent_contract.modelling import Field
from agent_contract.preparing import MAX_PREPARED, Checkout, Prepare, Prepared, SetupStep
from agent_contract.reach import MAX_GIT, GitConnection, Reach
from agent_contract.terms import CallId, Task, TaskSeconds, Timeouts, WorkspaceMode
from agent_contract.text import ObjectName, Sentence, SessionLine, Version, WholeText, Word
from agent_contract.times import TurnTimes
from agent_contract.warm import ClaimedModel, Held

PROTOCOL = 1
"""The gateway serves this and the one before."""
MAX_LINES: Final = 500
"""Session lines of one frame."""
MAX_SEEN: Final = 1000
"""Turns that a hello names."""
MAX_VERSIONS: Final = 8
MAX_TIMINGS: Final = 16
MAX_FILES: Final = 1000
_LEAVES: Final = ("idle", "run_deadline", "shutdown", "done")
_Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]

# --- runner -> gateway ----------------------------------------------------------------------------


class Hello(Wire):
    """First frame of a connection."""

    type: Literal["hello"] = "hello"
    protocol: Number = PROTOCOL
    run: Annotated[int, Field(ge=0, le=2**31 - 1)]
    versions: Annotated[dict[Version, Version], Field(max_length=MAX_VERSIONS), first(MAX_VERSIONS)] = {}
    turns_seen: Annotated[list[Number], Field(max_length=MAX_SEEN, fail_fast=True), last(MAX_SEEN)] = []
    """The turn ids this runner was given, the newest last; it never prompts one twice."""
    acked: Number = 0
    """The last sequence number that the runner knows to be acknowledged."""
    ready: bool = False
    """pi answers and holds the session (true on a reconnect)."""
    states: bool = False
    """It reads kept states of files, not packed workspaces alone."""
    warm: bool = False
    """It has no run yet (`run` is 0): a pod of a warm pool, whose pi answers."""


class Ready(Wire):
    """pi answers and holds the restored session: turns may come."""

    type: Literal["ready"] = "ready"
    timings: Annotated[dict[Version, _Seconds], Field(max_length=MAX_TIMINGS), first(MAX_TIMINGS)] = {}
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
    lines: Annotated[list[SessionLine], Field(max_length=MAX_LINES, fail_fast=True)]
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
    """Absent means the default, capped to what is left of the turn."""
    workspace: WorkspaceMode = "Copy"
    copied: bool = False
    """A copy of the workspace was stored under the call id."""


class SubAgentCancel(Wire):
    """Nobody waits any more for what a call asked for: it is to end."""

    type: Literal["subagent_cancel"] = "subagent_cancel"
    seq: Number
    call_id: CallId


RunnerFrame = Annotated[
    Hello | Ready | EventFrame | Entries | Leave | SubAgentAsk | SubAgentCancel | Ask | AskClosed | Prepared
    | TurnTimes,
    Field(discriminator="type"),
]  # fmt: skip

# --- gateway -> runner ----------------------------------------------------------------------------


class Welcome(Wire):
    """Answer to `hello`: the run is this pod's from now on."""

    type: Literal["welcome"] = "welcome"
    thread: Word
    run: Number = 0
    """Which run it is: a pod of a warm pool learns it here."""
    model: ClaimedModel | None = None
    """Of a pod of a warm pool, where its conversation has another than its class; absent for that."""
    session_id: Word
    session_lines: Number = 0
    """How many stored lines `GET /v1/session` streams at least (one JSON line each); 0 means a new session."""
    acked: Number = 0
    """The last sequence number committed."""
    workspace: bool = False
    """`GET /v1/workspace` streams files that belong into the workspace before the first turn."""
    states: bool = False
    """The gateway takes kept states of files, turn by turn."""
    timeouts: Timeouts = Timeouts()
    decisions: bool = False
    """The gateway takes questions for people; one of an earlier release passes over them, and nobody would answer."""
    git: Annotated[list[GitConnection], Field(max_length=MAX_GIT, fail_fast=True)] = []
    """What the agent's git reaches over the gateway."""
    apis: Annotated[list[ApiConnection], Field(max_length=MAX_APIS, fail_fast=True)] = []
    """What else it reaches over the gateway."""
    reach_known: bool = True
    """Whether `git` and `apis` say anything: where the agent's class cannot be read now, the runner keeps what it was told."""
    checkouts: Annotated[list[Checkout], Field(max_length=MAX_PREPARED, fail_fast=True)] = []
    setup: Annotated[list[SetupStep], Field(max_length=MAX_PREPARED, fail_fast=True)] = []
    times: bool = False
    """The gateway wants to know how long the parts of each turn take (`TurnTimes`)."""


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
    text: WholeText
    files: Annotated[list[TurnFile], Field(max_length=MAX_FILES, fail_fast=True)] = []
    plan: bool = False
    """The agent is to write a plan and to change nothing: the runner lets no other tool run than those that read."""


class Steer(Wire):
    """Words for the running turn. Sent again after a reconnect until the runner tells that the agent has read them."""

    type: Literal["steer"] = "steer"
    turn: Number
    id: Number
    text: WholeText


class Abort(Wire):
    """End the running turn now; its queue first, so that nothing runs after a stop."""

    type: Literal["abort"] = "abort"
    turn: Number


class Extend(Wire):
    """The running turn may take longer; sent again after a reconnect.

    A turn's silence, too, may last so much from now on.
    """

    type: Literal["extend"] = "extend"
    turn: Number
    seconds: Annotated[int, Field(ge=0, le=86400)]
    """In all, of every time that it was given more: the same number twice changes nothing."""


class SubAgentUpdate(Wire):
    """How a sub-agent is: a line for the tool call that waits for it."""

    type: Literal["subagent_update"] = "subagent_update"
    call_id: CallId
    text: Sentence


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
    text: WholeText
    """Its whole answer, or why there is none, in words."""
    usage: SubAgentUsage = SubAgentUsage()


class Ack(Wire):
    """Everything up to `seq` is committed."""

    type: Literal["ack"] = "ack"
    seq: Number


class Look(Wire):
    """Somebody wants to see what became of the workspace's repositories; the answer is put to `PATH_LOOKS` below the id."""

    type: Literal["look"] = "look"
    id: CallId
    """Minted by the gateway for each time."""
    what: Literal["changes", "branches"]


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
    Welcome
    | Held
    | Turn
    | Steer
    | Abort
    | Extend
    | Ack
    | Look
    | Stay
    | Goodbye
    | Refused
    | Shutdown
    | SubAgentUpdate
    | SubAgentResult
    | Decision
    | CommitIdentity
    | Prepare
    | Reach,
    Field(discriminator="type"),
]
