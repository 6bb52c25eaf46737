"""When schedules are due, worked out in another way than the gateway does, and schedules that are to be compared with it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agent_contract.agentschedule import AgentScheduleSpec

ZONES: Final = ("Europe/Berlin", "America/New_York", "Australia/Sydney")


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule: at one time of the days that are named, or by the time that passes each few hours."""

    zone: str
    minute: int
    hour: int
    days: str = "*"
    """Of the week, as one digit; `*` for all."""
    day: int = 0
    """Of the month; 0 for all."""
    each: int = 0
    """Hours between two, where it comes by the time that passes."""

    @property
    def cron(self) -> str:
        """Return it as cron has it."""
        hour = f"*/{self.each}" if self.each else str(self.hour)
        return f"{self.minute} {hour} {self.day or '*'} * {self.days}"

    def spec(self, thread: str) -> AgentScheduleSpec:
        """Return what its AgentSchedule says."""
        return AgentScheduleSpec.model_validate({
            "threadRef": {"name": thread}, "cron": self.cron, "timeZone": self.zone, "prompt": "Look.", "concurrencyPolicy": "Allow",
        })  # fmt: skip

    def list_due(self, begin: datetime, end: datetime) -> list[datetime]:
        """Return when it is due after `begin` and by `end`."""
        zone = ZoneInfo(self.zone)
        if self.each:
            first = begin.replace(minute=self.minute, second=0, microsecond=0)
            hours = int((end - first).total_seconds() // 3600) + 1
            moments = [first + timedelta(hours=n) for n in range(hours + 1)]
            found = {moment for moment in moments if moment.astimezone(zone).hour % self.each == 0}
        else:
            found = {self._resolve(one, zone) for one in self._list_days(begin, end, zone)}
        return sorted(moment for moment in found if begin < moment <= end)

    def _list_days(self, begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[date]:
        one = begin.astimezone(zone).date()
        while one <= end.astimezone(zone).date():
            if self.days in {"*", str(one.isoweekday() % 7)} and self.day in {0, one.day}:
                yield one
            one += timedelta(days=1)

    def _resolve(self, one: date, zone: ZoneInfo) -> datetime:
        wall = datetime.combine(one, time(self.hour, self.minute), zone)
        before, behind = (wall.replace(fold=n).utcoffset() or timedelta() for n in (0, 1))
        moment = wall.astimezone(UTC)
        if before >= behind:  # there once, or twice: the first time
            return moment
        # not there: the gap begins at some minute of the old offset, and it is due where that ends
        while True:
            local = moment.astimezone(zone)
            earlier = (moment - timedelta(minutes=1)).astimezone(zone)
            if local.utcoffset() != earlier.utcoffset():
                return moment
            moment -= timedelta(minutes=1)


def plan_many(count: int, chance: random.Random) -> list[Planned]:
    """Return schedules of three zones, most of them in the night from Saturday to Sunday, when clocks change."""
    made = []
    for number in range(count):
        zone, minute, hour = ZONES[number % 3], chance.choice((0, 15, 30, 59)), chance.randrange(5)
        kind = chance.random()
        if kind < 0.70:
            made.append(Planned(zone, minute, hour, days=chance.choice("00001234")))
        elif kind < 0.935:
            made.append(Planned(zone, minute, hour, day=chance.choice((1, 5, 25, 28, 29))))
        elif kind < 0.995:
            made.append(Planned(zone, minute, hour))
        else:
            made.append(Planned(zone, minute, 0, each=3))
    return made
