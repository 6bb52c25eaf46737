"""When the parts of a turn were, for a gateway that asked: a few numbers, and one frame of them."""

from __future__ import annotations

from collections.abc import Callable

from agent_contract import wire
from agent_runner.processes import seconds_since_start


class TurnClock:
    """Notes the parts of one turn after the other. Nothing is noted before a gateway asked.

    Args:
        send: Sends a frame if the gateway is there: nobody misses it.
        clock: Seconds since the runner's process started.
    """

    def __init__(
        self, send: Callable[[wire.TurnTimes], None], clock: Callable[[], float] = seconds_since_start
    ) -> None:
        self._send = send
        self._clock = clock
        self._wanted = False
        self._turn: int | None = None
        self._marks: dict[str, float] = {}

    def want(self, *, wanted: bool) -> None:
        """Take what a welcome says: whether times are asked for."""
        self._wanted = wanted

    def begin(self, turn: int) -> None:
        """Note that a turn was given."""
        self._turn, self._marks = turn, {}
        self.mark("given")

    def mark(self, part: str) -> None:
        """Note a part of the running turn, the first time."""
        if self._wanted and self._turn is not None and part not in self._marks:
            self._marks[part] = round(self._clock(), 6)

    def end(self) -> None:
        """Tell what was noted of the turn, once."""
        if self._wanted and self._turn is not None and self._marks:
            self._send(wire.TurnTimes(turn=self._turn, sent=round(self._clock(), 6), marks=self._marks))
        self._turn = None
