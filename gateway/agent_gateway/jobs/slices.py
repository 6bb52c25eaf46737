"""What deletions have in common: a bound on each slice, and their end in the chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent_gateway.effects import WakeOutbox
from agent_gateway.store.jobs import Job
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording.say import SOURCE

SLICE_SECONDS: Final = 10.0
"""After so long a statement is given up; the slice is tried again."""


async def hold_slice(tx: Transaction, job: Job) -> Job | None:
    """Hold a job for one slice, whose statements have a bound from here on; None where it is done already."""
    held = await tx.jobs.hold(job.id)
    if held is not None:
        await tx.row("limit_statement", str(int(SLICE_SECONDS * 1000)))
    return held


async def tell_end(tx: Transaction, held: Job, build_words: Callable[[str], str], dedupe_key: str) -> None:
    """End a job of which nothing is left, and say so in its conversation's language, in the message that asked where there is one."""
    thread = await tx.threads.by_id(held.thread_id)
    words = build_words(thread.language if thread is not None else SOURCE)
    ids = [held.message_id] if held.message_id is not None else []
    await tx.outbox.put(held.address, words, dedupe_key, message_ids=ids)
    await tx.jobs.end(held.id)
    tx.after(WakeOutbox())
