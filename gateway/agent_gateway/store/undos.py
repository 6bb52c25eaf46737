"""What was undone: turns, session lines and states of the files are marked, so that no run goes on with them, and stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent_gateway.store.rows import Thread
from agent_gateway.store.session import Room
from agent_gateway.store.turns import load_files

MOST_TURNS: Final = 20
"""So many turns back one can go."""
_MOST_ROWS: Final = 4 * MOST_TURNS
"""Turns that are looked at for these: one that was cut and went on is one."""
BACK_SECONDS: Final = 86_400.0
"""So long what was undone can be put back."""


@dataclass(frozen=True, slots=True)
class UndoableTurn:
    """A turn that one can go back to before.

    Attributes:
        id: Of the turn; of one that was cut and went on, the first of them.
        ids: Of all of them.
        person_id: Who asked; None where nobody did.
        message_id: What asked.
        words: What was asked, without what stands before it.
        asked_at: When.
        delivered_at: When a run was given it.
        running: It is under way.
    """

    id: int
    ids: tuple[int, ...]
    person_id: int | None
    message_id: int | None
    words: str
    asked_at: datetime
    delivered_at: datetime
    running: bool


@dataclass(frozen=True, slots=True)
class FilesBefore:
    """What the files are after going back.

    Attributes:
        kept_id: The state that is gone back to; None: there were none.
        newest_id: The newest one now; None: there is none.
        gone: There were some, and they are not kept any more.
    """

    kept_id: int | None
    newest_id: int | None
    gone: bool

    @property
    def same(self) -> bool:
        """Say whether nothing changes."""
        return self.kept_id == self.newest_id


@dataclass(frozen=True, slots=True)
class LastUndo:
    """The newest undo that was not put back.

    Attributes:
        id: Of the undo.
        late: It cannot be put back any more.
        gone: The files that it would put back are not kept any more.
        turns: How many turns it undid.
        person_id: Who undid them.
        people: Who had asked them.
    """

    id: int
    late: bool
    gone: bool
    turns: int
    person_id: int
    people: tuple[int | None, ...]


class UndoQueries(Room):
    """Undos."""

    async def list_turns(self, thread_id: int, *, earlier: bool = False) -> list[UndoableTurn]:
        """Return the turns that one can go back to before, the newest first.

        Args:
            thread_id: Of the conversation.
            earlier: Also those from before another session, where this one was gone back to: of them the files cannot be undone.
        """
        return join_turns(await self._session.rows("undoable_turns", thread_id, _MOST_ROWS, earlier))[:MOST_TURNS]

    async def find_turn(self, thread_id: int, turns: Sequence[UndoableTurn], message_id: int) -> int | None:
        """Return which of some turns a message asked for, or answers; None where it is of none."""
        asked = await self._session.steers.asked_by_message(thread_id, message_id)
        if asked is not None:
            return asked.turn.id
        ids = [number for turn in turns for number in turn.ids]
        found = await self._session.value("turn_saying", ids, message_id)
        return None if found is None else int(found)

    async def read_files(self, thread_id: int, turn: UndoableTurn) -> FilesBefore:
        """Return what the files were before a turn."""
        row = await self._session.row("undo_files", thread_id, turn.delivered_at)
        return FilesBefore(row["kept_id"], row["newest_id"], row["gone"] and row["kept_id"] is None)

    async def hold(self, thread_id: int) -> None:
        """Let nobody end, add or give out a turn, or store lines or files of the conversation before the transaction ends.

        In the order in which whoever ends a turn, stores lines, or stores files holds these.
        """
        tx = self._tx
        await tx.turns.hold_running(thread_id)
        thread = await tx.threads.by_id(thread_id)
        if thread is not None:
            await tx.execute("lock_session", str(thread.session_id))
        run = await tx.runs.open(thread_id)
        if run is not None:
            await tx.row("lock_run", thread_id, run.number)
        await tx.row("lock_thread", thread_id)

    async def undo(
        self, thread: Thread, first: UndoableTurn, files: FilesBefore, person_id: int
    ) -> tuple[int, list[int]]:
        """Mark a turn and all after it as undone; the thread is held.

        Returns:
            The id of the undo, and those of the turns.
        """
        tx = self._tx
        number = int(await tx.value("add_undo", thread.id, first.id, files.newest_id, person_id))
        turns = [row["id"] for row in await tx.rows("undo_turns", thread.id, first.id, number)]
        await tx.execute("undo_states", thread.id, files.kept_id or 0, number)
        await tx.execute("undo_thread", thread.id)
        await tx.execute("undo_results", thread.id, turns)
        await tx.execute("untell_results", thread.id, turns)
        return number, turns

    async def count_pushed(self, thread_id: int, first: UndoableTurn) -> int:
        """Count the branches that were pushed in a turn and after it."""
        return int(await self._tx.value("count_pushed", thread_id, first.delivered_at))

    async def last(self, thread_id: int) -> LastUndo | None:
        """Return the newest undo that was not put back, held until the transaction ends."""
        row = await self._tx.row("last_undo", thread_id, BACK_SECONDS)
        if row is None:
            return None
        people = [turn["person_id"] for turn in await self._tx.rows("undone_turns", thread_id, row["id"])]
        return LastUndo(row["id"], row["late"], row["gone"], len(people), row["person_id"], tuple(people))

    async def thread_of(self, undo_id: int) -> int | None:
        """Return the thread of an undo."""
        found = await self._session.value("undo_thread_of", undo_id)
        return None if found is None else int(found)

    async def put_back(self, thread_id: int, undo_id: int) -> None:
        """Take an undo back; the thread is held, and so is the undo."""
        for name in ("end_undo", "redo_turns", "redo_states"):
            await self._tx.execute(name, thread_id, undo_id)
        await self._tx.execute("undo_thread", thread_id)  # no run has what is put back

    async def is_undone(self, thread_id: int, run: int) -> bool:
        """Say whether what a run did last was undone."""
        return bool(await self._session.value("is_undone", thread_id, run))

    async def is_turn_undone(self, turn_id: int) -> bool:
        """Say whether a turn is undone."""
        return bool(await self._session.value("turn_undone", turn_id))


def join_turns(rows: list[Any]) -> list[UndoableTurn]:
    """Make turns of rows, the newest first; one that goes on with the one before it is the same."""
    found: list[UndoableTurn] = []
    later: Any = None
    ids: tuple[int, ...] = ()
    running = False
    for row in rows:
        goes_on = later is not None and later["again_of"] == row["id"]
        ids, running = ((*ids, row["id"]), running or row["running"]) if goes_on else ((row["id"],), row["running"])
        turn = UndoableTurn(
            row["id"], ids, row["person_id"], row["message_id"], _read_words(row), row["created_at"],
            row["delivered_at"], running,
        )  # fmt: skip
        found[len(found) - goes_on :] = [turn]
        later = row
    return found


def _read_words(row: Any) -> str:
    text = row["text"].removeprefix(row["preface"]).strip() if row["preface"] else row["text"].strip()
    return text or ", ".join(file.name for file in load_files(row["files"]))
