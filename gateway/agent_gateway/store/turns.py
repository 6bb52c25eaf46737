"""Prompts and their answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.silence import says_nothing
from agent_gateway.store.chatrows import Button, Final, dump_buttons
from agent_gateway.store.rows import Address, Attachment, Turn, TurnState
from agent_gateway.store.session import Room
from agent_gateway.way import Step, note, note_ended, note_given

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
        *,
        preface: str = "",
        wait: float | None = None,
        threaded: bool = False,
    ) -> Turn:
        """Queue a turn; the same update gives the same turn.

        Args:
            thread_id: Where it is asked.
            update_id: The update that asks it.
            message_id: The message that is answered.
            person_id: Who asks.
            text: What, with all that stands before it.
            files: What comes with it.
            album: Telegram's id of the album that it is of.
            preface: What of the text stands before the messages' own words.
            wait: Seconds in which more of it may follow.
            threaded: Its answer stays in its place only as a reply.
        """
        row = await self._tx.row(
            "add_turn", thread_id, update_id, message_id, person_id, text, dump_files(files), album, wait, preface,
            threaded,
        )  # fmt: skip
        self._tx.after(WakeThread(thread_id))
        if row is None:
            return build_turn(await self._tx.row("turn_by_update", thread_id, update_id))
        await self._tx.execute("add_message", thread_id, row["id"], "user", describe_asked(text, files))
        return build_turn(row)

    async def has_echo(self, turn_id: int, message_id: int) -> bool:
        """Say whether a message shows what was understood of a turn's spoken question."""
        return bool(await self._session.value("has_echo", turn_id, message_id))

    async def by_id(self, turn_id: int) -> Turn | None:
        """Return a turn."""
        row = await self._session.row("turn_by_id", turn_id)
        return build_turn(row) if row else None

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
        return None if row is None else build_turn(note_given(row))

    async def started(self, turn_id: int, run: int, seq: int) -> None:
        """Record that pi took the prompt; failed starts before it count no more for those that wait."""
        async with self._session.unit() as tx:
            row = await tx.row("turn_by_id", turn_id)
            # the run's row first, as a delivery locks it first too
            await tx.execute("acked", row["thread_id"], run, seq)
            seconds = await tx.value("turn_started", turn_id, run)
            await tx.execute("edits_told", turn_id)
            await tx.execute("reset_attempts", row["thread_id"])
        note(Step.PROMPTED, seconds, turn_id)

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
                if turn.plan and state is TurnState.DONE:
                    await tx.decisions.ask_about_plan(turn)
                await tx.decisions.withdraw(turn.thread_id, turn_id=turn.id)
                if row["warning"] is not None and final.over and (thread := await tx.threads.by_id(turn.thread_id)):
                    await tx.turns.take_back_warning(turn.id, thread.address, final.over)
                tx.after(WakeThread(turn.thread_id), WakeOutbox())
            if seq is not None and run is not None:
                known = row or await tx.row("turn_by_id", turn_id)
                await tx.execute("acked", known["thread_id"], run, seq)
                await tx.execute("results_handed", turn_id)
        if row is not None:
            note_ended(row)

    async def end_waiting(self, first: Turn, others: Sequence[int], reason: str, final: Final) -> int:
        """End turns that wait, in one transaction with the one message that says so; return how many besides the first.

        Where the first waits no more, nothing is ended: what became of it is looked at again.
        """
        async with self._session.unit() as tx:
            waiting = {row["id"] for row in await tx.rows("lock_queued", first.thread_id)}
            if first.id not in waiting:
                return 0
            row = await tx.row("end_turn", first.id, TurnState.FAILED.value, reason)
            await _say_final(tx, build_turn(row), final)
            rows = [row]
            for turn_id in (one for one in others if one in waiting):
                rows.append(await tx.row("end_turn", turn_id, TurnState.FAILED.value, reason))
                await tx.value("delete_view", turn_id)
            tx.after(WakeThread(first.thread_id), WakeOutbox())
        note_ended(*rows)
        return len(rows) - 1

    async def failed_between(self, thread_id: int, first: int, last: int, reason: str) -> list[Turn]:
        """Return the turns of a thread that failed for a reason, from one to another; a hundred at most."""
        rows = await self._session.rows("failed_between", thread_id, first, last, reason)
        return [build_turn(row) for row in rows]

    async def ask_stop(self, turn_id: int) -> bool:
        """Record that a person wants no more of a turn, nor of what it asks; False where it has ended."""
        async with self._session.unit() as tx:
            thread_id = await tx.value("ask_turn_stop", turn_id)
            if thread_id is not None:
                await tx.decisions.withdraw(thread_id, turn_id=turn_id)
                tx.after(WakeThread(thread_id))
        return thread_id is not None

    async def speak(self, turn_id: int) -> None:
        """Let whatever comes of a turn be told."""
        await self._session.execute("speak_turn", turn_id)

    async def extend(self, turn_id: int, before: int, more: int, most: int) -> int | None:
        """Give a running turn more time.

        Args:
            turn_id: Which.
            before: Seconds that it had been given when this was offered.
            more: Seconds to add.
            most: Seconds that it may be given in all.

        Returns:
            The seconds that it has now been given in all; None where it has ended, was given more since, or has all.
        """
        async with self._session.unit() as tx:
            row = await tx.row("extend_turn", turn_id, before, more, most)
            if row is not None:
                tx.after(WakeThread(row["thread_id"]))
        return int(row["extended"]) if row is not None else None

    async def warn(self, turn: Turn, address: Address, dedupe_key: str, text: str, buttons: Sequence[Button]) -> bool:
        """Say that a running turn's time runs short, until it is taken back; False where it has ended, or that was said often."""
        async with self._session.unit() as tx:
            if await tx.value("set_warning", turn.id, dedupe_key) is None:
                return False
            # a reply and no notice: whoever can give more time is to hear of it
            await tx.outbox.put(address, text, dedupe_key, reply_to=turn.message_id, buttons=buttons)
        return True

    async def take_back_warning(self, turn_id: int, address: Address, text: str) -> bool:
        """Let the warning of a turn that stands say something else, without its button; False where none does."""
        async with self._session.unit() as tx:
            standing = await tx.value("take_warning", turn_id)
            if standing is not None:
                await tx.outbox.replace(address, standing, text)
        return standing is not None

    async def last_asked(self, thread_id: int) -> Turn | None:
        """Return the newest turn that a person asked for."""
        row = await self._session.row("last_asked", thread_id)
        return build_turn(row) if row else None

    async def ask_again(self, turn: Turn, person_id: int | None, text: str, language: str | None = None) -> Turn | None:
        """Queue a turn in place of one that was cut, in the language of who asks now; None where that was done before."""
        async with self._session.unit() as tx:
            row = await tx.row("ask_again", turn.id, person_id, text, language)
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
    return Turn(**{**values, "state": TurnState(values["state"]), "files": load_files(values["files"])})


