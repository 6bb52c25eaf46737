"""AgentSchedule: a prompt that a conversation is asked at times of its own, in the way of a CronJob."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from agent_contract.base import Resource, Wire
from agent_contract.conditions import Conditions
from agent_contract.lenient import known_or
from agent_contract.text import Cleaned

MAX_PROMPT: Final = 8192
"""Characters of what is asked."""
MAX_CRON: Final = 128
MAX_HISTORY: Final = 10
"""Ended due times of each kind that are kept."""
MACROS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""Names of usual times, as cron has them, and the five fields that each stands for."""
CRON_SHAPE: Final = f"^({'|'.join(MACROS)}|[0-9A-Za-z*/,#-]+( +[0-9A-Za-z*/,#-]+){{4}})$"
"""Of five fields, or of a name; whether the fields make sense is not told by it."""
_SHAPE: Final = re.compile(CRON_SHAPE)
ThreadName = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?-n?[1-9][0-9]*(-[1-9][0-9]*)?$", max_length=63)]
ConcurrencyPolicy = Literal["Allow", "Forbid", "Replace"]
Outcome = Literal["Asked", "Succeeded", "Failed", "Cancelled", "Missed", "Skipped", "Refused"]
OUTCOMES: Final = ("Asked", "Succeeded", "Failed", "Cancelled", "Missed", "Skipped", "Refused")
History = Annotated[int, Field(ge=0, le=MAX_HISTORY)]


def has_cron_shape(text: str) -> bool:
    """Say whether a text is written like cron: five fields, or a name such as @daily."""
    return len(text) <= MAX_CRON and _SHAPE.fullmatch(text) is not None


class ThreadRef(Wire):
    """An AgentThread by name, in the same namespace."""

    name: ThreadName
    """Name of the AgentThread: `<bot>-<chatId>` or `<bot>-<chatId>-<topicId>`. One that is not there yet is made."""


class AgentScheduleSpec(Wire):
    """What is asked, where and when."""

    thread_ref: ThreadRef
    cron: Annotated[str, Field(min_length=1, max_length=MAX_CRON)] | None = None
    """When, again and again: minute, hour, day of the month, month, day of the week, or a name such as @daily."""
    at: datetime | None = None
    """When, once; in place of cron."""
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """The zone that cron is meant in, such as Europe/Berlin. Absent means the gateway's (telegram.timezone)."""
    prompt: Annotated[str, Cleaned(MAX_PROMPT, least=1, cut=False)]
    """What the agent is asked. Who may read AgentSchedules reads it."""
    suspend: bool = False
    """Nothing is asked while this is true. What becomes due meanwhile is not made up for."""
    concurrency_policy: ConcurrencyPolicy = "Forbid"
    """What happens when it is due while its last turn has not ended. Forbid: that time is skipped. Allow: it waits for its
    turn. Replace: the last turn is stopped."""
    starting_deadline_seconds: Annotated[int, Field(ge=1, le=31536000)] | None = None
    """How late it may still be asked, as after a time without a gateway. Absent means however late. Of several times that
    were missed only the last is made up for."""
    quiet: bool = False
    """Only an answer that has something to say comes into the chat, as for a heartbeat: nothing tells that it was asked, and
    an answer of the one word NOTHING, or a failure, is told to nobody. The checklist of the class (heartbeat) is asked too."""
    successful_turns_history_limit: History = 3
    """How many due times that were answered stay in the status."""
    failed_turns_history_limit: History = 1
    """How many due times that failed, or were not asked, stay there."""


class DueTime(Wire):
    """One time at which it was due."""

    due_at: datetime
    """When."""
    outcome: Annotated[Outcome, known_or("Asked", OUTCOMES)]
    """Asked: it is under way. Succeeded, Failed and Cancelled: how its turn ended. Missed: it was due too long ago. Skipped:
    the turn before had not ended, or too many waited. Refused: its chat may not use the bot."""
    ended_at: datetime | None = None
    """When that was known."""


class AgentScheduleStatus(Wire):
    """Written by the gateway alone."""

    observed_generation: int = 0
    """The metadata.generation that was looked at."""
    next_at: datetime | None = None
    """When it is due next; absent where it is not."""
    last_at: datetime | None = None
    """When it was due last."""
    last_successful_at: datetime | None = None
    """When its last turn ended well."""
    active: Annotated[int, Field(ge=0)] = 0
    """Its turns that have not ended."""
    failures: Annotated[int, Field(ge=0)] = 0
    """Turns in a row that failed."""
    recent: Annotated[list[DueTime], Field(max_length=2 * MAX_HISTORY)] = []
    """The last times at which it was due and that have ended, the newest first."""
    conditions: Conditions = []
    """Accepted: it can be used. Paused: its turns failed several times in a row."""


class AgentSchedule(Resource):
    """The resource as it stands in the API server."""

    spec: AgentScheduleSpec
    status: AgentScheduleStatus = AgentScheduleStatus()
