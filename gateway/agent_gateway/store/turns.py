"""Prompts and their answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.metrics import TURNS
from agent_gateway.store.chatrows import Final, dump_buttons
from agent_gateway.store.rows import PASTE, Address, Attachment, Turn, TurnState
from agent_gateway.store.session import Room

if TYPE_CHECKING:
    from agent_gateway.store.transaction import Transaction

_FIELDS = [f.name for f in fields(Turn)]


class TurnQueries(Room):
    """Turns, their views, and the conversation's messages."""

    async def add(
        self,
        thread_id: int,
        update_id: int | None,
        message_id: int | None,
        person_id: int | None,
        text: str,
        files: Sequence[Attachment] = (),
        album: str | None = None,
    ) -> Turn:
        """Queue a turn; the same update gives the same turn. One of an album waits a moment for the rest of it."""
        row = await self._tx.row("add_turn", thread_id, update_id, message_id, person_id, text, _dump(files), album)
        self._tx.after(WakeThread(thread_id))
        if row is None:
            return build_turn(await self._tx.row("turn_by_update", thread_id, update_id))
        await self._tx.execute("add_message", thread_id, row["id"], "user", describe_asked(text, files))
        return build_turn(row)

    async def add_to_album(self, thread_id: int, album: str, text: str, files: Sequence[Attachment]) -> Turn | None:
        """Add what belongs to an album to its turn, while that waits; None where none does."""
        row = await self._tx.row("add_to_album", thread_id, album, text, _dump(files))
        if row is None:
            return None
        turn = build_turn(row)
        await self._tx.execute("edit_message", turn.id, describe_asked(turn.text, turn.files))
        return turn

    async def add_to_paste(self, thread_id: int, person_id: int, text: str, *, cut: bool) -> bool:
        """Add a part of a long text to the turn of those before it, while that waits; False where none does.

        Args:
            thread_id: Where it was written.
            person_id: Who wrote it.
            text: The part.
            cut: It is so long that another may follow.
        """
        row = await self._tx.row("add_to_paste", thread_id, person_id, text, cut, PASTE)
        if row is not None:
            await self._tx.execute("edit_message", row["id"], row["text"])
        return row is not None

    async def has_album(self, thread_id: int, album: str) -> bool:
        """Say whether a part of an album was asked with."""
        return bool(await self._session.value("has_album", thread_id, album))

    async def by_id(self, turn_id: int) -> Turn | None:
        """Return a turn."""
        row = await self._session.row("turn_by_id", turn_id)
        return build_turn(row) if row else None

    async def run_had_others(self, thread_id: int, run: int, but: int) -> bool:
        """Say whether a run was given any turn but this one."""
        return bool(await self._session.value("run_had_turns", thread_id, run, but))

    async def count_queued(self, thread_id: int) -> int:
        """Count the turns that wait."""
        return int(await self._session.value("queued_count", thread_id))

    async def queued(self, thread_id: int) -> list[Turn]:
        """Return the turns that wait, oldest first."""
        return [build_turn(row) for row in await self._session.rows("queued_turns", thread_id)]

    async def next(self, thread_id: int) -> Turn | None:
        """Return the oldest turn that waits."""
        row = await self._session.row("next_turn", thread_id)
        return build_turn(row) if row else None

    async def running(self, thread_id: int) -> Turn | None:
        """Return the turn that a run has."""
        row = await self._session.row("running_turn", thread_id)
        return build_turn(row) if row else None

    async def hold_running(self, thread_id: int) -> Turn | None:
        """Return the turn that a run has, held until the transaction ends: nobody ends it before."""
        row = await self._tx.row("hold_running_turn", thread_id)
        return build_turn(row) if row else None

    async def deliver_next(self, thread_id: int, run: int) -> Turn | None:
        """Give the oldest waiting turn to a live run; None if none waits or one is running."""
        async with self._session.unit() as tx:
            row = await tx.row("deliver_next", thread_id, run)
        return build_turn(row) if row else None

    async def started(self, turn_id: int, run: int, seq: int) -> None:
        """Record that pi took the prompt; failed starts before it count no more for those that wait."""
        async with self._session.unit() as tx:
            row = await tx.row("turn_by_id", turn_id)
            # the run's row first, as a delivery locks it first too
            await tx.execute("acked", row["thread_id"], run, seq)
            await tx.execute("turn_started", turn_id, run)
            await tx.execute("edits_told", turn_id)
            await tx.execute("reset_attempts", row["thread_id"])

    async def end(
        self, turn_id: int, run: int | None, seq: int | None, state: TurnState, reason: str | None, final: Final
    ) -> None:
        """End a turn in one transaction: state, history, final answer, acknowledgement.

        An ended turn stays as it is; only the acknowledgement moves.
        """
        async with self._session.unit() as tx:
            row = await tx.row("end_turn", turn_id, state.value, reason)
            if row is not None:
                turn = build_turn(row)
                await _say_final(tx, turn, final)
                await _move_steers(tx, turn)
                tx.after(WakeThread(turn.thread_id), WakeOutbox())
            if seq is not None and run is not None:
                known = row or await tx.row("turn_by_id", turn_id)
                await tx.execute("acked", known["thread_id"], run, seq)
                await tx.execute("results_handed", turn_id)
        if row is not None:
            TURNS.labels(state.value, reason or "").inc()

    async def ask_stop(self, turn_id: int) -> bool:
        """Record that a person wants no more of a turn; False where it has ended."""
        async with self._session.unit() as tx:
            thread_id = await tx.value("ask_turn_stop", turn_id)
            if thread_id is not None:
                tx.after(WakeThread(thread_id))
        return thread_id is not None

    async def last_asked(self, thread_id: int) -> Turn | None:
        """Return the newest turn that a person asked for."""
        row = await self._session.row("last_asked", thread_id)
        return build_turn(row) if row else None

    async def ask_again(self, turn: Turn, person_id: int | None, text: str) -> Turn | None:
        """Queue a turn in place of one that was cut; None where that was done before."""
        async with self._session.unit() as tx:
            row = await tx.row("ask_again", turn.id, person_id, text)
            if row is not None:
                tx.after(WakeThread(turn.thread_id))
        return build_turn(row) if row else None

    async def last_answer(self, turn_id: int) -> str:
        """Return what was answered in a turn, as the history has it."""
        return str(await self._session.value("last_answer", turn_id) or "")

    async def requeue(self, turn_id: int) -> None:
        """Give back a turn that no run started."""
        await self._session.execute("requeue", turn_id)

    async def count_attempt(self, thread_id: int) -> None:
        """Count a run that ended before it took any of the waiting turns."""
        await self._session.execute("count_attempt", thread_id)

    async def cancel(self, turn_id: int) -> bool:
        """Cancel a turn that waits; False where it waits no more."""
        return await self._session.value("cancel_turn", turn_id) is not None

    async def cancel_queued(self, thread_id: int) -> list[int]:
        """Cancel what waits; return the turns' ids."""
        return [row["id"] for row in await self._session.rows("cancel_queued", thread_id)]

    async def cancel_queued_before(self, thread_id: int, update_id: int | None) -> list[int]:
        """Cancel what waits and was written before an update (all without one); return the turns' ids."""
        rows = await self._session.rows("cancel_queued_before", thread_id, update_id)
        return [row["id"] for row in rows]


