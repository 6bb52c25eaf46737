"""A topic or chat takes messages again: what was held is said, and what waits goes on."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.store.rows import Address, Thread, VenueState
from agent_gateway.store.transaction import Transaction

_log = logging.getLogger(__name__)


async def reopen(tx: Transaction, address: Address) -> None:
    """Record that a topic takes messages again."""
    _wake(tx, await tx.venues.set(address, VenueState.OPEN, was=(VenueState.CLOSED, VenueState.ORPHANED)))
    await tx.outbox.release_held(address)
    tx.after(WakeOutbox())


async def greet(tx: Transaction, address: Address) -> None:
    """Record that somebody wrote where a conversation was taken for orphaned; a topic that is closed stays so.

    Where there is nothing to record, nothing is locked.
    """
    thread = await tx.threads.by_address(address)
    if thread is not None and thread.venue is VenueState.ORPHANED:
        _wake(tx, await tx.venues.set(address, VenueState.OPEN, was=(VenueState.ORPHANED,)))


async def come_back(tx: Transaction, chat: Address) -> None:
    """Record that the bot may write in a chat again."""
    back = await tx.venues.set(chat, VenueState.OPEN, was=(VenueState.ORPHANED,), was_why="chat", whole_chat=True)
    _wake(tx, back)


def _wake(tx: Transaction, threads: Sequence[Thread]) -> None:
    for thread in threads:
        _log.info("venue_open", extra={"agent_thread": thread.name})
        tx.after(WakeThread(thread.id))
