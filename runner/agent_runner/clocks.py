"""The clocks of a turn. Pure.

A turn ends after silence (no text, no tool that begins, writes or ends), and when all its time is over. Silence does not
count while every open tool call waits for a sub-agent, whose own time bounds it, nor while a person has to decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from agent_contract.terms import Limit

WARN_SHARE: Final = 0.2
"""Of a time: so much before its end a person is warned."""
WARN_MOST: Final = 300.0
"""Seconds; a warning never comes earlier than this before the end."""
WARN_LEAST: Final = 5.0
"""Seconds; nobody can act on a warning that leaves less, so none is given."""

Awaited = Literal["sub_agents", "person"]


@dataclass(frozen=True, slots=True)
class TurnClock:
    """What is left of a turn's time. Times are seconds of one monotonic clock."""

    silence: float
    """How long a silence may last."""
    wall: float
    """How long the turn may take, without what was given more."""
    begun: float
    heard: float
    """When there was a sign of work last."""
    silent_until: float
    """When a silence has lasted too long; of no meaning while something is awaited."""
    wall_until: float
    given: float = 0.0
    """Seconds that a person gave more, in all."""
    awaited: frozenset[Awaited] = frozenset()
    since: float = 0.0
    """When the clock of the silence began to stand still."""
    warned: frozenset[Limit] = frozenset()

    @property
    def ends(self) -> tuple[float, Limit]:
        """Return when the turn is over where nothing changes, and by which limit."""
        silent = (self.silent_until, "silence")
        wall: tuple[float, Limit] = (self.wall_until, "wall")
        return wall if self.awaited or self.wall_until <= self.silent_until else (silent[0], "silence")

    @property
    def warns(self) -> float | None:
        """Return when a person is to be warned; None where they were, or where it would help nobody."""
        at, limit = self.ends
        ahead = compute_ahead(self.silence if limit == "silence" else self.wall)
        return None if limit in self.warned or ahead < WARN_LEAST else at - ahead

    @property
    def next_time(self) -> float:
        """Return when to look at it again."""
        return self.ends[0] if self.warns is None else min(self.warns, self.ends[0])

    def measure(self, limit: Limit, now: float) -> int:
        """Return how many seconds the silence, or the whole turn, has lasted."""
        return round(now - (self.heard if limit == "silence" else self.begun))


def start_clock(silence: float, wall: float, now: float) -> TurnClock:
    """Return the clock of a turn that begins now."""
    return TurnClock(silence, wall, now, now, now + silence, now + wall)


def compute_ahead(limit: float) -> float:
    """Return how long before the end of such a time a person is warned."""
    return min(limit * WARN_SHARE, WARN_MOST)


def hear(clock: TurnClock, now: float) -> TurnClock:
    """Return the clock after a sign of work; a person is warned anew of the next silence."""
    until = max(clock.silent_until, now + clock.silence)
    return replace(clock, heard=now, silent_until=until, since=now, warned=clock.warned - {"silence"})


def wait(clock: TurnClock, what: Awaited, now: float) -> TurnClock:
    """Let the clock of the silence stand still."""
    since = clock.since if clock.awaited else now
    return replace(clock, awaited=clock.awaited | {what}, since=since)


def resume(clock: TurnClock, what: Awaited, now: float) -> TurnClock:
    """Let the clock of the silence go on, once nothing else is awaited."""
    left = clock.awaited - {what}
    if what not in clock.awaited or left:
        return replace(clock, awaited=left)
    stood = now - clock.since
    return replace(clock, awaited=left, heard=clock.heard + stood, silent_until=clock.silent_until + stood)


def extend(clock: TurnClock, given: float, now: float) -> TurnClock:
    """Give the turn more time, `given` seconds in all; the same number again, or a smaller one, changes nothing."""
    more = given - clock.given
    if more <= 0:
        return clock
    silent = max(clock.silent_until, now + more)
    return replace(clock, given=given, wall_until=clock.wall_until + more, silent_until=silent, warned=frozenset())
