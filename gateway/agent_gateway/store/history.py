"""The whole of a conversation: read in order, or forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from agent_gateway.store.rows import Thread
from agent_gateway.store.session import Room, Session
from agent_gateway.store.workspaces import CHUNK_BYTES


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One thing that was said.

    Attributes:
        at: When.
        who: `user`, `assistant`, or the name of a sub-agent.
        person_id: The person of `user`, where that is known.
        text: The words; of a sub-agent its answer.
        task: What a sub-agent was asked.
    """

    at: datetime
    who: str
    person_id: int | None
    text: str
    task: str | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted."""

    messages: int
    session_lines: int
    workspaces: int
    files: int
    subagents: int


class TextFile:
    """A file for the chat that is written piece by piece, within one transaction.

    Attributes:
        file_id: Which an outbox row names.
        bytes: How many were written.
    """

    def __init__(self, tx: Session, file_id: int) -> None:
        self._tx = tx
        self.file_id = file_id
        self.bytes = 0
        self._held = bytearray()
        self._ordinal = 0

    async def write(self, data: bytes) -> None:
        """Add to its end."""
        self.bytes += len(data)
        self._held += data
        while len(self._held) >= CHUNK_BYTES:
            await self._store(bytes(self._held[:CHUNK_BYTES]))
            del self._held[:CHUNK_BYTES]

    async def finish(self) -> None:
        """Make it whole."""
        if self._held:
            await self._store(bytes(self._held))
        await self._tx.execute("finish_file", self.file_id, self.bytes)

    async def _store(self, data: bytes) -> None:
        await self._tx.execute("add_file_chunk", self.file_id, self._ordinal, data)
        self._ordinal += 1


class HistoryQueries(Room):
    """Histories."""

    async def read(self, thread_id: int) -> AsyncIterator[HistoryItem]:
        """Yield what was said in a conversation, oldest first, never all in memory."""
        async with self._session.unit() as tx:
            below = [row["thread_id"] for row in await tx.rows("below", thread_id)]
            async for row in tx.stream("history", thread_id, below):
                yield HistoryItem(row["at"], row["who"], row["person_id"], row["text"], row["task"])

    async def begin_text(self, thread_id: int, name: str, media_type: str) -> TextFile:
        """Begin a file for the chat."""
        return TextFile(self._session, int(await self._session.value("begin_file", thread_id, name, media_type)))

    async def hold_thread(self, thread_id: int) -> None:
        """Let nobody add a turn or a session line before the transaction ends."""
        row = await self._tx.row("lock_thread", thread_id)
        await self._tx.execute("lock_session", str(row["session_id"]))

    async def forget(self, thread: Thread) -> Forgotten:
        """Delete all that was said, made and kept in a conversation and by its sub-agents; the thread stays.

        Who did what and how many tokens were used stays too, without any text. Nothing of it may be at
        work, and it is held.
        """
        rows = await self._tx.rows("below", thread.id)
        threads = [row["thread_id"] for row in rows]
        address = thread.address
        # the old sessions' lines first, as the threads know them only till then; what refers to files before these
        counts = {
            name: await _delete(self._tx, f"forget_{name}", threads)
            for name in ("sessions", "past_sessions", "threads", "messages", "views", "tools", "steers", "workspaces")
        }
        await self._tx.execute("forget_outbox", threads, address.bot_id, address.chat_id, address.topic_id)
        files = await _delete(self._tx, "forget_files", threads)
        await _delete(self._tx, "forget_turns", threads)
        await _delete(self._tx, "forget_subagents", threads)
        lane = str(address.chat_id) + (f"/{address.topic_id}" if address.topic_id is not None else "")
        await self._tx.execute("forget_inbox", address.bot_id, lane, str(address.chat_id))
        return Forgotten(counts["messages"], counts["sessions"], counts["workspaces"], files, len(threads) - 1)


async def _delete(tx: Session, name: str, threads: list[int]) -> int:
    """Run a query over threads and return how many rows it touched."""
    status = await tx.execute(name, threads)
    return int(status.rsplit(" ", 1)[-1])
