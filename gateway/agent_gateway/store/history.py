"""The whole of a conversation: read page by page, or forgotten slice by slice. No transaction is as long as a history."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agent_gateway.store.rows import Address, Thread
from agent_gateway.store.session import Room, Session
from agent_gateway.store.workspaces import CHUNK_BYTES

PAGE_ROWS: Final = 500
"""Messages that are read at once."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


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

    messages: int = 0
    session_lines: int = 0
    workspaces: int = 0
    files: int = 0
    subagents: int = 0

    def plus(self, more: Forgotten) -> Forgotten:
        """Return the sum of both."""
        return Forgotten(*(a + b for a, b in zip(astuple(self), astuple(more), strict=True)))


@dataclass(frozen=True, slots=True)
class Limits:
    """The ids up to which rows are deleted; what came later stays."""

    turn: int
    message: int
    outbox: int
    file: int


class TextFile:
    """A file for the chat that is written piece by piece.

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
        """Yield what was said in a conversation till now, oldest first; no connection is held in between."""
        end = await self._session.value("history_end", thread_id)
        below = [
            row["thread_id"] for row in await self._session.rows("below", thread_id) if row["thread_id"] != thread_id
        ]
        after, since = 0, _BEGINNING
        while rows := await self._session.rows("history_page", thread_id, after, end, PAGE_ROWS):
            after, until = rows[-1]["id"], rows[-1]["at"]
            said = [HistoryItem(r["at"], r["who"], r["person_id"], r["text"], None) for r in rows]
            for item in sorted([*said, *await self._results(below, since, until)], key=_moment):
                yield item
            since = until
        for item in await self._results(below, since, datetime.now(UTC)):
            yield item

    async def _results(self, below: Sequence[int], since: datetime, until: datetime) -> list[HistoryItem]:
        """Return what sub-agents answered in between, in order."""
        if not below or since >= until:
            return []
        rows = await self._session.rows("history_results", list(below), since, until)
        return [HistoryItem(r["at"], r["who"], None, r["text"], r["task"]) for r in rows]

    async def begin_text(self, thread_id: int, name: str, media_type: str) -> TextFile:
        """Begin a file for the chat."""
        return TextFile(self._session, int(await self._session.value("begin_file", thread_id, name, media_type)))

    async def hold_thread(self, thread_id: int) -> None:
        """Let nobody add a turn or a session line before the transaction ends."""
        row = await self._tx.row("lock_thread", thread_id)
        await self._tx.execute("lock_session", str(row["session_id"]))

    async def begin_forgetting(self, thread: Thread) -> Limits:
        """Let nothing of a conversation reach an agent any more; return up to where all is to be deleted.

        Nothing of it may be at work, and it is held.
        """
        row = await self._tx.row("forget_limits")
        await self._tx.execute("keep_session", thread.id)
        await self._tx.execute("forget_session", thread.id)
        # what the next prompt would tell
        await self._tx.execute("forget_results", thread.id)
        await self._tx.execute("forget_unread", thread.id)
        return Limits(row["turn"], row["message"], row["outbox"], row["file"])

    async def forget_turns(self, thread_id: int, up_to: int, most: int) -> tuple[int | None, int]:
        """Delete what was said in the newest turns up to one.

        Returns:
            Up to which turn more may be left, None where nothing is; and how many messages went.
        """
        turns = [row["id"] for row in await self._tx.rows("forget_turns_page", thread_id, up_to, most)]
        messages = await self._forget_of_turns(turns)
        return (turns[-1] - 1 if len(turns) == most else None), messages

    async def forget_messages(self, thread_id: int, up_to: int, most: int) -> int:
        """Delete messages that no turn leads to; return how many."""
        return await _delete(self._tx, "forget_messages_slice", thread_id, up_to, most)

    async def forget_entries(self, thread_id: int, since: datetime, most: int) -> int:
        """Delete lines of the agent's memory; return how many, fewer than `most` at the end."""
        gone = await _delete(self._tx, "forget_entries_slice", thread_id, since, most)
        if gone < most:
            await self._tx.execute("forget_past_slice", thread_id, since)
        return gone

    async def forget_workspaces(self, thread_id: int, most: int) -> int:
        """Delete packed workspaces; return how many."""
        return await _delete(self._tx, "forget_workspaces_slice", thread_id, most)

    async def forget_files(self, thread_id: int, up_to: int, most: int) -> int:
        """Delete files and what would send them; return how many."""
        return await _delete(self._tx, "forget_files_slice", thread_id, up_to, most)

    async def forget_outbox(self, address: Address, up_to: int, most: int) -> int:
        """Delete what was or would be said in a chat or topic; return how many rows."""
        where = (address.bot_id, address.chat_id, address.topic_id)
        return await _delete(self._tx, "forget_outbox_slice", *where, up_to, most)

    async def forget_below(self, thread_id: int, after: int, most: int) -> tuple[int | None, Forgotten]:
        """Delete all of the next sub-agents; return the last of them (None: no more), and how much went."""
        threads = [row["thread_id"] for row in await self._tx.rows("below_page", thread_id, after, most)]
        counts = {
            name: await _delete(self._tx, f"forget_{name}", threads)
            for name in ("sessions", "past_sessions", "threads", "messages", "views", "tools", "steers", "workspaces")
        }
        await self._tx.execute("forget_outbox_of", threads)
        files = await _delete(self._tx, "forget_files", threads)
        await _delete(self._tx, "forget_turns", threads)
        await _delete(self._tx, "forget_subagents", threads)
        gone = Forgotten(counts["messages"], counts["sessions"], counts["workspaces"], files, len(threads))
        return (threads[-1] if len(threads) == most else None), gone

    async def forget_inbox(self, address: Address) -> None:
        """Empty the updates that told of a conversation and are done with."""
        lane = str(address.chat_id) + (f"/{address.topic_id}" if address.topic_id is not None else "")
        await self._tx.execute("forget_inbox", address.bot_id, lane, str(address.chat_id))

    async def _forget_of_turns(self, turns: list[int]) -> int:
        if not turns:
            return 0
        for name in ("views", "tools", "steers", "outbox"):
            await self._tx.execute(f"forget_turns_{name}", turns)
        messages = await _delete(self._tx, "forget_turns_messages", turns)
        await self._tx.execute("forget_turns_words", turns)
        return messages


async def _delete(tx: Session, name: str, *args: Any) -> int:
    """Run a query and return how many rows it touched."""
    status = await tx.execute(name, *args)
    return int(status.rsplit(" ", 1)[-1])


def _moment(item: HistoryItem) -> datetime:
    return item.at
