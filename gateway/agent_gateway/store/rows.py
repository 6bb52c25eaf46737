"""Updates, threads, runs, turns and sub-agents as the rest of the gateway sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from agent_contract.terms import Timeouts


@dataclass(frozen=True, slots=True)
class Address:
    """Where a conversation is held: one struct everywhere, so that a topic is never forgotten."""

    bot_id: int
    chat_id: int
    topic_id: int | None = None


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One update as it came."""

    update_id: int
    queue_key: str
    payload: str
    received_at: datetime


class ThreadKind(StrEnum):
    """Whose session it is."""

    CONVERSATION = "conversation"
    SUBAGENT = "subagent"


MOVED = "Moved"
"""Reason of a run that ended because its group has another id, so that its AgentThread has another name."""
RESTORED = "Restored"
"""Reason of a run that ended because the database was put back to an earlier state, and of the turns it had."""


class VenueState(StrEnum):
    """Whether a conversation can be held where it is: its topic is closed, or topic or chat are gone."""

    OPEN = "open"
    CLOSED = "closed"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Thread:
    """One conversation, or the session of one sub-agent; that of one made by hand has chat 0: it speaks nowhere."""

    id: int
    address: Address
    name: str
    title: str
    session_id: UUID
    run_counter: int
    kind: ThreadKind = ThreadKind.CONVERSATION
    venue: VenueState = VenueState.OPEN
    model: str | None = None
    """Chosen for its runs: None where nobody chose, empty for the class's own."""
    language: str = "en"
    """Of whoever asked last."""
    thinking: str | None = None
    """Chosen like the model: how long it thinks."""


class RunState(StrEnum):
    """wanted -> live -> over."""

    WANTED = "wanted"
    LIVE = "live"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a thread: at most one of a thread is not over."""

    thread_id: int
    number: int
    state: RunState
    thread_uid: str | None
    job_name: str | None
    pod_name: str | None
    pod_uid: str | None
    acked_seq: int
    wanted_at: datetime
    hello_at: datetime | None
    seen_at: datetime | None
    ready_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    message: str | None
    stop: str | None = None
    """Why the gateway asked for its end: killed, lost, not_ready, timeout."""
    files: str | None = None
    """What became of its files: kept, over (the limit), or unknown."""
    model: str | None = None
    """The thread's choice when it was wanted."""
    thinking: str | None = None
    """Likewise."""
    class_name: str | None = None
    """The AgentClass that it was wanted with; None in runs of earlier releases."""
    limits: Timeouts | None = None
    """The timeouts that it was promised; None while they are not known."""
    attempts: int = 0
    """How often in a row the API server refused to take it; the last refusal is its message meanwhile."""
    next_at: datetime | None = None
    """Before then it is not to be written again."""
    lingering: bool = False
    """It is over, and its pod may still be there."""
    claimed: bool = False
    """It was given to a pod of a warm pool, and has that from its first record on."""
    cold: str | None = None
    """Why it was not, where its class asks for a warm pool."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What was chosen in the chat for a run: None where nobody chose, empty for the class's own.

    Attributes:
        model: Which model answers.
        thinking: How long it thinks.
    """

    model: str | None
    thinking: str | None


class TurnState(StrEnum):
    """queued -> delivered -> started -> done | failed; queued | delivered -> cancelled."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


PASTE = "paste"
"""In place of an album's id, in turns of releases before 0022: a text that Telegram's program cut into several messages."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message.

    Attributes:
        id: Telegram's id of it, by which it is fetched.
        name: One plain part of a path.
        media_type: As `image/jpeg`, or empty.
        size: Bytes, where Telegram tells.
        about: What it is, where the name does not tell.
    """

    id: str
    name: str
    media_type: str = ""
    size: int | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One prompt and its answer."""

    id: int
    thread_id: int
    message_id: int | None
    person_id: int | None
    text: str
    state: TurnState
    run: int | None
    attempts: int
    reason: str | None
    created_at: datetime
    delivered_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    stop_asked: bool = False
    """A person wants no more of it."""
    stop_asked_at: datetime | None = None
    """Since when; None also where an earlier release noted it."""
    files: tuple[Attachment, ...] = ()
    ready_at: datetime | None = None
    """Not to be given to a run before: the rest of an album may still come."""
    again_of: int | None = None
    """The turn that was cut and that this one asks again or goes on with."""
    language: str = "en"
    """Of whoever asked."""
    extended: int = 0
    """Seconds that people gave it more than its class's `turnMax`."""
    plan: bool = False
    """Its agent writes a plan and changes nothing."""
    threaded: bool = False
    """It was asked in the comments of a post or a thread of replies, where only a reply stays."""
    quiet: bool = False
    """Only an answer that has something to say comes into the chat."""


@dataclass(frozen=True, slots=True)
class ThreadWork:
    """What is under way in a thread.

    Attributes:
        running: A turn was given to its run.
        since: When its agent began it.
        queued: Turns that wait.
        run: How far its run is: wanted, live, or ready once its agent takes turns; None without one.
    """

    running: bool
    since: datetime | None
    queued: int
    run: str | None


class SubAgentState(StrEnum):
    """wanted -> created -> finished."""

    WANTED = "wanted"
    CREATED = "created"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class SubAgentRow:
    """One sub-agent; its session, run and turn are those of the thread `thread_id`."""

    thread_id: int
    name: str
    parent_id: int | None
    parent_name: str | None
    parent_kind: str | None
    parent_uid: str | None
    parent_run: int | None
    call_id: str | None
    turn_id: int | None
    """The parent's turn that waits for it; None where a person asked."""
    reply_to: int | None
    task: str
    class_name: str
    timeout: int
    workspace: str
    depth: int
    uid: str | None
    state: SubAgentState
    cancel: str | None
    """Why its end was asked for: person, parent."""
    phase: str | None
    reason: str | None
    message: str | None
    result: str | None
    created_at: datetime
    finished_at: datetime | None
    language: str = "en"
    """Of whoever asked."""


@dataclass(frozen=True, slots=True)
class NewSubAgent:
    """What is asked for."""

    parent: Thread
    parent_uid: str
    parent_run: int
    call_id: str
    turn_id: int | None
    reply_to: int | None
    task: str
    class_name: str
    timeout: int
    workspace: str
    depth: int
    limits: Timeouts | None = None
    """The timeouts of its class, which its run is promised; None where they are not known."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sub-agent ended; `phase` is one of SubAgentPhase that is over."""

    phase: str
    reason: str
    message: str | None = None
    result: str | None = None
