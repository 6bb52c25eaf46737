"""Packed workspaces, in rows of at most a mebibyte."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from agent_gateway.errors import LeadershipLost, TurnOver
from agent_gateway.quotas import Limit, OverQuota, Quotas
from agent_gateway.store.errors import Away
from agent_gateway.store.reserving import FIRST_BYTES, Reservation
from agent_gateway.store.rows import SubAgentRow, Thread, ThreadKind
from agent_gateway.store.session import Room, Session

if TYPE_CHECKING:
    from agent_gateway.store.transaction import Transaction

CHUNK_BYTES: Final = 1 << 20
MOST_FAILED: Final = 2
"""Runs that may fail to unpack a workspace; then it is kept aside."""
NO_QUOTAS: Final = Quotas()


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A packed workspace."""

    id: int
    run: int
    bytes: int


@dataclass(frozen=True, slots=True)
class CopyCall:
    """Which sub-agent a copy is for.

    Attributes:
        id: Of the tool call that asks for it.
        most: How many sub-agents the running turn may have.
        refusal: What is said where it has so many.
    """

    id: str
    most: int
    refusal: str


class WorkspaceQueries(Room):
    """Workspaces of threads, and the copies made for sub-agents."""

    async def _begin(self, thread_id: int, run: int, call: CopyCall | None, quotas: Quotas = NO_QUOTAS) -> Reservation:
        """Reserve room for a workspace that is about to come, and for a copy the place of its sub-agent.

        Raises:
            OverQuota: there is none.
            TurnOver: a copy is for a turn, and none runs.
        """
        root = await self._session.quotas.find_root(thread_id)
        async with self._session.unit() as tx:
            await tx.quotas.hold()
            if call is not None:
                taken = await tx.quotas.count_copy_slots(thread_id, run, call.id)
                if taken is None:
                    raise TurnOver
                if taken >= call.most:
                    raise OverQuota(Limit.CHILDREN, call.refusal)
            await _check(tx, root, FIRST_BYTES, quotas, copy=call is not None)
            call_id = call.id if call is not None else None
            number = await tx.value("begin_workspace", thread_id, run, call_id, root, FIRST_BYTES)
        return Reservation(int(number))

    async def save(
        self, thread_id: int, run: int, call: CopyCall | None, chunks: AsyncIterator[bytes], quotas: Quotas = NO_QUOTAS
    ) -> WorkspaceRow:
        """Store a stream; it counts only once it is whole.

        Whatever `chunks` raises is passed on, and nothing of the stream stays.

        Raises:
            OverQuota: there is no room for it, or for more of it.
            TurnOver: a copy is for a turn, and none runs.
        """
        reserved = await self._begin(thread_id, run, call, quotas)
        return await self._fill(reserved, thread_id, run, call, chunks, quotas)

    async def _fill(
        self,
        reserved: Reservation,
        thread_id: int,
        run: int,
        call: CopyCall | None,
        chunks: AsyncIterator[bytes],
        quotas: Quotas = NO_QUOTAS,
    ) -> WorkspaceRow:
        """Store a stream for which room is reserved; more of it is reserved before it is written.

        Raises:
            OverQuota: there is no room for more of it.
        """
        number, ordinal = reserved.id, 0
        call_id = call.id if call is not None else None
        root = await self._session.quotas.find_root(thread_id)
        try:
            async for chunk in chunks:
                more = reserved.find_more(len(chunk))
                async with self._session.unit() as tx:
                    if more:
                        await tx.quotas.hold()
                        await _check(tx, root, more, quotas, copy=call is not None)
                        await tx.value("hold_workspace", number, reserved.held + more)
                    await tx.execute("add_workspace_chunk", number, ordinal, chunk)
                reserved.add(len(chunk), more)
                ordinal += 1
            async with self._session.unit() as tx:
                await tx.execute("finish_workspace", number, reserved.filled)
                if call_id is None:
                    await tx.execute("files_of_run", thread_id, run, "kept")
                await tx.execute("drop_forgotten", number)
                await tx.execute("prune_workspaces", thread_id, call_id, number)
        except BaseException:
            with contextlib.suppress(Away, LeadershipLost):  # it is purged later then
                await self._session.execute("drop_partial_workspace", number)
            raise
        return WorkspaceRow(number, run, reserved.filled)

    async def of(self, thread: Thread, child: SubAgentRow | None) -> WorkspaceRow | None:
        """Return the files that a run of `thread` begins with.

        A conversation's own newest; for a sub-agent the copy made for it, or the parent's newest where a person asked.
        """
        return _workspace(
            await find_first(self._session, thread, child, newest="newest_workspace", copy="copy_for_call")
        )

    async def stream(self, number: int) -> AsyncIterator[bytes]:
        """Yield a stored workspace, never all in memory."""
        async for data in self._session.slices("workspace_slice", number):
            yield data

    async def note_failed(self, thread_id: int, run: int) -> bool:
        """Record that a run could not unpack the files that it was to begin with; True where they are kept aside now."""
        return bool(await self._session.value("workspace_failed", thread_id, run) == MOST_FAILED)

    async def begin_clean(self, thread_id: int) -> None:
        """Let the next run begin without the files of those before; they are kept aside for a while."""
        await self._session.execute("begin_clean", thread_id)


async def find_first(session: Session, thread: Thread, child: SubAgentRow | None, *, newest: str, copy: str) -> Any:
    """Return the row of what a run of `thread` begins with, or None.

    Args:
        session: Where it is looked for.
        thread: The run's.
        child: What is known of it, where it is a sub-agent's.
        newest: The query for a thread's newest.
        copy: The query for what was copied for a call.
    """
    if thread.kind is ThreadKind.CONVERSATION:
        return await session.row(newest, thread.id)
    if child is None or child.parent_id is None or child.workspace != "Copy":
        return None
    if child.turn_id is None:
        return await session.row(newest, child.parent_id)
    return await session.row(copy, child.parent_id, child.parent_run, child.call_id)


async def _check(tx: Transaction, root: int, more: int, quotas: Quotas, *, copy: bool) -> None:
    """Raise OverQuota where there is no room for so many bytes; what a run ends with may take the last of it."""
    if copy:
        await tx.quotas.check_copies(root, more, quotas)
    else:
        await tx.quotas.check_database(more, quotas)


def _workspace(row: Any) -> WorkspaceRow | None:
    return WorkspaceRow(row["id"], row["run"], row["bytes"]) if row is not None else None
