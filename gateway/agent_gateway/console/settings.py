"""Whose tokens the console takes, as the chart writes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent_contract import names
from agent_contract.base import Wire

User = Annotated[str, Field(pattern=r"^system:serviceaccount:[a-z0-9.-]{1,253}:[a-z0-9.-]{1,253}$")]


class ConsoleSettings(Wire):
    """The console of this gateway; without it there is no port."""

    view: User
    """Full user name of the ServiceAccount whose tokens may read."""
    speak: User
    """Full user name of the one whose tokens may read, speak and stop."""
    port: Annotated[int, Field(ge=0, le=65535)] = names.PORT_CONSOLE
    """Where it listens."""