def build_turn(row: Any) -> Turn:
    """Make a Turn of a row."""
    values = {name: row[name] for name in _FIELDS}
    files = tuple(Attachment(**file) for file in json.loads(values["files"]))
    return Turn(**{**values, "state": TurnState(values["state"]), "files": files})


def describe_asked(text: str, files: Sequence[Attachment]) -> str:
    """Return what a person asked, as the history keeps it: the files by name."""
    return "\n".join(filter(None, [text, *(f"[{file.name}]" for file in files)]))


def _dump(files: Sequence[Attachment]) -> str:
    return json.dumps([asdict(file) for file in files])


async def _say_final(tx: Transaction, turn: Turn, final: Final) -> None:
    thread = await tx.row("thread_by_id", turn.thread_id)
    stored = await tx.value("delete_view", turn.id)
    await tx.execute("add_message", turn.thread_id, turn.id, "assistant", final.text)
    address = Address(thread["bot_id"], thread["chat_id"], thread["topic_id"])
    await tx.execute(
        "put_outbox", address.bot_id, f"turn:{turn.id}", address.chat_id, address.topic_id,
        turn.message_id, turn.id, "final", final.format, final.text, list(final.message_ids or stored or ()),
        dump_buttons(final.buttons), None,
    )  # fmt: skip
    if final.goes_on is not None:
        await tx.row("ask_again", turn.id, None, final.goes_on)


async def _move_steers(tx: Transaction, turn: Turn) -> None:
    """Ask anew what was said to a turn and not read before its end; a person who stopped it wants none of it."""
    dropped = turn.stop_asked or turn.reason == "aborted"
    await tx.rows("move_steers", turn.id, dropped)
