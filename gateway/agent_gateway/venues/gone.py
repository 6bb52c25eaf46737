"""A topic or chat is gone: all work of its conversation ends, and who asked last is told where they can read it."""

from __future__ import annotations

import logging

from agent_gateway.effects import HideViews, PutEvent, ShutDownRun, WakeOutbox, WakeThread
from agent_gateway.store.rows import Address, Thread, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording.say import SOURCE
from agent_gateway.wording.venues import gone_text

_log = logging.getLogger(__name__)


async def lose(tx: Transaction, address: Address, update_id: int | None, *, chat: bool) -> None:
    """Record that a topic, or with `chat` a whole chat, is gone.

    Args:
        tx: The transaction.
        address: Which.
        update_id: The update that tells so: what was written after it is not ended by it.
        chat: It is a whole chat.
    """
    orphaned = await tx.venues.set(
        address, VenueState.ORPHANED, was=(VenueState.OPEN, VenueState.CLOSED), whole_chat=chat,
        why="chat" if chat else "topic",
    )  # fmt: skip
    for thread in orphaned:
        await _end_work(tx, thread, update_id, chat=chat)
    tx.after(WakeOutbox())


async def _end_work(tx: Transaction, thread: Thread, update_id: int | None, *, chat: bool) -> None:
    work = await tx.venues.underway(thread.id)
    last, run = work.last, work.run
    cancelled = await tx.turns.cancel_queued_before(thread.id, update_id)
    await tx.subagents.cancel_children(thread.id, "parent")
    if work.running is not None:
        await tx.turns.ask_stop(work.running.id)
    tx.after(HideViews(tuple(cancelled)))
    if run is not None:
        await tx.runs.ask_stop(thread.id, run.number, "killed")
        tx.after(ShutDownRun(thread.id, run.number, "killed"))
    person = last.person_id if last is not None else None
    private = await tx.venues.private(person) if person is not None else None
    tell = not chat or bool(cancelled) or work.running is not None
    if last is not None and private is not None and tell:
        text = gone_text(last.language, thread.title, len(cancelled), chat=chat)
        await tx.outbox.put(private, text, f"venue-gone:{thread.id}:{last.id}", kind="notice")
    event = gone_text(SOURCE, thread.title, len(cancelled), chat=chat)
    tx.after(WakeThread(thread.id), PutEvent(thread, "VenueGone", event))
    _log.warning(
        "venue_gone",
        extra={"agent_thread": thread.name, "why": "chat" if chat else "topic", "cancelled": len(cancelled),
               "told": private is not None and tell},
    )  # fmt: skip
