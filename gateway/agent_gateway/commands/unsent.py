"""What a person ends says no more: notices and files that nobody has begun to send are left out."""

from __future__ import annotations

from agent_gateway.effects import WakeOutbox
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording import keys


async def drop_unsent(tx: Transaction, thread: Thread, key: str) -> int:
    """Leave out what a conversation's agents have unsent beside their answers, and say so; return how many messages that is.

    Args:
        tx: The transaction that ends their work.
        thread: The conversation.
        key: Of the line that says so, once.
    """
    count = await tx.outbox.drop_unsent(thread.address)
    if count:
        words = keys.unsent_dropped(thread.language, count=count)
        await tx.outbox.put(thread.address, words, f"left-out:{key}", kind="notice")
        tx.after(WakeOutbox())
    return count
