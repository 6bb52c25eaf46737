"""How many calls of agents are under way: some in all, fewer of one run, and those that wait for a person apart."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from agent_gateway.atwork import AtWork
from agent_gateway.metrics import LIMITS

MOST_AT_ONCE: Final = 32
"""Calls of all agents that ask a forge."""
MOST_OF_RUN: Final = 4
"""Of those, one run's."""
MOST_WAITING: Final = 16
"""Calls of one run that wait for a person; a turn has fewer questions that wait."""

Run = tuple[int, int | None]
"""A thread's id, and the number of its run."""


class NoPlace(Exception):
    """As many calls are under way as may be; the text is for the agent."""


class Places:
    """Counts."""

    def __init__(self) -> None:
        self._asking = AtWork(MOST_OF_RUN, MOST_AT_ONCE)
        self._waiting = AtWork(MOST_WAITING)

    def hold(self, run: Run) -> AbstractContextManager[None]:
        """Have a place while a forge is asked.

        Raises:
            NoPlace: there is none, when it is entered.
        """
        return self._asking.hold(run, lambda: _refuse("Too many calls ask forges at once"))

    def wait(self, run: Run) -> AbstractContextManager[None]:
        """Be counted while a person is waited for.

        Raises:
            NoPlace: too many of the run wait, when it is entered.
        """
        return self._waiting.hold(run, lambda: _refuse("Too many calls of this agent wait for a person"))


def _refuse(words: str) -> NoPlace:
    LIMITS.labels("pull-calls").inc()
    return NoPlace(f"{words}: try again in a moment (limit: pull-calls).")
