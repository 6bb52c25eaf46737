"""A topic was closed: the running answer is stopped, and what waits, waits on."""

from __future__ import annotations

import logging

from agent_gateway.effects import AbortTurn, HideViews, WakeThread
from agent_gateway.store.rows import Address, VenueState
from agent_gateway.store.transaction import Transaction

_log = logging.getLogger(__name__)


async def close(tx: Transaction, address: Address) -> None:
    """Record that a topic takes no messages; what cannot be said there is held by the sender."""
    closed = await tx.venues.set(address, VenueState.CLOSED, was=(VenueState.OPEN, VenueState.ORPHANED))
    for thread in closed:
        _log.info("topic_closed", extra={"agent_thread": thread.name})
        work = await tx.venues.underway(thread.id)
        if work.running is not None:
            await tx.turns.ask_stop(work.running.id)
            tx.after(AbortTurn(thread.id, work.running.id), WakeThread(thread.id))
        # nothing can be shown there; what waits is shown anew when its turn has come
        tx.after(HideViews(work.waiting))
