"""Brings a conversation nearer to what it needs: read, decide, apply."""

from __future__ import annotations

import logging
from typing import Final

from agent_gateway.conversations.actions import Action, RequestRun, ShowWaiting, Wait
from agent_gateway.conversations.apply import Applier
from agent_gateway.conversations.decide import decide
from agent_gateway.conversations.runs import awaits_operator
from agent_gateway.conversations.show import WaitingView
from agent_gateway.conversations.slots import Slots
from agent_gateway.conversations.snapshot import SnapshotReader
from agent_gateway.logs import describe_fault
from agent_gateway.metrics import THREADS_SET_ASIDE
from agent_gateway.store.errors import Refused
from agent_gateway.store.rows import Thread
from agent_kube.errors import KubeError

_log = logging.getLogger(__name__)
_ROUNDS: Final = 20
"""Rounds of one look: each does one thing."""
_REST_SECONDS: Final = 1.0
"""After which a thread goes on that needed more."""


class ConversationReconciler:
    """Reconciles conversations, each by one worker at a time.

    Args:
        reader: Reads what is known of one.
        applier: Does what was decided.
        view: Tells the chat of what is refused.
        slots: Who waits for a slot.
    """

    def __init__(self, reader: SnapshotReader, applier: Applier, view: WaitingView, slots: Slots) -> None:
        self._reader = reader
        self._applier = applier
        self._view = view
        self._slots = slots

    async def reconcile(self, thread: Thread) -> float | None:
        """Do all that a thread needs now; return the seconds to the next look, None where something will wake it.

        What the database refuses is told and set aside until something of the thread changes.

        Raises:
            KubeError: the API server refuses or does not answer; the chat is told.
            RunConflict: somebody else wrote the resource meanwhile.
            Away: the database does not answer.
        """
        try:
            return await self._reconcile(thread.id)
        except KubeError as error:
            self._slots.leave(thread.id)
            await self._view.show_cluster_error(thread, error)
            raise
        except Refused as error:
            self._slots.leave(thread.id)
            THREADS_SET_ASIDE.inc()
            _log.error("thread_set_aside", extra={"thread_id": thread.id, "error": describe_fault(error)})
            await self._view.show_unstorable(thread)
            return None
        except BaseException:
            self._slots.leave(thread.id)
            raise

    async def _reconcile(self, thread_id: int) -> float | None:
        for _ in range(_ROUNDS):
            snapshot = await self._reader.read(thread_id)
            if snapshot is None:
                self._slots.settle(thread_id)
                return None
            if snapshot.run is None or not awaits_operator(snapshot.found, snapshot.run):
                self._slots.settle(thread_id)
            actions = decide(snapshot)
            if not _keeps_waiting(actions):
                self._slots.leave(thread_id)
            seconds = [await self._applier.apply(snapshot, action) for action in actions]
            soonest = min((after for after in seconds if after is not None), default=None)
            if soonest is None or soonest > 0:
                return soonest
        return _REST_SECONDS


def _keeps_waiting(actions: list[Action]) -> bool:
    """Say whether a thread stays in the queue for slots; it leaves with the slot that it takes."""
    return any(isinstance(a, RequestRun) or (isinstance(a, ShowWaiting) and a.wait is Wait.SLOT) for a in actions)
