"""Branches that agents of a conversation have pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent_gateway.store.session import Room

MOST_KEPT: Final = 100
"""Of one conversation, or of one sub-agent."""


@dataclass(frozen=True, slots=True)
class PushedRef:
    """A branch as it was pushed last.

    Attributes:
        connection: By which.
        path: The repository.
        ref: Its full name.
        pushed_at: When.
    """

    connection: str
    path: str
    ref: str
    pushed_at: datetime


class PushedQueries(Room):
    """Pushed branches."""

    async def note(self, thread_id: int, connection: str, path: str, moved: Sequence[tuple[str, str | None]]) -> None:
        """Record which refs a git server has moved, each with its commit; None where it was deleted."""
        async with self._session.unit() as tx:
            for ref, oid in moved:
                if oid is None:
                    await tx.execute("note_deleted", thread_id, connection, path, ref)
                else:
                    await tx.execute("note_pushed", thread_id, connection, path, ref, oid)
            await tx.execute("prune_pushed", thread_id, MOST_KEPT)

    async def newest(self, thread_id: int, most: int) -> list[PushedRef]:
        """Return what a conversation, or a sub-agent that ever worked for it, has pushed, the newest first."""
        rows = await self._session.rows("pushed_refs", thread_id, most)
        return [PushedRef(row["connection"], row["path"], row["ref"], row["pushed_at"]) for row in rows]
