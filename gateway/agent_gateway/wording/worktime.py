"""What the chat says of a turn's time: that it runs short, that more was given, that it was over. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent_contract.terms import EXTENSION_SECONDS, Limit
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.units import duration

TIMED_OUT: Final = "Request timed out. Process killed. Try again."
"""Promised in these very words, so it is the same in every language."""
_DATA = re.compile(r"more:([0-9]{1,18}):([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Done:
    """What a turn had done when its time was over.

    Attributes:
        steps: Calls of tools.
        last: The last of them in a few words, without secrets.
    """

    steps: int = 0
    last: str = ""


def warn_text(language: str, limit: Limit, passed: float, left: float) -> str:
    """Say that a turn will be ended soon, in seconds that have passed and that are left."""
    write = keys.time_short_silence if limit == "silence" else keys.time_short_wall
    return write(language, time=duration(language, passed), left=duration(language, left))


def build_more(language: str, turn_id: int, given: int, most: int) -> tuple[Button, ...]:
    """Return the button that gives a turn more time; none where it has been given all that it may be.

    Args:
        language: Of the reader.
        turn_id: Which turn.
        given: Seconds that it has been given already.
        most: Seconds that it may be given in all.
    """
    more = min(EXTENSION_SECONDS, most - given)
    if more <= 0:
        return ()
    return (Button(keys.time_short_silence_more(language, time=duration(language, more)), f"more:{turn_id}:{given}"),)


def parse_more(data: str) -> tuple[int, int] | None:
    """Return the turn of a pressed button and the seconds that it had been given before; None for any other button."""
    match = _DATA.fullmatch(data)
    return (int(match[1]), int(match[2])) if match else None


def timeout_text(language: str, limit: Limit | None, seconds: float | None, done: Done) -> str:
    """Say that a turn's time was over: after how long, and what it had done."""
    told = []
    if seconds is not None:
        write = keys.time_was_silent if limit == "silence" else keys.time_was_long
        told.append(write(language, time=duration(language, seconds)))
    if done.steps > 0:
        told.append(keys.time_steps(language, count=done.steps))
    if done.last:
        told.append(keys.time_last_step(language, step=done.last))
    return " ".join(told) + f"\n{TIMED_OUT}" if told else TIMED_OUT
