"""Brings each sub-agent nearer to its end: snapshot, decide, apply."""

from __future__ import annotations

from typing import Final

from agent_gateway.store import Store
from agent_gateway.store.rows import Thread
from agent_gateway.subagents.apply import Applier
from agent_gateway.subagents.decide import decide
from agent_gateway.subagents.snapshot import SnapshotReader

MAX_ROUNDS: Final = 10
"""Each does one thing; what is left after so many waits for the next look."""
_REST_SECONDS: Final = 1.0


class SubAgentReconciler:
    """What the queue of threads asks for those of sub-agents, and a conversation for those that work for it.

    Args:
        store: Conversations.
        reader: Reads snapshots.
        applier: Carries out what was decided.
    """

    def __init__(self, store: Store, reader: SnapshotReader, applier: Applier) -> None:
        self._store = store
        self._reader = reader
        self._applier = applier

    async def reconcile(self, thread: Thread) -> float | None:
        """Do all that a sub-agent needs now; return the seconds to the next look, None where something will wake it.

        Raises:
            KubeError: the API server refused a call, or did not answer: to be tried again after a pause.
            StoreError: so did the database.
        """
        for _ in range(MAX_ROUNDS):
            snapshot = await self._reader.read(thread.id)
            if snapshot is None:
                return None
            seconds = [await self._applier.apply(snapshot, action) for action in decide(snapshot)]
            soonest = min((after for after in seconds if after is not None), default=None)
            if soonest is None or soonest > 0:
                return soonest
        return _REST_SECONDS

    async def end_with(self, parent_id: int, turn_id: int | None = None) -> None:
        """End all of a thread's sub-agents, as it is ended itself; or those that one of its turns waits for."""
        await self._store.subagents.cancel_children(parent_id, "parent", turn_id)
