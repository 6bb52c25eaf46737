"""How many schedules there may be, as the chart writes it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field


class ScheduleSettings(BaseModel):
    """How many schedules there may be, and how often each may be due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_conversation: Annotated[int, Field(alias="perConversation", ge=0, le=1000)] = 20
    """Of one conversation."""
    per_chat: Annotated[int, Field(alias="perChat", ge=0, le=10_000)] = 50
    """Of all conversations of one chat."""
    all: Annotated[int, Field(ge=0, le=100_000)] = 1000
    """Of all chats."""
    min_interval_seconds: Annotated[int, Field(alias="minIntervalSeconds", ge=60, le=86400)] = 300
    """Between two times at which one is due."""
    warm_seconds: Annotated[int, Field(alias="warmSeconds", ge=0, le=300)] = 15
    """Before one is due its agent begins so long ahead; 0: when it is due."""


DEFAULTS: Final = ScheduleSettings()
