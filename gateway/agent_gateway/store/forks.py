"""Conversations that begin with another one's history and files: lines are copied, contents of files are shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from agent_gateway.store.lines import set_parent
from agent_gateway.store.rows import Thread
from agent_gateway.store.session import Room
from agent_gateway.store.starts import Start
from agent_gateway.store.undos import UndoableTurn

_END: Final = 2**31 - 1
FILES_SECONDS: Final = 20.0
"""So long after a turn's end its files may still be on their way."""


class FilesOf(StrEnum):
    """How the files of a turn are."""

    STORED = "stored"
    """They are stored, or none are kept."""
    COMING = "coming"
    LATE = "late"
    """They should have been stored by now."""


@dataclass(frozen=True, slots=True)
class ForkPoint:
    """From where a conversation is copied.

    Attributes:
        session: The session that is copied.
        turn: The last turn that comes along.
        line: The last line of its session.
        until: When the turn after it was given to a run; None: there is none.
    """

    session: UUID
    turn: int
    line: int
    until: datetime | None

    def dump(self) -> dict[str, Any]:
        """Return it as a job holds it."""
        until = self.until.isoformat() if self.until is not None else None
        return {"session": str(self.session), "turn": self.turn, "line": self.line, "until": until}


def load_point(raw: Mapping[str, Any]) -> ForkPoint:
    """Return what `dump` wrote."""
    until = raw["until"]
    return ForkPoint(
        UUID(raw["session"]), raw["turn"], raw["line"], datetime.fromisoformat(until) if until is not None else None
    )


class ForkQueries(Room):
    """Copies of conversations."""

    async def find_point(self, thread: Thread, turn: UndoableTurn, after: UndoableTurn | None) -> ForkPoint:
        """Return the point behind a turn; `after` is the turn that follows it."""
        line = _END if after is None else await self._session.value("turn_before_line", after.id)
        found = await self._session.value("line_before", thread.session_id, line)
        return ForkPoint(thread.session_id, turn.ids[0], int(found), after.delivered_at if after is not None else None)

    async def find_files(self, turn_id: int) -> FilesOf:
        """Say whether the files of a turn that has ended are stored."""
        return FilesOf(await self._session.value("turn_files", turn_id, FILES_SECONDS) or FilesOf.STORED)

    async def has_runs(self, thread_id: int) -> bool:
        """Say whether a conversation has begun to work."""
        return bool(await self._session.value("has_runs", thread_id))

    async def copy(self, source: Thread, target: Thread, point: ForkPoint, class_name: str | None = None) -> bool:
        """Let a conversation begin with the history and files of another one, which is held.

        Args:
            source: The other one.
            target: Which begins.
            point: Up to where.
            class_name: Its class; None: that of the other one's newest run. By its rule the copy goes until an agent works in it.

        Returns:
            False where nothing of its history is there any more; then nothing is copied.
        """
        tx, source = self._tx, replace(source, session_id=point.session)
        start = await tx.starts.find(source, 0, point.line)
        if not start.steps or point.turn <= await tx.jobs.forgotten_turn(source.id):
            return False
        await self._copy_lines(source, target, start)
        await tx.execute("copy_settings", source.id, target.id, class_name)
        await tx.execute("copy_repository", source.id, target.id)
        await tx.execute("copy_budget", source.id, target.id, self._bot_id)
        state = await tx.value("undo_files", source.id, point.until)
        return True if state is None else await self._share_files(target, int(state))

    async def _copy_lines(self, source: Thread, target: Thread, start: Start) -> None:
        tx, steps = self._tx, start.steps
        changed = [step for step in steps if step.ordinal in start.parents]
        rows = await tx.rows("session_lines", source.session_id, [step.ordinal for step in changed]) if changed else []
        parents = [start.parents[row["ordinal"]] for row in rows]
        lines = [set_parent(row["line"], parent) for row, parent in zip(rows, parents, strict=True)]
        await tx.execute(
            "copy_lines", source.session_id, target.session_id, [step.ordinal for step in steps],
            [row["ordinal"] for row in rows], lines, parents,
        )  # fmt: skip
        shown = {
            name
            for step in steps
            for name, wanted in zip(step.pictures or (), start.shown.get(step.ordinal, ()), strict=False)
            if wanted
        }
        if shown:
            await tx.execute("copy_pictures", source.session_id, target.session_id, list(shown))

    async def _share_files(self, target: Thread, state_id: int) -> bool:
        tx = self._tx
        if await tx.row("hold_state", state_id) is None:  # it went in this moment
            return True
        await tx.rows("share_packs", state_id, target.id)
        await tx.row("fork_state", state_id, target.id)
        return True
