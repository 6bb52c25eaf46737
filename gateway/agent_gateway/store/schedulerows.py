"""What is told of schedules besides the schedules themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent_contract.agentschedule import AgentScheduleSpec


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """What an AgentSchedule that nobody knows yet says.

    Attributes are those of a ScheduleRow; `last_at` is as its status tells it.
    """

    name: str
    uid: str
    generation: int
    spec: AgentScheduleSpec
    thread_id: int | None
    problem: str
    words: str
    next_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndedTurn:
    """A due time whose turn has ended.

    Attributes:
        uid: Of the AgentSchedule.
        due_at: The due time.
        schedule_id: Whose.
        state: Of the turn; None where that is gone.
        stopped: A person wanted no more of it.
        ended_at: When.
        again: The turn that asks it again, which counts in its place.
    """

    uid: str
    due_at: datetime
    schedule_id: int
    state: str | None
    stopped: bool
    ended_at: datetime
    again: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many schedules there are: of a conversation, of its chat, and of all."""

    conversation: int
    chat: int
    whole: int


@dataclass(frozen=True, slots=True)
class Coming:
    """A schedule that is due soon, in a conversation without an agent.

    Attributes:
        schedule_id: Which.
        thread_id: Its conversation.
        thread_name: Name of that one's AgentThread.
        chat_id: Where that is held.
        person_id: Who asked for it in the chat; None where it was made by hand.
        next_at: When it is due.
    """

    schedule_id: int
    thread_id: int
    thread_name: str
    chat_id: int
    person_id: int | None
    next_at: datetime
