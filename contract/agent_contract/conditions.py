"""`metav1.Condition` and the pure function that sets one in a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from agent_contract.base import Wire
from agent_contract.lenient import known_or
from agent_contract.text import Cleaned

MAX_CONDITIONS: Final = 8


class ConditionType(StrEnum):
    """What an AgentThread, SubAgent, AgentClass or AgentSchedule says of itself, each with a reason and a sentence."""

    ACCEPTED = "Accepted"
    """The spec and its class are usable."""
    POD_SCHEDULED = "PodScheduled"
    """The wanted run's pod has a node."""
    READY = "Ready"
    """The wanted run's container runs."""
    COMPLETE = "Complete"
    """A sub-agent has answered."""
    FAILED = "Failed"
    """A sub-agent ended without an answer."""
    SUSPENDED = "Suspended"
    """An administrator holds the thread."""
    POD_SECURITY = "PodSecurity"
    """The namespace of a class enforces the level `restricted` for every pod."""
    WARM_POOL = "WarmPool"
    """As many pods of a class wait for conversations as are asked for."""
    PAUSED = "Paused"
    """A schedule asks nothing any more, as its turns failed several times in a row."""


class Condition(Wire):
    """One `metav1.Condition`."""

    type: Annotated[str, Cleaned(316)]
    """Accepted, PodScheduled, Ready, Suspended, Complete, Failed, PodSecurity, WarmPool or Paused."""
    status: Annotated[Literal["True", "False", "Unknown"], known_or("Unknown", ("True", "False"))]
    """True, False or Unknown."""
    reason: Annotated[str, Cleaned(1024, least=1)]
    """One word for programs."""
    message: Annotated[str, Cleaned(32768, plain=True)] = ""
    """A sentence for people."""
    observed_generation: int = 0
    """The metadata.generation that was looked at."""
    last_transition_time: datetime
    """When the status last flipped."""


def _first(value: Any) -> Any:
    """Leave out what a newer release tells beyond the bound."""
    return value[:MAX_CONDITIONS] if isinstance(value, list) else value


Conditions = Annotated[list[Condition], Field(max_length=MAX_CONDITIONS), BeforeValidator(_first)]


def set_condition(conditions: Sequence[Condition], new: Condition) -> list[Condition]:
    """Return the conditions with `new` in the place of its type; its time moves only when the status flips."""
    result: list[Condition] = []
    placed = False
    for old in conditions:
        if old.type != new.type:
            result.append(old)
            continue
        placed = True
        kept = old.last_transition_time if old.status == new.status else new.last_transition_time
        result.append(new.model_copy(update={"last_transition_time": kept}))
    return result if placed else [*result, new]
