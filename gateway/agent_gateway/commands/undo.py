"""`/undo` and `/redo`: files and conversation as they were before a message, and as they were before that."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final

from agent_gateway.commands.confirm import ask
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead, take_buttons
from agent_gateway.commands.request import Request
from agent_gateway.commands.unsent import drop_unsent
from agent_gateway.effects import CloseViews, ShutDownRun, WakeThread
from agent_gateway.inbox.zones import find_zone
from agent_gateway.metrics import LIMITS
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.forks import FilesOf
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.store.undos import FilesBefore, UndoableTurn
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import undo as words
from agent_gateway.wording.undo import FilesAfter, UndoPlan, UndoPress

ACTION: Final = "undo"
_COUNT: Final = re.compile(r"[1-9][0-9]{0,2}")


class Undo:
    """Goes back, after a question, and forth again.

    In a group whoever asked all that would go may, and its administrators and the bot's.

    Args:
        zone: Of people who chose none.
        is_admin: Who is an administrator of the bot.
    """

    def __init__(self, zone: str, *, is_admin: Callable[[int], bool]) -> None:
        self._zone = zone
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Ask about the last turn, the last so many, or, as a reply, a message's turn and all after it."""
        command, language = request.command, request.command.language
        thread = await tx.threads.by_address(command.address)
        turns = await tx.undos.list_turns(thread.id) if thread is not None else []
        if thread is None or not turns:
            return Outcome(keys.undo_nothing(language))
        count = await self._count(tx, thread, turns, command)
        if isinstance(count, Outcome):
            return count
        admin = request.admin or request.facts.group_admin
        return await self._ask(tx, thread, turns, count, command, admin=admin)

    async def redo(self, tx: Transaction, request: Request) -> Outcome:
        """Put back what was undone last."""
        command = request.command
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(keys.redo_nothing(command.language))
        return await self._put_back(tx, thread, None, command, admin=request.admin or request.facts.group_admin)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Show the turns, ask about one, or put an undo back; None for a button of another kind."""
        found = words.parse_undo_press(pressed.data)
        if found is None:
            return None
        what, number, more = found
        thread_id = number if what is not UndoPress.BACK else await tx.undos.thread_of(number)
        thread = await tx.threads.by_id(thread_id) if thread_id is not None else None
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            await take_buttons(tx, pressed)
            return Outcome(keys.button_gone(pressed.language))
        admin = facts.group_admin or self._is_admin(pressed.person_id)
        if what is UndoPress.BACK:
            return await self._put_back(tx, thread, number, pressed, admin=admin)
        turns = await tx.undos.list_turns(thread.id)
        if not turns:
            await take_buttons(tx, pressed)
            return Outcome(keys.undo_nothing(pressed.language))
        if what is UndoPress.LIST:
            zone = await self._find_zone(tx, pressed.person_id)
            begin = more if more < len(turns) else 0
            buttons = words.build_list(pressed.language, thread.id, turns, begin, datetime.now(UTC), zone)
            await show_instead(tx, pressed, keys.undo_list(pressed.language), buttons)
            return Outcome("")
        count = _find(turns, more)
        if count is None:
            return Outcome(keys.undo_changed(pressed.language))
        asked = await self._ask(tx, thread, turns, count, pressed, admin=admin)
        if not asked.buttons:
            return asked
        await show_instead(tx, pressed, asked.text, asked.buttons)
        return Outcome("")

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """Undo what was asked about, if it is still that."""
        (thread_id, _), (first_id, newest_id), (waiting, _) = confirm.subject
        await tx.undos.hold(thread_id)
        thread = await tx.threads.by_id(thread_id)
        turns = await tx.undos.list_turns(thread_id)
        count = _find(turns, first_id)
        if thread is None or count is None or turns[0].ids[0] != newest_id:
            return Outcome(keys.undo_changed(pressed.language))
        if await tx.turns.count_queued(thread_id) != waiting:
            return Outcome(keys.undo_changed(pressed.language))
        files = await tx.undos.read_files(thread_id, turns[count - 1])
        if files.gone:
            return Outcome(keys.undo_files_gone(pressed.language))
        plan = await _plan(tx, turns[:count], files, waiting)
        await _stop_work(tx, thread, plan, confirm.id)
        undo_id, ids = await tx.undos.undo(thread, turns[count - 1], files, pressed.person_id)
        for turn_id in ids:
            await tx.subagents.cancel_children(thread_id, "parent", turn_id)
        await tx.decisions.withdraw(thread_id)
        await tx.decisions.withdraw_plans(thread_id)
        await _end_run(tx, thread)
        await tx.audit.add(pressed.person_id, ACTION, thread.name)
        text = words.done_text(pressed.language, plan, await tx.undos.count_pushed(thread_id, turns[count - 1]))
        return Outcome(text, (words.build_back_button(pressed.language, undo_id),))

    async def _count(
        self, tx: Transaction, thread: Thread, turns: Sequence[UndoableTurn], command: Command
    ) -> int | Outcome:  # fmt: skip
        """Return how many turns are meant, or what is said where that is not clear."""
        said = command.args.strip()
        if said and not _COUNT.fullmatch(said):
            return Outcome(keys.undo_usage(command.language))
        if said:
            count = int(said)
            if count <= len(turns):
                return count
            LIMITS.labels("undo").inc()
            return Outcome(keys.undo_reach(command.language, count=len(turns)))
        if command.reply_to is None:
            return 1
        turn_id = await tx.undos.find_turn(thread.id, turns, command.reply_to)
        found = _find(turns, turn_id) if turn_id is not None else None
        return found if found is not None else Outcome(keys.undo_unknown(command.language))

    async def _ask(
        self, tx: Transaction, thread: Thread, turns: Sequence[UndoableTurn], count: int, asked: Command | Pressed, *, admin: bool
    ) -> Outcome:  # fmt: skip
        meant, language = turns[:count], asked.language
        if not await _may(tx, thread, [turn.person_id for turn in meant], asked.person_id, admin=admin):
            return Outcome(keys.group_admins_only(language))
        files = await tx.undos.read_files(thread.id, meant[-1])
        if files.gone:
            LIMITS.labels("undo").inc()
            return Outcome(keys.undo_files_gone(language))
        waiting = await tx.turns.count_queued(thread.id)
        plan = await _plan(tx, meant, files, waiting)
        zone = await self._find_zone(tx, asked.person_id)
        subject = [(thread.id, 0), (meant[-1].id, turns[0].ids[0]), (waiting, 0)]
        text = words.question_text(language, plan, datetime.now(UTC), zone)
        outcome = await ask(tx, asked, ACTION, subject, text, keys.undo_question_do(language))
        others = (words.build_others_button(language, thread.id),) if len(turns) > 1 else ()
        return Outcome(outcome.text, (*outcome.buttons, *others))

    async def _put_back(
        self, tx: Transaction, thread: Thread, undo_id: int | None, asked: Command | Pressed, *, admin: bool
    ) -> Outcome:
        """Put back the newest undo, which must be the one that is named, if one is."""
        language = asked.language
        await tx.undos.hold(thread.id)
        last = await tx.undos.last(thread.id)
        if last is None or (undo_id is not None and last.id < undo_id):
            return await _refuse(tx, asked, keys.redo_nothing(language))
        if last.late:
            LIMITS.labels("redo").inc()
            return await _refuse(tx, asked, keys.redo_late(language))
        if undo_id is not None and last.id > undo_id:
            return Outcome(keys.redo_first(language))
        if last.gone:
            return await _refuse(tx, asked, keys.redo_gone(language))
        if await tx.turns.running(thread.id) is not None or await tx.turns.count_queued(thread.id):
            return Outcome(keys.busy(language))
        if asked.person_id != last.person_id and not await _may(tx, thread, last.people, asked.person_id, admin=admin):
            return Outcome(keys.group_admins_only(language))
        await tx.undos.put_back(thread.id, last.id)
        await _end_run(tx, thread)
        await tx.audit.add(asked.person_id, "redo", thread.name)
        return await _say(tx, asked, keys.redo_done(language, count=last.turns))

    async def _find_zone(self, tx: Transaction, person_id: int) -> tzinfo:
        return find_zone(await tx.people.zone(person_id) or self._zone)


def _find(turns: Sequence[UndoableTurn], turn_id: int) -> int | None:
    """Return how many turns go where all from one on do; None where it is none of them."""
    return next((at for at, turn in enumerate(turns, 1) if turn_id in turn.ids), None)


async def _plan(tx: Transaction, turns: Sequence[UndoableTurn], files: FilesBefore, waiting: int) -> UndoPlan:
    """Plan to undo these turns, the newest first. What the newest changed is stored when it has ended, or a moment later."""
    known = not any(turn.running for turn in turns) and await tx.forks.find_files(turns[0].ids[-1]) is FilesOf.STORED
    return UndoPlan(turns, _describe(files, known=known), waiting)


def _describe(files: FilesBefore, *, known: bool) -> FilesAfter:
    """Return what becomes of the files; `known`: all that was changed is stored."""
    if files.same and known:
        return FilesAfter.SAME if files.kept_id is not None else FilesAfter.NONE
    return FilesAfter.BEFORE if files.kept_id is not None else FilesAfter.EMPTY


async def _may(tx: Transaction, thread: Thread, people: Sequence[int | None], person_id: int, *, admin: bool) -> bool:
    """Say whether a person may undo what these people asked, with what waits and runs there."""
    if admin or thread.address.chat_id > 0:
        return True
    if any(asked != person_id for asked in people):
        return False
    busy = await tx.turns.running(thread.id) is not None or await tx.turns.count_queued(thread.id)
    return not busy or await tx.access.are_all_of(thread.id, person_id)


async def _stop_work(tx: Transaction, thread: Thread, plan: UndoPlan, number: int) -> None:
    """Stop what runs, as its person would, and what waits."""
    cancelled = await tx.turns.cancel_queued(thread.id)
    tx.after(CloseViews(tuple(cancelled)))
    held = await tx.turns.hold_running(thread.id) if plan.running else None
    if held is not None:
        await tx.turns.ask_stop(held.id)
        await drop_unsent(tx, thread, f"undo:{number}")


async def _end_run(tx: Transaction, thread: Thread) -> None:
    """End the run that has what counts no more; the next one begins with what does."""
    run = await tx.runs.open(thread.id)
    if run is not None:
        await tx.runs.ask_stop(thread.id, run.number, "killed")
        tx.after(ShutDownRun(thread.id, run.number, "messages were taken back"))
    tx.after(WakeThread(thread.id))


async def _say(tx: Transaction, asked: Command | Pressed, text: str) -> Outcome:
    """Answer a command; make the message whose button was pressed say it."""
    if isinstance(asked, Command):
        return Outcome(text)
    await show_instead(tx, asked, text)
    return Outcome("")


async def _refuse(tx: Transaction, asked: Command | Pressed, text: str) -> Outcome:
    """Say that nothing can be put back; a button that promised it goes."""
    if isinstance(asked, Pressed):
        await take_buttons(tx, asked)
    return Outcome(text)
