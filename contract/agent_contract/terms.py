"""Terms that frames and resources share; what a runner loads at each start, so it brings no more than it needs."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field
from agent_contract.text import Cleaned

Thinking = Literal["off", "minimal", "low", "medium", "high", "xhigh"]


class Timeouts(Wire):
    """Seconds. The Job's activeDeadlineSeconds is start + run + turnMax + turnExtra + grace."""

    start: Annotated[int, Field(ge=10, le=3600)] = 120
    """How long a run may take to become ready; then it is ended and the chat told."""
    turn: Annotated[int, Field(ge=1, le=86400)] = 300
    """How long one answer may show no sign of work: no text, no tool that begins, writes or ends; then it is ended."""
    turn_max: Annotated[int, Field(ge=1, le=86400)] = 3600
    """How long one answer may take in all; then it is ended."""
    turn_extra: Annotated[int, Field(ge=0, le=86400)] = 3600
    """How much longer than turnMax people may let one answer take, by the button that is offered before its time is over."""
    idle: Annotated[int, Field(ge=1, le=86400)] = 600
    """How long a run stays without a message."""
    run: Annotated[int, Field(ge=10, le=604800)] = 3600
    """How long a run takes messages; the next one then starts another. What it answers by then is answered to its end."""
    grace: Annotated[int, Field(ge=1, le=300)] = 10
    """How long a pod has to end by itself."""


EXTENSION_SECONDS: Final = 900
"""What one press of the button adds to the time of an answer, as far as `turn_extra` goes."""
Limit = Literal["silence", "wall"]
"""Of an answer's time: how long it shows no sign of work, and how long it takes in all."""

# --- sub-agents ---------------------------------------------------------------------------------------
Task = Annotated[str, Cleaned(8192, least=1, cut=False)]
TaskSeconds = Annotated[int, Field(ge=1, le=86400)]
_CALL_ID = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
CALL_ID_PATTERN: Final = re.compile(_CALL_ID)
"""As a label's value: it becomes one."""
CallId = Annotated[str, Field(pattern=_CALL_ID, max_length=63)]
WorkspaceMode = Literal["Copy", "Empty"]
DEFAULT_TASK_SECONDS: Final = 600
MAX_RESULT_BYTES: Final = 2048
"""Of a SubAgent's `status.result`: a termination message holds 4096 bytes, and a result must be readable in a table."""
