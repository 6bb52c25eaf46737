"""How long stays what was said and made in the conversations of a class."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from agent_contract.base import Wire

MOST_USAGE_DAYS: Final = 90
"""Of single model calls, whatever a class says."""


class Retention(Wire):
    """After how many days what is older goes. Absent means that it stays, until a person sends /forget."""

    message_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Messages, answers and what the agent remembers of them. The present session stays while somebody writes in it."""
    file_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Kept files: earlier states, and the newest where nobody wrote for so long."""
    usage_days: Annotated[int, Field(ge=1, le=MOST_USAGE_DAYS)] | None = None
    """Single model calls; absent means 90 days. Sums of what was spent stay."""
