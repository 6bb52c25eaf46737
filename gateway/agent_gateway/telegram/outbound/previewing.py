"""What a preview asks for, and what is rendered of a text that is still being written. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent_gateway.render.foreign import break_taps
from agent_gateway.render.render import Chunk, render_partial

TEXT_UNITS: Final = 3200
"""UTF-16 units of it that are shown: below it there is room for tools and sub-agents."""


@dataclass(frozen=True, slots=True)
class Call:
    """Make the preview of a turn show `chunk`: an edit, or a send where there is no message yet."""

    turn_id: int
    message_id: int | None
    chunk: Chunk
    superfluous: bool = False
    """The message goes away instead."""
    draft: bool = False
    """It is shown as a draft: no message of it stands afterwards."""


@dataclass(frozen=True, slots=True)
class Render:
    """Render a text of a turn, and ask again: that takes long, and is done elsewhere."""

    turn_id: int
    text: str
    plain: bool


def render_preview(text: str, *, plain: bool) -> list[Chunk]:
    """Return the messages that a preview would take: of more than one the first is shown."""
    if plain:
        return render_partial(break_taps(text), "plain", limit=TEXT_UNITS, most=2)
    return render_partial(text, limit=TEXT_UNITS, most=2)
