"""Prompts and their answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from agent_gateway.metrics import FIRST_TEXT, TURNS
from agent_gateway.store.database import Connection, Database
from agent_gateway.store.rows import PASTE, Address, Attachment, Final, Turn, TurnState, TurnView, dump_buttons
from agent_gateway.store.sql import QUERIES

_FIELDS = [f.name for f in fields(Turn)]


class TurnQueries(Database):
    """Turns, their views, and the conversation's messages."""

    async def add_turn(
        self,
        connection: Connection,
        thread_id: int,
        update_id: int | None,
        message_id: int | None,
        person_id: int | None,
        text: str,
        files: Sequence[Attachment] = (),
        album: str | None = None,
    ) -> Turn:
        """Queue a turn; the same update gives the same turn. One of an album waits a moment for the rest of it."""
        row = await connection.fetchrow(
            QUERIES["add_turn"], thread_id, update_id, message_id, person_id, text, _dump(files), album
        )
        if row is None:
            return build_turn(await connection.fetchrow(QUERIES["turn_by_update"], thread_id, update_id))
        await connection.execute(QUERIES["add_message"], thread_id, row["id"], "user", describe_asked(text, files))
        return build_turn(row)

    async def add_to_album(
        self, connection: Connection, thread_id: int, album: str, text: str, files: Sequence[Attachment]
    ) -> Turn | None:
        """Add what belongs to an album to its turn, while that waits; None where none does."""
        row = await connection.fetchrow(QUERIES["add_to_album"], thread_id, album, text, _dump(files))
        if row is None:
            return None
        turn = build_turn(row)
        await connection.execute(QUERIES["edit_message"], turn.id, describe_asked(turn.text, turn.files))
        return turn

    async def add_to_paste(
        self, connection: Connection, thread_id: int, person_id: int, text: str, *, cut: bool
    ) -> bool:
        """Add a part of a long text to the turn of those before it, while that waits; False where none does.

        Args:
            connection: Of the update's transaction.
            thread_id: Where it was written.
            person_id: Who wrote it.
            text: The part.
            cut: It is so long that another may follow.
        """
        row = await connection.fetchrow(QUERIES["add_to_paste"], thread_id, person_id, text, cut, PASTE)
        if row is not None:
            await connection.execute(QUERIES["edit_message"], row["id"], row["text"])
        return row is not None

    async def has_album(self, connection: Connection, thread_id: int, album: str) -> bool:
        """Say whether a part of an album was asked with."""
        return bool(await connection.fetchval(QUERIES["has_album"], thread_id, album))

    async def turn_by_id(self, turn_id: int) -> Turn | None:
        """Return a turn."""
        row = await self._row("turn_by_id", turn_id)
        return build_turn(row) if row else None

    async def run_had_turns(self, thread_id: int, run: int, but: int) -> bool:
        """Say whether a run was given any turn but this one."""
        return bool(await self._value("run_had_turns", thread_id, run, but))

    async def queued_count(self, thread_id: int) -> int:
        """Count the turns that wait."""
        return int(await self._value("queued_count", thread_id))

    async def queued_turns(self, thread_id: int) -> list[Turn]:
        """Return the turns that wait, oldest first."""
        return [build_turn(row) for row in await self._rows("queued_turns", thread_id)]

    async def next_turn(self, thread_id: int) -> Turn | None:
        """Return the oldest turn that waits."""
        row = await self._row("next_turn", thread_id)
        return build_turn(row) if row else None

    async def running_turn(self, thread_id: int, connection: Connection | None = None) -> Turn | None:
        """Return the turn that a run has."""
        row = await (connection or self.pool).fetchrow(QUERIES["running_turn"], thread_id)
        return build_turn(row) if row else None

    async def deliver_next(self, thread_id: int, run: int) -> Turn | None:
        """Give the oldest waiting turn to a live run; None if none waits or one is running."""
        async with self.fenced() as connection:
            row = await connection.fetchrow(QUERIES["deliver_next"], thread_id, run)
        return build_turn(row) if row else None

    async def turn_started(self, turn_id: int, run: int, seq: int) -> None:
        """Record that pi took the prompt; failed starts before it count no more for those that wait."""
        async with self.fenced() as connection:
            row = await connection.fetchrow(QUERIES["turn_by_id"], turn_id)
            # the run's row first, as a delivery locks it first too
            await connection.execute(QUERIES["acked"], row["thread_id"], run, seq)
            await connection.execute(QUERIES["turn_started"], turn_id, run)
            await connection.execute(QUERIES["edits_told"], turn_id)
            await connection.execute(QUERIES["reset_attempts"], row["thread_id"])

    async def save_progress(self, turn_id: int, thread_id: int, run: int, messages: Sequence[str], seq: int) -> None:
        """Store the texts so far with the acknowledgement; of an ended turn only the latter moves."""
        async with self.fenced() as connection:
            await connection.execute(QUERIES["save_progress"], turn_id, json.dumps(list(messages)))
            seconds = await connection.fetchval(QUERIES["first_text"], turn_id) if any(messages) else None
            await connection.execute(QUERIES["acked"], thread_id, run, seq)
        if seconds is not None:
            FIRST_TEXT.observe(seconds)

    async def end_turn(
        self, turn_id: int, run: int | None, seq: int | None, state: TurnState, reason: str | None, final: Final
    ) -> None:
        """End a turn in one transaction: state, history, final answer, acknowledgement.

        An ended turn stays as it is; only the acknowledgement moves.
        """
        async with self.fenced() as connection:
            row = await connection.fetchrow(QUERIES["end_turn"], turn_id, state.value, reason)
            if row is not None:
                turn = build_turn(row)
                await self._say_final(connection, turn, final)
                await self._move_steers(connection, turn)
            if seq is not None and run is not None:
                known = row or await connection.fetchrow(QUERIES["turn_by_id"], turn_id)
                await connection.execute(QUERIES["acked"], known["thread_id"], run, seq)
                await connection.execute(QUERIES["results_handed"], turn_id)
        if row is not None:
            TURNS.labels(state.value, reason or "").inc()

    async def _say_final(self, connection: Connection, turn: Turn, final: Final) -> None:
        thread = await connection.fetchrow(QUERIES["thread_by_id"], turn.thread_id)
        stored = await connection.fetchval(QUERIES["delete_view"], turn.id)
        await connection.execute(QUERIES["add_message"], turn.thread_id, turn.id, "assistant", final.text)
        address = Address(thread["bot_id"], thread["chat_id"], thread["topic_id"])
        await connection.execute(
            QUERIES["put_outbox"], address.bot_id, f"turn:{turn.id}", address.chat_id, address.topic_id,
            turn.message_id, turn.id, "final", final.format, final.text, list(final.message_ids or stored or ()),
            dump_buttons(final.buttons), None,
        )  # fmt: skip
        if final.goes_on is not None:
            await connection.fetchrow(QUERIES["ask_again"], turn.id, None, final.goes_on)

    async def _move_steers(self, connection: Connection, turn: Turn) -> None:
        """Ask anew what was said to a turn and not read before its end; a person who stopped it wants none of it."""
        dropped = turn.stop_asked or turn.reason == "aborted"
        await connection.fetch(QUERIES["move_steers"], turn.id, dropped)

    async def ask_turn_stop(self, connection: Connection, turn_id: int) -> bool:
        """Record that a person wants no more of a turn; False where it has ended."""
        return await connection.fetchval(QUERIES["ask_turn_stop"], turn_id) is not None

    async def last_asked(self, thread_id: int) -> Turn | None:
        """Return the newest turn that a person asked for."""
        row = await self._row("last_asked", thread_id)
        return build_turn(row) if row else None

    async def ask_again(self, connection: Connection, turn: Turn, person_id: int | None, text: str) -> Turn | None:
        """Queue a turn in place of one that was cut; None where that was done before."""
        row = await connection.fetchrow(QUERIES["ask_again"], turn.id, person_id, text)
        return build_turn(row) if row else None

    async def last_answer(self, turn_id: int) -> str:
        """Return what was answered in a turn, as the history has it."""
        return str(await self._value("last_answer", turn_id) or "")

    async def requeue(self, turn_id: int) -> None:
        """Give back a turn that no run started."""
        await self._write("requeue", turn_id)

    async def count_attempt(self, thread_id: int) -> None:
        """Count a run that ended before it took any of the waiting turns."""
        await self._write("count_attempt", thread_id)

    async def cancel_turn(self, connection: Connection, turn_id: int) -> bool:
        """Cancel a turn that waits; False where it waits no more."""
        return await connection.fetchval(QUERIES["cancel_turn"], turn_id) is not None

    async def cancel_queued(self, connection: Connection, thread_id: int) -> list[int]:
        """Cancel what waits; return the turns' ids."""
        return [row["id"] for row in await connection.fetch(QUERIES["cancel_queued"], thread_id)]

    async def view(self, turn_id: int, connection: Connection | None = None) -> TurnView:
        """Return what is stored of a turn's view; an empty one if nothing is."""
        row = await (connection or self.pool).fetchrow(QUERIES["view"], turn_id)
        if row is None:
            return TurnView(turn_id, (), ())
        return TurnView(turn_id, tuple(json.loads(row["messages"])), tuple(row["message_ids"]))

    async def close_view(self, turn_id: int, shown: Sequence[int], text: str) -> bool:
        """Let a text take the place of what a cancelled turn shows, `shown` or what is stored; False if that is nothing."""
        async with self.fenced() as connection:
            thread = await connection.fetchrow(QUERIES["thread_of_turn"], turn_id)
            stored = await connection.fetchval(QUERIES["delete_view"], turn_id)
            ids = list(shown or stored or ())
            if not ids or thread is None:
                return False
            await connection.execute(
                QUERIES["put_outbox"], thread["bot_id"], f"cancelled:{turn_id}:{ids[0]}", thread["chat_id"],
                thread["topic_id"], None, None, "reply", "plain", text, ids, "[]", None,
            )  # fmt: skip
        return True

    async def unclosed_views(self) -> list[int]:
        """Return cancelled turns of which something stands in the chat still."""
        return [row["id"] for row in await self._rows("unclosed_views", self.bot_id)]

    async def save_view_messages(self, turn_id: int, message_ids: Sequence[int]) -> None:
        """Remember which messages of a running turn stand in the chat."""
        await self._write("save_view_messages", turn_id, list(message_ids))


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
