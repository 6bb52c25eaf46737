"""Conversations."""

from __future__ import annotations

from typing import Any

from agent_gateway.store.rows import Address, Thread, ThreadKind, VenueState
from agent_gateway.store.session import Room


class ThreadQueries(Room):
    """Threads."""

    async def get_or_create(self, address: Address, name: str, title: str) -> Thread:
        """Return the thread of a chat or topic, made at need; a title that is given replaces the old one."""
        row = await self._session.row("upsert_thread", address.bot_id, address.chat_id, address.topic_id, name, title)
        return build_thread(row)

    async def by_id(self, thread_id: int) -> Thread | None:
        """Return a thread."""
        row = await self._session.row("thread_by_id", thread_id)
        return build_thread(row) if row else None

    async def by_name(self, name: str, kind: ThreadKind = ThreadKind.CONVERSATION) -> Thread | None:
        """Return the thread of an AgentThread, or of a SubAgent."""
        row = await self._session.row("thread_by_name", name, kind.value)
        return build_thread(row) if row else None

    async def by_address(self, address: Address) -> Thread | None:
        """Return the thread of a chat or topic."""
        row = await self._session.row("thread_by_address", address.bot_id, address.chat_id, address.topic_id)
        return build_thread(row) if row else None

    async def begin_session(self, thread_id: int) -> None:
        """Give a thread a fresh session; the lines of the old one stay."""
        for name in ("keep_session", "begin_session", "forget_results"):
            await self._session.execute(name, thread_id)

    async def newest(self, chat_id: int | None = None, most: int = 100) -> list[Thread]:
        """Return the newest conversations of this bot, or of one chat: oldest first, at most so many."""
        if chat_id is None:
            rows = await self._session.rows("list_threads", self._bot_id, most)
        else:
            rows = await self._session.rows("list_chat_threads", self._bot_id, chat_id, most)
        return [build_thread(row) for row in reversed(rows)]

    async def recent(self, chat_id: int | None, most: int) -> list[Thread]:
        """Return at most so many conversations of a chat (None: of all), those first in which somebody wrote last."""
        if chat_id is None:
            rows = await self._session.rows("recent_threads", self._bot_id, most)
        else:
            rows = await self._session.rows("recent_chat_threads", self._bot_id, chat_id, most)
        return [build_thread(row) for row in rows]

    async def count(self, chat_id: int | None, most: int) -> int:
        """Count the conversations of a chat (None: of all), no further than `most`."""
        return int(await self._session.value("count_threads", self._bot_id, chat_id, most))

    async def unfinished(self) -> list[int]:
        """Return the ids of threads with an open run or a turn that is not at its end."""
        return [row["thread_id"] for row in await self._session.rows("unfinished_threads")]


def build_thread(row: Any) -> Thread:
    """Make a Thread of a row."""
    address = Address(row["bot_id"], row["chat_id"] or 0, row["topic_id"])
    return Thread(
        row["id"], address, row["name"], row["title"], row["session_id"], row["run_counter"], ThreadKind(row["kind"]),
        VenueState(row["place"]), row["model"],
    )  # fmt: skip
