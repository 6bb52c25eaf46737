"""What the chat says of schedules; pure. What people wrote stands as plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

from babel.dates import format_skeleton

from agent_contract.text import strip_controls
from agent_gateway.store.chatrows import Button
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.wording import keys
from agent_gateway.wording.texts import shorten
from agent_gateway.wording.units import read_locale

SHOWN: Final = 20
"""Schedules of one message."""
_MOST_TITLE: Final = 80
_GO_ON: Final = re.compile(r"sg:([0-9]{1,18})")
_PRESS: Final = re.compile(r"sl:([prnd]):([0-9]{1,18})")


class SchedulePress(StrEnum):
    """What a button below `/schedules` does."""

    PAUSE = "p"
    RESUME = "r"
    NOW = "n"
    DELETE = "d"


_SIGNS: Final = {
    SchedulePress.PAUSE: "⏸",
    SchedulePress.RESUME: "▶",
    SchedulePress.NOW: "⚡",
    SchedulePress.DELETE: "🗑",
}


def show_prompt(row: ScheduleRow, most: int = _MOST_TITLE) -> str:
    """Return the first line of what is asked, as long as there is room for."""
    lines = [line.strip() for line in strip_controls(row.spec.prompt).splitlines() if line.strip()]
    return shorten(lines[0] if lines else row.name, most)


def show_moment(language: str, moment: datetime, zone: tzinfo) -> str:
    """Return a day and a time as a language writes them, in a zone."""
    local = moment.astimezone(zone)
    day = format_skeleton("yMMMEd", local, tzinfo=zone, locale=read_locale(language))
    return f"{day} {local:%H:%M}"


def due_text(row: ScheduleRow) -> str:
    """Say above an answer that a schedule asked, and what."""
    return f"⏰ {show_prompt(row, 200)}"


def paused_text(language: str, row: ScheduleRow, count: int) -> str:
    """Say that a schedule is paused, as its turns failed."""
    return keys.schedules_paused(language, title=show_prompt(row), count=str(count))


def question_text(language: str, row: ScheduleRow, times: Sequence[datetime], zone: tzinfo, zone_name: str) -> str:
    """Ask whether something is to be scheduled, with the next times in the person's zone."""
    when = keys.schedules_when(language, when=row.said, zone=zone_name)
    lines = [f"• {show_moment(language, moment, zone)}" for moment in times]
    return "\n".join([f"⏰ {show_prompt(row, 300)}", when, "", keys.schedules_next_times(language), *lines])


def list_text(language: str, rows: Sequence[ScheduleRow], zone: tzinfo) -> str:
    """Return what `/schedules` says."""
    if not rows:
        return keys.schedules_none(language)
    lines = [keys.schedules_list(language)]
    for number, row in enumerate(rows[:SHOWN], 1):
        said = row.said or row.spec.cron or ""
        about = " · ".join(filter(None, [said, _describe(language, row, zone)]))
        lines.append(f"\n{number}. {show_prompt(row)}\n{about}")
    return "\n".join([*lines, "", keys.schedules_legend(language)])


def build_list_buttons(rows: Sequence[ScheduleRow]) -> tuple[Button, ...]:
    """Build a row of buttons for each."""
    buttons = []
    for number, row in enumerate(rows[:SHOWN], 1):
        held = row.spec.suspend or row.paused_at is not None
        for what in (SchedulePress.RESUME if held else SchedulePress.PAUSE, SchedulePress.NOW, SchedulePress.DELETE):
            first = what in {SchedulePress.RESUME, SchedulePress.PAUSE}
            buttons.append(Button(f"{_SIGNS[what]} {number}", f"sl:{what.value}:{row.id}", beside=not first))
    return tuple(buttons)


def parse_schedule_press(data: str) -> tuple[SchedulePress, int] | None:
    """Return what a pressed button does, and to which schedule; None for a button of another kind."""
    go_on = _GO_ON.fullmatch(data)
    if go_on is not None:
        return SchedulePress.RESUME, int(go_on[1])
    found = _PRESS.fullmatch(data)
    return (SchedulePress(found[1]), int(found[2])) if found else None


def is_go_on(data: str) -> bool:
    """Say whether a button stands below the message that something was paused."""
    return _GO_ON.fullmatch(data) is not None


def build_go_on(language: str, schedule_id: int) -> Button:
    """Build the button that lets a paused one go on."""
    return Button(keys.schedules_go_on(language), f"sg:{schedule_id}")


FULL: Final[dict[str, Callable[..., str]]] = {
    "schedules-conversation": keys.schedules_full_conversation,
    "schedules-chat": keys.schedules_full_chat,
    "schedules": keys.schedules_full_all,
}
"""What is said where a limit is reached, by its name."""


_CANNOT: Final[dict[str, Callable[[str], str]]] = {
    "NotAllowed": keys.schedules_cannot_not_allowed,
    "LimitReached": keys.schedules_cannot_limit,
    "BadCron": keys.schedules_cannot_times,
    "BadZone": keys.schedules_cannot_times,
    "BadTimes": keys.schedules_cannot_times,
    "Never": keys.schedules_cannot_times,
    "VenueGone": keys.schedules_cannot_no_topic,
}
"""Why nothing comes of one, by the reason that its status gives."""


def _describe(language: str, row: ScheduleRow, zone: tzinfo) -> str:
    if row.problem:
        say = _CANNOT.get(row.problem, keys.schedules_cannot_other)
        return keys.schedules_problem(language, reason=say(language))
    if row.paused_at is not None:
        return keys.schedules_failed(language, count=str(row.failures))
    if row.spec.suspend:
        return keys.schedules_suspended(language)
    if row.next_at is not None:
        return keys.schedules_next(language, next=show_moment(language, row.next_at, zone))
    return keys.schedules_over(language) if row.last_at is not None else keys.schedules_soon(language)
