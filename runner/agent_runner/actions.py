"""What the supervisor asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent_contract import wire


@dataclass(frozen=True, slots=True)
class StartPi:
    """Start pi again on the same session."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the gateway that turns may come."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Give pi a turn."""

    turn: wire.Turn


@dataclass(frozen=True, slots=True)
class Steer:
    """Hand pi words for the running turn."""

    frame: wire.Steer


@dataclass(frozen=True, slots=True)
class AbortPi:
    """Empty pi's queue and stop what it does."""


@dataclass(frozen=True, slots=True)
class KillTools:
    """Kill every process below this one but pi."""


@dataclass(frozen=True, slots=True)
class KillPi:
    """Kill pi and every process below this one; its end is told as `PiDied`."""


@dataclass(frozen=True, slots=True)
class KillAll:
    """Kill every other process of the pod; nothing is told of pi any more."""


@dataclass(frozen=True, slots=True)
class Emit:
    """Send an event of a turn."""

    turn: int
    event: wire.Event


@dataclass(frozen=True, slots=True)
class AskLeave:
    """Ask the gateway for leave."""

    reason: Literal["idle", "run_deadline", "shutdown", "done"]


@dataclass(frozen=True, slots=True)
class Exit:
    """End this process."""

    code: int


Action = StartPi | Announce | Prompt | Steer | AbortPi | KillTools | KillPi | KillAll | Emit | AskLeave | Exit
