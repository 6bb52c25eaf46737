"""How much waits, and how near budgets are to their limits: what gauges tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.store.rows import TurnState
from agent_gateway.store.session import Room

OPEN_STATES: Final = (TurnState.QUEUED, TurnState.DELIVERED, TurnState.STARTED)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one place.

    Attributes:
        waiting: How much.
        age: Seconds for which the oldest has waited; 0 where nothing waits.
    """

    waiting: int = 0
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class BudgetLevel:
    """How much of a budget of today is spent.

    Attributes:
        scope: day or class.
        class_name: Of a class: which; empty: everybody together.
        level: The part that is spent, of money or tokens, whichever is nearer to its limit; a limit of nothing is spent.
    """

    scope: str
    class_name: str
    level: float


class BacklogQueries(Room):
    """Backlogs. Each goes by an index of what is open, however long the history is."""

    async def inbox(self) -> Backlog:
        """Count the updates that nobody has dealt with yet."""
        return _build(await self._session.row("inbox_backlog", self._bot_id))

    async def turns(self) -> Mapping[TurnState, Backlog]:
        """Count the turns of conversations that have not ended, by state."""
        rows = await self._session.rows("turn_backlog", self._bot_id)
        return dict.fromkeys(OPEN_STATES, Backlog()) | {TurnState(row["state"]): _build(row) for row in rows}

    async def runs(self) -> Backlog:
        """Count the runs that are wanted and whose pod has not called yet."""
        return _build(await self._session.row("run_backlog", self._bot_id))

    async def outbox(self) -> Backlog:
        """Count what is to be said and does not stand in its chat."""
        return _build(await self._session.row("outbox_backlog", self._bot_id))

    async def budgets(self, zone: str, most: int) -> list[BudgetLevel]:
        """Return the levels of today's budgets of everybody and of classes, the nearest to their limits first."""
        rows = await self._session.rows("budget_levels", self._bot_id, zone, most)
        return [
            BudgetLevel(row["scope"], row["subject"], 1.0 if row["level"] is None else row["level"]) for row in rows
        ]


def _build(row: Any) -> Backlog:
    return Backlog(row["waiting"], max(0.0, row["age"]))
