"""Gives turns to the runners of their conversations."""

from __future__ import annotations

import asyncio
import logging

from agent_gateway.conversations.deadlines import find_delivered
from agent_gateway.conversations.notes import PromptNotes
from agent_gateway.conversations.show import Previews
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_kube.tracing.steps import tell_step

_log = logging.getLogger(__name__)
_AGAIN_SECONDS = 2.0
"""After which a thread is looked at again whose turn could not be delivered as it was read."""


class TurnSender:
    """Gives turns to runners.

    Args:
        store: Conversations.
        registry: Connections of runners.
        views: Live previews.
        notes: What an agent is told besides.
    """

    def __init__(self, store: Store, registry: Registry, views: Previews, notes: PromptNotes) -> None:
        self._store = store
        self._registry = registry
        self._views = views
        self._notes = notes

    async def deliver(self, s: Snapshot) -> float | None:
        """Deliver the oldest waiting turn, or send the delivered one again; return the seconds to the next look."""
        link = self._registry.link(s.thread.id)
        if link is None or s.run is None:
            return None
        turn = find_delivered(s, s.run) or await self._store.turns.deliver_next(s.thread.id, s.run.number)
        if turn is None:
            return _AGAIN_SECONDS
        view, noted = await asyncio.gather(
            self._store.views.get(turn.id), self._notes.add(s.thread, s.run.number, turn)
        )
        self._views.open(turn, s.thread.address, turn.message_id, view)
        self._views.working(turn.id)
        if await link.send_turn(noted) and turn.stop_asked:
            await link.abort(turn.id)
        tell_step(_log, "turn_delivered", agent_thread=s.thread.name, turn=turn.id)
        return 0.0

    async def extend(self, thread_id: int, turn_id: int, seconds: int) -> None:
        """Tell the runner how much more time a turn was given; one that is away is told when it is back."""
        link = self._registry.link(thread_id)
        if link is not None:
            await link.extend(turn_id, seconds)

    async def abort(self, thread_id: int, turn_id: int) -> None:
        """Ask the runner to end a turn; one that is away is told when it is back."""
        link = self._registry.link(thread_id)
        if link is not None:
            await link.abort(turn_id)
