"""Conversations that were held, for tests of search and of what is remembered."""

from __future__ import annotations

from agent_gateway.store.rows import Address
from tests.conftest import BOT_ID


async def hold(store, chat, topic=None, title="t"):
    """Make a conversation."""
    name = f"tg-{str(chat).replace('-', 'n')}" + (f"-{topic}" if topic else "")
    async with store.transaction() as tx:
        return await tx.threads.get_or_create(Address(BOT_ID, chat, topic), name, title)


async def say(store, thread, asked, answered="", *, person=42, message_id=None, days=0, undone=None):
    """Store a question and its answer, said so many days ago; return the turn's id."""
    pool = store.pool
    turn = await pool.fetchval(
        "INSERT INTO turns (thread_id, message_id, person_id, text, state, undone) VALUES ($1, $2, $3, $4, 'done', $5) RETURNING id",
        thread.id, message_id, person, asked, undone,
    )  # fmt: skip
    for role, text in (("user", asked), ("assistant", answered)):
        if text:
            await pool.execute(
                "INSERT INTO messages (thread_id, turn_id, role, text, created_at) VALUES ($1, $2, $3, $4, now() - make_interval(days => $5))",
                thread.id, turn, role, text, days,
            )  # fmt: skip
    return turn
