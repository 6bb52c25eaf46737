"""Brings each sub-agent nearer to its end: snapshot, decide, apply."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_gateway.store import Store
from agent_gateway.store.rows import Thread, Turn
from agent_gateway.subagents.apply import Applier
from agent_gateway.subagents.decide import decide
from agent_gateway.subagents.slots import compute_paused_until
from agent_gateway.subagents.snapshot import SnapshotReader

MAX_ROUNDS = 10
"""Each does one thing; what is left after so many waits for the next look."""


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

    async def reconcile(self, thread: Thread) -> None:
        """Bring a sub-agent nearer to its end.

        Raises:
            KubeError: the API server refused a call, or did not answer: to be tried again after a pause.
            StoreError: so did the database.
        """
        for _ in range(MAX_ROUNDS):
            snapshot = await self._reader.read(thread.id)
            if snapshot is None:
                return
            actions = decide(snapshot, datetime.now(UTC))
            settled = [await self._applier.apply(snapshot, action) for action in actions]
            if all(settled):
                return

    async def end_with(self, parent_id: int, turn_id: int | None = None) -> None:
        """End all of a thread's sub-agents, as it is ended itself; or those that one of its turns waits for."""
        await self._store.subagents.cancel_children(parent_id, "parent", turn_id)

    async def work_until(self, turn: Turn) -> datetime | None:
        """Return until when a turn's clock stood still for its sub-agents; None where it did not."""
        if turn.run is None:
            return None
        children = await self._store.subagents.of_turn(turn.thread_id, turn.run, turn.id)
        return compute_paused_until(children, datetime.now(UTC))