def load_files(dumped: str) -> tuple[Attachment, ...]:
    """Return files as they are stored."""
    return tuple(Attachment(**file) for file in json.loads(dumped))


def describe_asked(text: str, files: Sequence[Attachment]) -> str:
    """Return what a person asked, as the history keeps it: the files by name."""
    return "\n".join(filter(None, [text, *(f"[{file.name}]" for file in files)]))


def dump_files(files: Sequence[Attachment]) -> str:
    """Return files as they are stored."""
    return json.dumps([asdict(file) for file in files])


async def _say_final(tx: Transaction, turn: Turn, final: Final) -> None:
    thread = await tx.row("thread_by_id", turn.thread_id)
    stored = await tx.row("delete_view", turn.id)
    if final.way.strip():
        await tx.execute("add_message", turn.thread_id, turn.id, "assistant", final.way)
    await tx.execute("add_message", turn.thread_id, turn.id, "assistant", final.text)
    if not (turn.quiet and (turn.state is not TurnState.DONE or says_nothing(final.text))):
        await _put_final(tx, turn, final, thread, stored)
    if final.goes_on is not None:
        await tx.row("ask_again", turn.id, None, final.goes_on, None)


async def _put_final(tx: Transaction, turn: Turn, final: Final, thread: Any, stored: Any) -> None:
    address = Address(thread["bot_id"], thread["chat_id"], thread["topic_id"])
    known = final.message_ids or (stored["message_ids"] if stored is not None else ())
    await tx.execute(
        "put_final", address.bot_id, f"turn:{turn.id}", address.chat_id, address.topic_id, turn.message_id, turn.id,
        final.format, final.text, dump_buttons(final.buttons), final.way if final.way_shown else "", list(known),
        stored["shown_at"] if stored is not None else None, turn.threaded,
    )  # fmt: skip


async def _move_steers(tx: Transaction, turn: Turn) -> None:
    """Ask anew what was said to a turn and not read before its end; a person who stopped it wants none of it."""
    dropped = turn.stop_asked or turn.reason == "aborted"
    await tx.rows("move_steers", turn.id, dropped)
