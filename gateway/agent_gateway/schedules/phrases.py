"""What a person writes behind `/schedule`: when, and what; pure.

Understood are cron (five fields or a name), a day or days with a time, an interval, and once: today, tomorrow, a date, or
the next time that a clock shows. Each in the person's language or in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from agent_contract.agentschedule import MACROS, MAX_CRON, has_cron_shape
from agent_gateway.schedules.words import WORDS, Words

_TIME: Final = re.compile(
    r"(\d{1,2})(?:(?:[:.\uff1ah]|点|時)(\d{2})(?!\d)分?)?(半)?(?:[ ]?(am|pm|a\.m\.|p\.m\.)(?![a-z]))?"
)
_DATE: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_NUMBER: Final = re.compile(r"\d{1,3}")
_CRON_FIELDS: Final = re.compile(r"[0-9*][0-9*/,#-]*|[A-Za-z]{3}(?:[-,][A-Za-z]{3})*")
_BETWEEN: Final = " \t\n,:;\u2013\u2014-\uff0c\u3002\uff1a\u306b"
_NOON: Final = 12
_HOURS: Final = 24
_MINUTES: Final = 60
_YEARS: Final = 50
"""The farthest that anything is put off."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was understood.

    Attributes:
        cron: When, again and again; empty where it is once.
        at: When, once.
        said: When, as it was written.
        prompt: What is asked.
    """

    cron: str
    at: datetime | None
    said: str
    prompt: str


def parse_asked(text: str, language: str, now: datetime) -> Asked | None:
    """Return what is meant; None where that cannot be told.

    Args:
        text: What stands behind the command.
        language: Of the person.
        now: The time in their zone.
    """
    text = text.strip()
    found = _parse_cron(text)
    for words in dict.fromkeys((language, "en")):
        if found is None and words in WORDS:
            found = _Reader(text, WORDS[words], now).read()
    return found if found is not None and found.prompt else None


def _parse_cron(text: str) -> Asked | None:
    name, _, rest = text.partition(" ")
    if name in MACROS:
        return Asked(name, None, name, rest.strip(_BETWEEN))
    parts = text.split(None, 5)
    fields = [part.strip("\"'") for part in parts[:5]]
    cron = " ".join(fields)
    if len(parts) <= 5 or len(cron) > MAX_CRON or not all(_CRON_FIELDS.fullmatch(field) for field in fields):
        return None
    return Asked(cron, None, cron, parts[5].strip()) if has_cron_shape(cron) else None


class _Reader:
    """Reads one text from its beginning.

    Args:
        text: What was written.
        words: Of which language.
        now: The time in the person's zone.
    """

    def __init__(self, text: str, words: Words, now: datetime) -> None:
        self._text = text
        low = text.lower()
        self._low = low if len(low) == len(text) else text
        self._words = words
        self._now = now
        self._place = 0

    def read(self) -> Asked | None:
        cron = self._read_interval()
        if cron is not None:
            return self._build(cron, None)
        if self._take(self._words.hourly) is not None:
            return self._build("0 * * * *", None)
        clock = self._read_clock(alone=False)
        days = self._read_days()
        day = self._read_day() if days is None else None
        clock = clock or self._read_clock(alone=days is not None or day is not None)
        if clock is None:
            return None
        if days is not None:
            return self._build(f"{clock.minute} {clock.hour} {days}", None)
        at = datetime.combine(day or self._now.date(), clock, self._now.tzinfo)
        if day is None and at <= self._now:
            at = datetime.combine(self._now.date() + timedelta(days=1), clock, self._now.tzinfo)
        return self._build("", at)

    def _build(self, cron: str, at: datetime | None) -> Asked:
        said = self._text[: self._place].strip(_BETWEEN)
        return Asked(cron, at, said, self._text[self._place :].lstrip(_BETWEEN).rstrip())

    def _read_interval(self) -> str | None:
        """Return cron of an interval that divides an hour or a day."""
        begin = self._place
        for pattern in self._words.each:
            before, _, behind = pattern.partition("{n}")
            behind = behind.replace("{unit}", "\0")
            gap, _, last = behind.partition("\0")
            self._place = begin
            if before.strip() and self._take([before.strip()], loose=True) is None:
                continue
            number = self._read_number()
            if number is None:
                continue
            after = self._place
            for units, most in ((self._words.minutes, _MINUTES), (self._words.hours, _HOURS)):
                self._place = after
                unit = self._take([f"{gap.strip()}{unit}{last}" for unit in units])
                if unit is not None and number and most % number == 0 and number < most:
                    return f"*/{number} * * * *" if most == _MINUTES else f"0 */{number} * * *"
        self._place = begin
        return None

    def _read_days(self) -> str | None:
        """Return the fields of day, month and day of the week."""
        if self._take(self._words.monthly) is not None:
            return "1 * *"
        found = self._take(self._words.phrases)
        if found is None:
            return None
        days = [self._words.phrases[found]]
        names = {n: str(i % 7) for i, some in enumerate(self._words.weekdays, 1) for n in some.split("|")}
        names |= self._words.phrases
        while days[-1].isdigit():
            before = self._place
            more = self._take(names) if self._take(self._words.joins, loose=True) is not None else None
            if more is None or not names[more].isdigit():
                self._place = before
                break
            days.append(names[more])
        return f"* * {','.join(sorted(set(days)))}"

    def _read_day(self) -> date | None:
        found = self._take(self._words.once)
        if found is not None:
            return self._now.date() + timedelta(days=self._words.once[found])
        match = _DATE.match(self._low, self._skip())
        if match is None:
            return None
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return None
        if abs(day.year - self._now.year) > _YEARS:
            return None
        self._place = match.end()
        return day

    def _read_clock(self, *, alone: bool) -> time | None:
        """Return a time; a bare number is one only behind or before a word that says so, or behind a day (`alone`)."""
        begin = self._place
        later = self._take(self._words.later) is not None
        at = later or self._take(self._words.at) is not None
        later = later or self._take(self._words.later) is not None
        match = _TIME.match(self._low, self._skip())
        if match is None:
            self._place = begin
            return None
        self._place = match.end()
        named = self._take(self._words.clock, loose=True) is not None
        half = match[3] is not None
        if named and not self._words.spaced and self._low.startswith("半", self._place):
            self._place, half = self._place + 1, True
        hour, minute = int(match[1]), 30 if half else int(match[2] or 0)
        said = at or named or alone or match[2] is not None or match[4] is not None
        afternoon = later or (match[4] or "").startswith("p")
        if match[4] is not None and hour == _NOON:
            hour = 0
        if afternoon and hour < _NOON:
            hour += _NOON
        if not said or hour >= _HOURS or minute >= _MINUTES or not self._ends():
            self._place = begin
            return None
        return time(hour, minute)

    def _read_number(self) -> int | None:
        match = _NUMBER.match(self._low, self._skip())
        if match is None:
            return None
        self._place = match.end()
        return int(match[0])

    def _skip(self) -> int:
        """Return where the next word begins."""
        place = self._place
        while place < len(self._low) and self._low[place] in " \t,":
            place += 1
        return place

    def _take(self, phrases: Iterable[str], *, loose: bool = False) -> str | None:
        """Go behind the longest of some phrases that stands here; None where none does. `loose` ones may run into a word."""
        place = self._skip()
        if "," in phrases and self._low.startswith(",", self._place):
            self._place += 1
            return ","
        for phrase in sorted(phrases, key=len, reverse=True):
            if self._low.startswith(phrase, place):
                before, self._place = self._place, place + len(phrase)
                if loose and not phrase.isalpha():
                    return phrase
                if self._ends():
                    return phrase
                self._place = before
        return None

    def _ends(self) -> bool:
        """Say whether no letter or digit follows that would belong to the same word."""
        if not self._words.spaced or self._place >= len(self._low):
            return True
        following = self._low[self._place]
        return not following.isalnum()
