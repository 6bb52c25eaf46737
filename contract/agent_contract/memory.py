"""What an agent asks of what is remembered of its conversation: what was said, and notes that last."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.modelling import Field
from agent_contract.terms import CallId
from agent_contract.text import Cleaned

MAX_QUESTION: Final = 300
"""Characters of what is looked for."""
MAX_NOTE: Final = 500
"""Characters of a note."""
MAX_PAGE: Final = 20
"""Pages of what was found."""
MAX_CALL_BYTES: Final = 16_384
"""Of a call."""

MemoryAction = Literal["search", "remember"]
SearchPlace = Literal["conversation", "chat"]
Speaker = Literal["anybody", "people", "agent"]
NoteScope = Literal["conversation", "chat", "person"]
Day = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$", max_length=10)]


class MemoryCall(Wire):
    """One call. Asking again with the same id asks the same: nothing is noted twice."""

    call: CallId
    """Minted by the runner for each tool call."""
    action: MemoryAction
    query: Annotated[str, Cleaned(MAX_QUESTION)] = ""
    """What is looked for."""
    place: SearchPlace = "conversation"
    """Where: in this conversation, or in all topics of its chat."""
    speaker: Speaker = "anybody"
    since: Day = ""
    """A day, as 2026-11-01; empty: from the beginning on."""
    until: Day = ""
    """The last day; empty: till now."""
    page: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 1
    note: Annotated[str, Cleaned(MAX_NOTE)] = ""
    """What is to be noted."""
    scope: NoteScope = "conversation"
    """Whom the note is for."""


class MemoryAnswer(Wire):
    """What the agent is told."""

    text: str = ""
