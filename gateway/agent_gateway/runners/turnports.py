"""What the parts of a connection share, and the prompt of a turn as its runner gets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent_contract import wire
from agent_gateway.quotas import Quotas
from agent_gateway.runners.ports import Children, Views, Wakes
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread, Turn
from agent_gateway.store.sessions import NO_QUOTAS
from agent_gateway.wording.plans import PLAN_NOTE


@dataclass(frozen=True, slots=True)
class TurnPorts:
    """What a connection's parts share: whose it is, and where things go."""

    thread: Thread
    run: int
    store: Store
    views: Views
    wake: Wakes
    children: Children
    on_turn: Callable[[int | None], None]
    """Told which turn the runner is at."""
    is_admin: Callable[[int], bool]
    quotas: Quotas = NO_QUOTAS


def build_frame(turn: Turn) -> wire.Turn:
    """Build the prompt of a turn, as its runner gets it."""
    files = [wire.TurnFile(name=f.name, media_type=f.media_type, size=f.size, about=f.about) for f in turn.files]
    text = f"{PLAN_NOTE}\n\n{turn.text}" if turn.plan else turn.text
    return wire.Turn(id=turn.id, text=text, files=files, plan=turn.plan)
