"""Packed workspaces, in rows of at most a mebibyte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agent_gateway.store.database import Database
from agent_gateway.store.rows import SubAgentRow, Thread, ThreadKind, WorkspaceRow
from agent_gateway.store.sql import QUERIES

CHUNK_BYTES = 1 << 20


class WorkspaceQueries(Database):
    """Workspaces of threads, and the copies made for sub-agents."""

    async def store_workspace(
        self, thread_id: int, run: int, call_id: str | None, chunks: AsyncIterator[bytes]
    ) -> WorkspaceRow:
        """Store a stream; it counts only once it is whole.

        Whatever `chunks` raises is passed on, and nothing of the stream stays.
        """
        async with self.fenced() as connection:
            number = await connection.fetchval(QUERIES["begin_workspace"], thread_id, run, call_id)
        total = 0
        try:
            ordinal = 0
            async for chunk in chunks:
                await self._write("add_workspace_chunk", number, ordinal, chunk)
                ordinal, total = ordinal + 1, total + len(chunk)
            async with self.fenced() as connection:
                await connection.execute(QUERIES["finish_workspace"], number, total)
                if call_id is None:
                    await connection.execute(QUERIES["files_of_run"], thread_id, run, "kept")
                await connection.execute(QUERIES["drop_forgotten"], number)
                await connection.execute(QUERIES["prune_workspaces"], thread_id, call_id, number)
        except BaseException:
            await self.pool.execute(QUERIES["drop_workspace"], number)
            raise
        return WorkspaceRow(number, run, total)

    async def workspace_of(self, thread: Thread, child: SubAgentRow | None) -> WorkspaceRow | None:
        """Return the files that a run of `thread` begins with.

        A conversation's own newest; for a sub-agent the copy made for it, or the parent's newest where a person asked.
        """
        if thread.kind is ThreadKind.CONVERSATION:
            return _workspace(await self._row("newest_workspace", thread.id))
        if child is None or child.parent_id is None or child.workspace != "Copy":
            return None
        if child.turn_id is None:
            return _workspace(await self._row("newest_workspace", child.parent_id))
        return _workspace(await self._row("copy_for_call", child.parent_id, child.parent_run, child.call_id))

    async def stream_workspace(self, number: int) -> AsyncIterator[bytes]:
        """Yield a stored workspace, never all in memory."""
        async for row in self._pages("workspace_chunks", number, 4):
            yield row["data"]

    async def copies_waiting(self, thread_id: int) -> int:
        """Count a thread's copies for sub-agents that it has not asked for yet."""
        return int(await self._value("copies_waiting", thread_id))


def _workspace(row: Any) -> WorkspaceRow | None:
    return WorkspaceRow(row["id"], row["run"], row["bytes"]) if row is not None else None
