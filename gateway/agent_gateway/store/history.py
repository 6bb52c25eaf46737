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
"""Messages that are read at once, as far as they have fewer bytes than this."""
PAGE_BYTES: Final = 2 << 20
"""Of a page; it has one message at any rate."""
PICTURES: Final = 50
"""Of sessions, that are deleted at once: each has up to some megabytes."""
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
        undone: It was taken back.
    """

    at: datetime
    who: str
    person_id: int | None
    text: str
    task: str | None
    undone: bool = False


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
        said, results = self._messages(thread_id, end), self._results(below, datetime.now(UTC))
        next_said, next_result = await anext(said, None), await anext(results, None)
        while next_said is not None or next_result is not None:
            if next_result is None or (next_said is not None and next_said.at <= next_result.at):
                assert next_said is not None  # noqa: S101  # as one of both is there
                yield next_said
                next_said = await anext(said, None)
            else:
                yield next_result
                next_result = await anext(results, None)

    async def _messages(self, thread_id: int, end: int) -> AsyncIterator[HistoryItem]:
        """Yield what was said up to a message, a page of bounded size in memory."""
        after = 0
        while rows := await self._session.rows("history_page", thread_id, after, end, PAGE_ROWS, PAGE_BYTES):
            after = rows[-1]["id"]
            for r in rows:
                yield HistoryItem(r["at"], r["who"], r["person_id"], r["text"], None, r["undone"])

    async def _results(self, below: Sequence[int], until: datetime) -> AsyncIterator[HistoryItem]:
        """Yield what sub-agents answered up to a moment, in the same way."""
        at, thread_id = _BEGINNING, 0
        while below and (
            rows := await self._session.rows(
                "history_results", list(below), at, thread_id, until, PAGE_ROWS, PAGE_BYTES
            )
        ):
            at, thread_id = rows[-1]["at"], rows[-1]["thread_id"]
            for r in rows:
                yield HistoryItem(r["at"], r["who"], None, r["text"], r["task"], r["undone"])

    async def begin_text(self, thread_id: int, name: str, media_type: str) -> TextFile:
        """Begin a file for the chat, which is a person's: it counts for no quota of the agent's."""
        file_id = await self._session.value("begin_file", thread_id, name, media_type, None, 0)
        return TextFile(self._session, int(file_id))

    async def hold_thread(self, thread_id: int) -> None:
        """Let nobody add a turn or a session line before the transaction ends."""
        row = await self._tx.row("lock_thread", thread_id)
        await self._tx.execute("lock_session", str(row["session_id"]))

    async def begin_forgetting(self, thread: Thread) -> Limits:
        """Let nothing of a conversation reach an agent any more; return up to where all is to be deleted.

        Nothing of it may be at work, and it is held.
        """
        row = await self._tx.row("forget_limits")
        for name in ("searches", "notes", "told", "names", "drafts", "schedules"):
            await self._tx.execute(f"forget_{name}", thread.id)
        await self._tx.execute("keep_session", thread.id)
        await self._tx.execute("forget_session", thread.id)
        # what the next prompt would tell
        await self._tx.execute("forget_results", thread.id)
        await self._tx.execute("forget_unread", thread.id)
        await self._tx.execute("forget_approvals", [thread.id])
        await self._tx.execute("forget_pulls", thread.id)
        await self._tx.execute("forget_pushed", [thread.id])
        await self._tx.execute("forget_check_results", thread.id)
        address = thread.address
        await self._tx.rows("take_overheard", address.bot_id, address.chat_id, address.topic_id or 0)
        await self._tx.execute("retention_emptied", thread.id, row["turn"])
        return Limits(row["turn"], row["message"], row["outbox"], row["file"])

    async def forget_turns(self, thread_id: int, up_to: int, most: int) -> tuple[int | None, int]:
        """Delete what was said in the newest turns up to one.

        Returns:
            Up to which turn more may be left, None where nothing is; and how many messages went.
        """
        turns = [row["id"] for row in await self._tx.rows("forget_turns_page", thread_id, up_to, most)]
        messages = await self.forget_of_turns(turns)
        return (turns[-1] - 1 if len(turns) == most else None), messages

    async def forget_messages(self, thread_id: int, up_to: int, most: int) -> int:
        """Delete messages that no turn leads to; return how many."""
        return await _delete(self._tx, "forget_messages_slice", thread_id, up_to, most)

    async def forget_entries(self, thread_id: int, since: datetime, most: int) -> tuple[int, bool]:
        """Delete lines of the agent's memory, their pictures first; return how many went, and whether more are left."""
        if await _delete(self._tx, "forget_pictures_slice", thread_id, since, PICTURES) == PICTURES:
            return 0, True
        gone = await _delete(self._tx, "forget_entries_slice", thread_id, since, most)
        if gone < most:
            await self._tx.execute("forget_past_slice", thread_id, since)
            await self._tx.quotas.recount([thread_id])
        return gone, gone == most

    async def forget_workspaces(self, thread_id: int, most: int) -> int:
        """Delete packed workspaces, kept states and their parts; return how many, fewer than `most` at the end."""
        gone = 0
        for name in ("forget_workspaces_slice", "forget_kept_states_slice", "forget_kept_packs_slice"):
            gone += await _delete(self._tx, name, thread_id, most - gone) if gone < most else 0
        return gone

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
        return (threads[-1] if len(threads) == most else None), await self.forget_subagents(thread_id, threads)

    async def forget_subagents(self, thread_id: int, threads: Sequence[int]) -> Forgotten:
        """Delete all of sub-agents that worked for a conversation; return how much went."""
        counts = {
            name: await _delete(self._tx, f"forget_{name}", threads)
            for name in (
                "pictures",
                "sessions",
                "past_sessions",
                "threads",
                "messages",
                "views",
                "tools",
                "steers",
                "decisions",
                "approvals",
                "pushed",
                "parts",
                "workspaces",
                "kept_states",
                "kept_packs",
            )
        }
        await self._tx.quotas.recount([thread_id, *threads])
        await self._tx.execute("forget_outbox_of", threads)
        files = await _delete(self._tx, "forget_files", threads)
        await _delete(self._tx, "forget_turns", threads)
        await _delete(self._tx, "forget_subagents", threads)
        return Forgotten(counts["messages"], counts["sessions"], counts["workspaces"], files, len(threads))

    async def forget_inbox(self, address: Address) -> None:
        """Empty the updates that told of a conversation and are done with."""
        lane = str(address.chat_id) + (f"/{address.topic_id}" if address.topic_id is not None else "")
        await self._tx.execute("forget_inbox", address.bot_id, lane, str(address.chat_id))

    async def forget_of_turns(self, turns: Sequence[int]) -> int:
        """Delete what was said in some turns; return how many messages went."""
        if not turns:
            return 0
        for name in ("views", "tools", "steers", "decisions", "parts", "outbox"):
            await self._tx.execute(f"forget_turns_{name}", turns)
        messages = await _delete(self._tx, "forget_turns_messages", turns)
        await self._tx.execute("forget_turns_words", turns)
        return messages


async def _delete(tx: Session, name: str, *args: Any) -> int:
    """Run a query and return how many rows it touched."""
    status = await tx.execute(name, *args)
    return int(status.rsplit(" ", 1)[-1])
