"""How others search what was said: SQLite's full text over a conversation, as agents that keep a file for each have it."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

from agent_gateway.store import Store

Finder = Callable[[str], Awaitable[list[str]]]


async def build_full_text(store: Store, thread_id: int, most: int) -> dict[str, Finder]:
    """Return ways over SQLite's FTS5 (its own tokenizer and rank), which is filled with what was said in a conversation.

    Args:
        store: Where that stands.
        thread_id: Which conversation.
        most: Messages that a search returns.
    """
    texts = await store.pool.fetch("SELECT text FROM messages WHERE thread_id = $1 ORDER BY id", thread_id)
    kept = sqlite3.connect(":memory:")
    kept.execute("CREATE VIRTUAL TABLE said USING fts5(text)")
    kept.executemany("INSERT INTO said (text) VALUES (?)", [(row["text"].replace("\0", ""),) for row in texts])

    def by(join: str) -> Finder:
        async def find(question: str) -> list[str]:
            asked = join.join('"' + word.replace('"', '""') + '"' for word in question.split())
            query = "SELECT text FROM said WHERE said MATCH ? ORDER BY rank, rowid DESC LIMIT ?"
            return [text for (text,) in kept.execute(query, (asked, most))]

        return find

    return {"SQLite's FTS5, every word": by(" "), "SQLite's FTS5, any word": by(" OR ")}
