"""Packed workspaces, in rows of at most a mebibyte."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from agent_gateway.errors import LeadershipLost
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import SubAgentRow, Thread, ThreadKind, WorkspaceRow
from agent_gateway.store.session import Room

CHUNK_BYTES = 1 << 20


class WorkspaceQueries(Room):
    """Workspaces of threads, and the copies made for sub-agents."""

    async def save(self, thread_id: int, run: int, call_id: str | None, chunks: AsyncIterator[bytes]) -> WorkspaceRow:
        """Store a stream; it counts only once it is whole.

        Whatever `chunks` raises is passed on, and nothing of the stream stays.
        """
        async with self._session.unit() as tx:
            number = await tx.value("begin_workspace", thread_id, run, call_id)
        total = 0
        try:
            ordinal = 0
            async for chunk in chunks:
                await self._session.execute("add_workspace_chunk", number, ordinal, chunk)
                ordinal, total = ordinal + 1, total + len(chunk)
            async with self._session.unit() as tx:
                await tx.execute("finish_workspace", number, total)
                if call_id is None:
                    await tx.execute("files_of_run", thread_id, run, "kept")
                await tx.execute("drop_forgotten", number)
                await tx.execute("prune_workspaces", thread_id, call_id, number)
        except BaseException:
            with contextlib.suppress(Away, LeadershipLost):  # it is purged later then
                await self._session.execute("drop_partial_workspace", number)
            raise
        return WorkspaceRow(number, run, total)

    async def of(self, thread: Thread, child: SubAgentRow | None) -> WorkspaceRow | None:
        """Return the files that a run of `thread` begins with.

        A conversation's own newest; for a sub-agent the copy made for it, or the parent's newest where a person asked.
        """
        if thread.kind is ThreadKind.CONVERSATION:
            return _workspace(await self._session.row("newest_workspace", thread.id))
        if child is None or child.parent_id is None or child.workspace != "Copy":
            return None
        if child.turn_id is None:
            return _workspace(await self._session.row("newest_workspace", child.parent_id))
        return _workspace(await self._session.row("copy_for_call", child.parent_id, child.parent_run, child.call_id))

    async def stream(self, number: int) -> AsyncIterator[bytes]:
        """Yield a stored workspace, never all in memory."""
        async for row in self._session.pages("workspace_chunks", number, 4):
            yield row["data"]

    async def count_copies(self, thread_id: int) -> int:
        """Count a thread's copies for sub-agents that it has not asked for yet."""
        return int(await self._session.value("copies_waiting", thread_id))


def _workspace(row: Any) -> WorkspaceRow | None:
    return WorkspaceRow(row["id"], row["run"], row["bytes"]) if row is not None else None
