"""When a schedule is due: cron in a time zone, or once; pure.

Clock changes are as in Debian's cron, by `cronsim`: a time that a day has not is due when the clock has moved, one that it
has twice is due the first time, and what comes every so many minutes or hours comes by the time that passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cronsim import CronSim, CronSimError

from agent_contract.agentschedule import MACROS, AgentScheduleSpec, has_cron_shape
from agent_gateway.inbox.zones import find_zone, is_zone

MOST_STEPS: Final = 64
"""Halvings of the time in which the last due time is looked for: more than there are in ten thousand years of minutes."""
SAMPLE: Final = 60
"""Due times between which the smallest interval is looked for: an hour of those that come each minute."""


class BadTimes(ValueError):
    """What is meant cannot be understood.

    Args:
        reason: In a word: BadCron, BadZone, BadTimes or Never.
        words: In a sentence.
    """

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class When:
    """When something is due: `cron` in a zone, or `at` once.

    Attributes:
        cron: Five fields.
        zone: Name of the zone.
        at: The only time.
    """

    cron: str = ""
    zone: str = "UTC"
    at: datetime | None = None


def read_when(spec: AgentScheduleSpec, zone: str) -> When:
    """Return when a schedule is due; `zone` is that of one that names none.

    Raises:
        BadTimes: cron or zone make no sense.
    """
    if (spec.cron is None) == (spec.at is None):
        raise BadTimes("BadTimes", "Set either cron (again and again) or at (once).")
    if spec.at is not None:
        try:
            return When(at=spec.at.astimezone(UTC) if spec.at.tzinfo is not None else spec.at.replace(tzinfo=UTC))
        except OverflowError as error:
            raise BadTimes("BadTimes", "at is no time of the years 1 to 9999 in UTC.") from error
    return build_when(spec.cron or "", spec.time_zone or zone)


def build_when(cron: str, zone: str) -> When:
    """Return when cron is due in a zone.

    Raises:
        BadTimes: cron or zone make no sense.
    """
    if not is_zone(zone):
        raise BadTimes("BadZone", f"No time zone is named {zone[:64]!r}: write one such as Europe/Berlin or UTC.")
    text = " ".join(cron.split())
    if not has_cron_shape(text):
        raise BadTimes(
            "BadCron",
            "cron needs five fields (minute, hour, day of the month, month, day of the week), such as 0 9 * * 1-5.",
        )
    when = When(MACROS.get(text, text), zone)
    try:
        CronSim(when.cron, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise BadTimes("BadCron", f"cron {text!r} makes no sense: {error}.") from error
    return when


def compute_next(when: When, after: datetime) -> datetime | None:
    """Return the first time after another at which it is due, in UTC; None where there is none."""
    return next(iterate(when, after), None)


def iterate(when: When, after: datetime) -> Iterator[datetime]:
    """Yield the times after another at which it is due, in UTC, each later than the one before."""
    if when.at is not None:
        if when.at > after:
            yield when.at.astimezone(UTC)
        return
    last = after
    local = after.astimezone(UTC if when.zone == "UTC" else find_zone(when.zone))
    for found in CronSim(when.cron, local):
        moment = found.astimezone(UTC)
        if moment > last:  # where a clock goes back, what it began with may be named again
            yield moment
            last = moment


def compute_latest(when: When, due_at: datetime, now: datetime) -> datetime:
    """Return the last time at which it was due by now, which is `due_at` where nothing was due since."""
    if when.at is not None:
        return due_at
    latest, free = due_at, now  # behind `free` nothing is due by now
    for _ in range(MOST_STEPS):
        following = compute_next(when, latest)
        if following is None or following > now:
            break
        latest = following
        middle = latest + (free - latest) / 2
        found = compute_next(when, middle)
        if found is None or found > now:
            free = middle
        else:
            latest = found
    return latest


def compute_interval(when: When, now: datetime) -> float | None:
    """Return the seconds of the smallest interval between the next due times; None where there are not two."""
    smallest: float | None = None
    last: datetime | None = None
    for count, moment in enumerate(iterate(when, now)):
        if last is not None:
            seconds = (moment - last).total_seconds()
            smallest = seconds if smallest is None else min(smallest, seconds)
        last = moment
        if count >= SAMPLE:
            break
    return smallest
