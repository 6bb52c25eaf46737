"""Sub-agents as they are read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from agent_gateway.store.rows import Run, SubAgentRow, SubAgentState, Turn
from agent_gateway.store.runs import build_run
from agent_gateway.store.turns import build_turn

_FIELDS = [f.name for f in fields(SubAgentRow)]


@dataclass(frozen=True, slots=True)
class SubAgentFacts:
    """What is recorded of a sub-agent and decided from, of one moment.

    Attributes:
        child: Its row.
        run: Its run, while that is not over.
        turn: Its task, while that has not ended.
        now: That moment, by the database's clock.
        still_wanted: The turn that asked for it still runs; True where a person asked, or nobody.
        delivered: The session of the agent that asked for it holds its result.
    """

    child: SubAgentRow
    run: Run | None
    turn: Turn | None
    now: datetime
    still_wanted: bool
    delivered: bool


def build_subagent(row: Any) -> SubAgentRow:
    """Make a SubAgentRow of a row."""
    values = {name: row[name] for name in _FIELDS}
    return SubAgentRow(**{**values, "state": SubAgentState(values["state"])})


def build_facts(row: Any) -> SubAgentFacts:
    """Make SubAgentFacts of a row of `subagent_facts`."""
    child = build_subagent(row)
    return SubAgentFacts(
        child=child,
        run=build_run(row["open_run"]) if row["open_run"] is not None else None,
        turn=build_turn(row["open_turn"]) if row["open_turn"] is not None else None,
        now=row["now"],
        still_wanted=row["still_wanted"],
        delivered=row["delivered_at"] is not None,
    )
