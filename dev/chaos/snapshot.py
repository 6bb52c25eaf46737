"""What is known of a run of chaos when it is at rest: a file that can be looked at again.

It holds what Telegram showed, the rows of Postgres without any text, and names and states from the cluster. All texts in
it are of the played people and of the scripted model.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from dev.chaos.messages import Kind


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Said(_Part):
    """What a person did, and where it stands. `answer`, `file` and `word` are those of the plan's message."""

    key: int
    kind: Kind
    word: str
    chat: int
    topic: int | None
    message_id: int
    person: int = 0
    answer: str = ""
    file: str = ""

    @property
    def venue(self) -> tuple[int, int | None]:
        """Return the chat and topic."""
        return self.chat, self.topic


class Shown(_Part):
    """A message of the bot as it stands in a chat."""

    chat: int
    topic: int | None
    message_id: int
    text: str
    reply_to: int | None = None
    buttons: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    lost: str = ""
    """How the bot lost the answer to the call that made it; empty where the answer was sent."""

    @property
    def venue(self) -> tuple[int, int | None]:
        """Return the chat and topic."""
        return self.chat, self.topic


class TurnRow(_Part):
    """A row of `turns` with its thread's kind, name, chat and topic."""

    id: int
    kind: str
    thread: str
    chat: int | None = None
    topic: int | None = None
    message_id: int | None = None
    state: str
    reason: str | None = None


class RunRow(_Part):
    """A row of `runs` that is not over."""

    kind: str
    thread: str
    number: int
    state: str


class OutboxRow(_Part):
    """A row of `outbox` that is not sent."""

    id: int
    chat: int
    topic: int | None = None
    kind: str
    state: str


class ToldRow(_Part):
    """A row of `outbox` that stands in a chat: the message it answers, its turn, and the messages that show it."""

    chat: int
    topic: int | None = None
    reply_to: int | None = None
    turn: int | None = None
    message_ids: tuple[int, ...] = ()


class ChildRow(_Part):
    """A row of `subagents` with its thread's name; `chat` and `reply_to` are those of a person's `/spawn`."""

    name: str
    chat: int | None = None
    reply_to: int | None = None
    state: str
    phase: str | None = None
    report: tuple[int, ...] | None = None
    """The messages that show its report."""


class Rows(_Part):
    """What Postgres holds."""

    turns: tuple[TurnRow, ...] = ()
    open_runs: tuple[RunRow, ...] = ()
    outbox: tuple[OutboxRow, ...] = ()
    """Those that are not sent."""
    told: tuple[ToldRow, ...] = ()
    children: tuple[ChildRow, ...] = ()
    inbox_new: tuple[int, ...] = ()
    """Update ids that nobody has taken."""
    inbox_dead: tuple[int, ...] = ()
    """Update ids that were set aside."""


class JobSeen(_Part):
    """A Job of an agent: `thread` is the conversation's or the sub-agent's name."""

    name: str
    uid: str
    kind: str
    thread: str
    run: int
    owner_uid: str
    active: bool


class PodSeen(_Part):
    """A pod of an agent."""

    name: str
    job_uid: str
    kind: str
    thread: str
    run: int
    alive: bool


class ResourceSeen(_Part):
    """An AgentThread (`conversation`) or a SubAgent (`subagent`)."""

    name: str
    uid: str
    kind: str
    run: int = 1
    active: bool


class ClusterSeen(_Part):
    """What the cluster has of the release's agents."""

    jobs: tuple[JobSeen, ...] = ()
    pods: tuple[PodSeen, ...] = ()
    resources: tuple[ResourceSeen, ...] = ()


class FaultSeen(_Part):
    """A fault of the plan and what became of it."""

    at: float
    name: str
    kill: bool
    done: bool
    words: str = ""
    """Which pod it struck, or why it could not be."""


class Snapshot(_Part):
    """Everything that the checker reads."""

    seed: int
    minutes: float
    wanted_messages: int = 0
    wanted_kills: int = 0
    rested: bool = True
    """Whether all came to rest in time."""
    settle_seconds: float = 0.0
    said: tuple[Said, ...] = ()
    shown: tuple[Shown, ...] = ()
    rows: Rows = Rows()
    cluster: ClusterSeen = ClusterSeen()
    faults: tuple[FaultSeen, ...] = ()
