"""What the rows say of a run that calls a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent_gateway.store.session import Room

AFTER_SECONDS: Final = 30.0
"""How long after its turn a run may still call models: what it was told may be on its way."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a run's model calls are judged by.

    Attributes:
        class_name: Its AgentClass; None in runs of earlier releases.
        model: What was chosen for it in the chat; None where nobody chose, empty for the class's own.
        turn_id: The turn that it is at, or ended lately; None where there is none.
    """

    class_name: str | None
    model: str | None
    turn_id: int | None


class ModelCallQueries(Room):
    """Model calls."""

    async def facts(self, thread_id: int, run: int) -> CallFacts | None:
        """Return what a run's calls are judged by; None where the run is over."""
        row = await self._session.row("model_call", thread_id, run, AFTER_SECONDS)
        return CallFacts(row["class_name"], row["model"], row["turn_id"]) if row is not None else None
