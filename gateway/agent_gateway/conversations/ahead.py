"""Tells the operator who is next in line for a slot, so that a pod waits for them when one is free."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from agent_contract.warmpool import MOST_AHEAD
from agent_gateway.conversations.slots import Slots
from agent_gateway.pauses import wait_at_most
from agent_gateway.resources.values import ClassValue
from agent_kube.errors import KubeError

SETTLE_SECONDS: Final = 5.0
"""From the beginning of the lead: each thread that waits joins the line when it is looked at first."""
LOOK_SECONDS: Final = 5.0
"""How often line and classes are compared where nobody came or went."""
LEAST_PAUSE: Final = 0.5
"""Between two comparisons: so often a class is written at most."""
_log = logging.getLogger(__name__)


class Classes(Protocol):
    """AgentClasses."""

    def all(self) -> list[ClassValue]:
        """Return every class as last read."""

    async def tell_line(self, name: str, in_line: int) -> None:
        """Write how many of those who are next in line want a class into its status.

        Raises:
            KubeError: the API server does not take it.
        """


class LineTeller:
    """Keeps `status.inLine` of classes that start pods for those who are next.

    Args:
        slots: The line.
        classes: Which are told.
        check: Raises when this process may no longer act.
        settle: Seconds to wait at first.
    """

    def __init__(
        self, slots: Slots, classes: Classes, check: Callable[[], None], *, settle: float = SETTLE_SECONDS
    ) -> None:
        self._slots = slots
        self._classes = classes
        self._check = check
        self._settle = settle

    async def run(self) -> None:
        """Tell what changes, for ever."""
        await asyncio.sleep(self._settle)
        while True:
            self._slots.line_changed.clear()
            self._check()
            await self.look()
            await asyncio.sleep(LEAST_PAUSE)
            await wait_at_most(self._slots.line_changed, LOOK_SECONDS)

    async def look(self) -> None:
        """Write where a class says something else than the line."""
        for one, in_line in find_changes(self._classes.all(), self._slots.find_next(MOST_AHEAD)):
            try:
                await self._classes.tell_line(one.name, in_line)
            except KubeError as error:
                _log.warning("line_not_told", extra={"agent_class": one.name, "reason": error.reason})


def find_changes(classes: Sequence[ClassValue], line: Sequence[str]) -> list[tuple[ClassValue, int]]:
    """Return the classes whose status is to say something else of the line, and what.

    Args:
        classes: As they were last read.
        line: The classes of those who are next.
    """
    told = [(one, min(one.ahead, line.count(one.name))) for one in classes]
    return [(one, in_line) for one, in_line in told if in_line != one.in_line]
