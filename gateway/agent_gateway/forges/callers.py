"""Who asks a forge for something: an agent, its turn, and the conversation above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentRow, Thread, Turn

_MOST_LEVELS: Final = 8
"""Agents above one another; no class allows so many."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An agent that asks.

    Attributes:
        thread: Its own.
        turn: That runs.
        own: What it is, of a sub-agent.
        root: The conversation that it works for.
        person_id: Whose message is being answered.
    """

    thread: Thread
    turn: Turn
    own: SubAgentRow | None
    root: Thread
    person_id: int | None

    @property
    def run(self) -> tuple[int, int | None]:
        """Return which run it is."""
        return self.thread.id, self.turn.run


async def find_root(store: Store, thread: Thread) -> Thread:
    """Return the conversation that an agent works for; of one made by hand its own."""
    for _ in range(_MOST_LEVELS):
        own = await store.subagents.get(thread.id)
        above = await store.threads.by_id(own.parent_id) if own is not None and own.parent_id is not None else None
        if above is None:
            break
        thread = above
    return thread
