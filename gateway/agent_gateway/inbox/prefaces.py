"""What stands before a question: when it is asked, what was said before in a group, and who speaks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from agent_contract.text import clean
from agent_gateway.telegram.inbound.foreign import clean_name, quote

DATED_AGAIN: Final = timedelta(hours=4)
"""After which an agent is told the time again, on the same day too."""
MOST_SAID: Final = 8000
"""Characters of what was said before."""
MOST_OF_ONE: Final = 600
"""Characters of one message of that."""
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Said:
    """One message that was said in a group before."""

    name: str
    text: str


def needs_date(moment: datetime, told_at: datetime | None, zone: tzinfo) -> bool:
    """Say whether an agent is to be told when a question is asked.

    Args:
        moment: When it is asked.
        told_at: When its session was told last; None where it never was.
        zone: Of who asks.
    """
    if told_at is None:
        return True
    other_day = moment.astimezone(zone).date() != told_at.astimezone(zone).date()
    return other_day or moment - told_at >= DATED_AGAIN


def build_date(moment: datetime, zone: tzinfo, name: str) -> str:
    """Return the header line that says when a question is asked; a model knows no date by itself."""
    local = moment.astimezone(zone)
    return f"[{_DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} {name}]"


def build_said(said: Sequence[Said]) -> str:
    """Return what was said before, the newest as far as it fits; empty for nothing."""
    lines: list[str] = []
    room = MOST_SAID
    for one in reversed(said):
        line = _build_one(one)
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join(["[Said here before, not to you]", *reversed(lines)]) if lines else ""


def _build_one(one: Said) -> str:
    """Return one message as a quote; only its first line stands at the edge, so that no other passes for a speaker's."""
    name = clean_name(one.name.replace(":", " ")) or "somebody"
    first, *more = quote(f"{name}: {clean(one.text, MOST_OF_ONE)}").split("\n")
    return "\n".join([first, *(f">   {line[2:]}".rstrip() for line in more)])


def build_preface(date: str, said: str, speaker: str) -> str:
    """Return all that stands before a question."""
    head = "\n".join(filter(None, [date, said]))
    return "\n\n".join(filter(None, [head, speaker]))
