"""The frame by which a runner tells how long the parts of a turn took, where its gateway asked for that."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.lenient import Number, first
from agent_contract.modelling import Field
from agent_contract.text import Version

MAX_MARKS: Final = 16
_Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class TurnTimes(Wire):
    """When the parts of a turn were, told once, before its end; without a number, as nothing depends on it."""

    type: Literal["times"] = "times"
    turn: Number
    sent: _Seconds
    """When this is said. All are seconds since the runner's process started: its clock is nobody else's."""
    marks: Annotated[dict[Version, _Seconds], Field(max_length=MAX_MARKS), first(MAX_MARKS)] = {}
    """`given`, `prompted` (pi has it), `begun` (pi works), `text` (its first)."""
