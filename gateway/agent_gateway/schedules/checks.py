"""Whether a schedule can be used, and why not; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent_contract.agentschedule import AgentScheduleSpec
from agent_gateway.schedules.settings import ScheduleSettings
from agent_gateway.schedules.times import BadTimes, When, compute_interval, compute_next, read_when
from agent_gateway.store.schedulerows import Counts

CONVERSATION_LIMIT: Final = "schedules-conversation"
CHAT_LIMIT: Final = "schedules-chat"
ALL_LIMIT: Final = "schedules"
INTERVAL_LIMIT: Final = "schedule-interval"
_NUMBERS: Final = re.compile(r"(n?)([1-9][0-9]{0,15})(?:-([1-9][0-9]{0,15}))?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a schedule cannot be used.

    Attributes:
        reason: In a word, for programs.
        words: In a sentence.
        limit: Name of the limit that is reached; empty where it is none.
    """

    reason: str
    words: str
    limit: str = ""


def parse_thread_name(bot_name: str, name: str) -> tuple[int, int | None] | None:
    """Return chat and topic of an AgentThread of a bot, as `build_thread_name` wrote them; None of one of another bot."""
    begin = f"{bot_name}-"
    found = _NUMBERS.fullmatch(name[len(begin) :]) if name.startswith(begin) else None
    if found is None:
        return None
    chat_id = int(found[2])
    return -chat_id if found[1] else chat_id, int(found[3]) if found[3] else None


def check_times(spec: AgentScheduleSpec, zone: str, settings: ScheduleSettings, now: datetime) -> When | Refusal:
    """Return when it is due, or why that cannot be."""
    try:
        when = read_when(spec, zone)
    except BadTimes as error:
        return Refusal(error.reason, str(error))
    if when.at is None and compute_next(when, now) is None:
        return Refusal("Never", "No day of the next fifty years is one that cron names.")
    interval = compute_interval(when, now)
    least = settings.min_interval_seconds
    if interval is not None and interval < least:
        words = f"It would be due every {interval:g} s; it may be every {least} s at most ({INTERVAL_LIMIT})."
        return Refusal("LimitReached", words, INTERVAL_LIMIT)
    return when


def check_counts(counts: Counts, settings: ScheduleSettings) -> Refusal | None:
    """Say why there may be no further one beside so many; None where there may."""
    for limit, there, most, where in (
        (CONVERSATION_LIMIT, counts.conversation, settings.per_conversation, "this conversation"),
        (CHAT_LIMIT, counts.chat, settings.per_chat, "this chat"),
        (ALL_LIMIT, counts.whole, settings.all, "all"),
    ):
        if there >= most:
            words = f"There are {there} schedules of {where}, as many as there may be ({limit}: {most})."
            return Refusal("LimitReached", words, limit)
    return None
