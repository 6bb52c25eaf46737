"""Threads, turns and runs as a test of the store makes them."""

from __future__ import annotations

from agent_gateway.store.rows import Address
from tests.conftest import BOT_ID

CHAT = Address(BOT_ID, 42)


async def make_thread(store, address=CHAT, name="tg-42"):
    async with store.transaction() as tx:
        return await tx.threads.get_or_create(address, name, "title")


async def make_turn(store, thread, update=1, text="hello"):
    async with store.transaction() as tx:
        return await tx.turns.add(thread.id, update, 7, 42, text)


async def count_lines(store, session_id):
    """Count the stored lines of a session."""
    return await store.pool.fetchval("SELECT count(*) FROM session_entries WHERE session_id = $1", session_id)


async def read_start(store, thread, run=1):
    """Return the lines that a run begins with."""
    start = await store.starts.find(thread, run)
    text = b"".join([piece async for piece in store.starts.stream(thread.session_id, start)]).decode()
    return text.splitlines()
