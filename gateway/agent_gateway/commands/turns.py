"""Commands about this conversation's own turns: stop one, ask one again, begin anew."""

from __future__ import annotations

from typing import Final

from agent_contract.names import build_thread_name
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, take_buttons
from agent_gateway.commands.unsent import drop_unsent
from agent_gateway.effects import AbortTurn, CloseViews, OpenView, ShutDownRun, WakeThread
from agent_gateway.store.rows import Run, Thread, Turn
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.provider import parse_new

CLEAN: Final = "clean"
"""Behind `/new`: the files do not stay."""


class TurnCommands:
    """`/stop`, `/retry` and `/new`."""

    def __init__(self, bot_name: str) -> None:
        self._bot_name = bot_name

    async def stop(self, tx: Transaction, command: Command) -> Outcome:
        """Stop the running answer; where none runs yet, what waits for one."""
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(keys.nothing_runs(command.language))
        await tx.audit.add(command.person_id, "stop", thread.name)
        seen = await tx.turns.running(thread.id)
        held = await tx.turns.hold_running(thread.id)  # waits for whoever is ending it
        if seen is None:
            return await _stop_waiting(tx, thread, command.language)
        if held is not None and held.id == seen.id:
            await _stop(tx, thread, held)
            return Outcome("")  # the answer itself says that it was stopped
        begun = await tx.turns.running(thread.id) is not None
        say = keys.stop_too_late_next if begun else keys.stop_too_late
        return Outcome(say(command.language))

    async def retry(self, tx: Transaction, command: Command) -> Outcome:
        """Ask again what was asked last."""
        thread = await tx.threads.by_address(command.address)
        last = await tx.turns.last_asked(thread.id) if thread is not None else None
        if thread is None or last is None or last.id <= await tx.jobs.forgotten_turn(thread.id):
            return Outcome(keys.nothing_to_retry(command.language))
        if await tx.turns.running(thread.id) is not None or await tx.turns.count_queued(thread.id):
            return Outcome(keys.busy(command.language))
        await tx.threads.get_or_create(command.address, thread.name, command.title, command.language)
        turn = await tx.turns.add(thread.id, None, command.message_id, command.person_id, last.text, last.files)
        if last.plan:
            turn = await tx.decisions.mark_plan(turn.id)
        tx.after(WakeThread(thread.id), OpenView(turn, thread.address))
        return Outcome("")

    async def new(self, tx: Transaction, command: Command | Pressed) -> Outcome:
        """Begin a fresh session in the same thread: what was said stays in the history, and the files stay.

        With the word `clean` behind it the files are kept aside, and the next run begins without.
        """
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        title = command.title if isinstance(command, Command) else ""
        thread = await tx.threads.get_or_create(address, name, title, command.language)
        clean = isinstance(command, Command) and command.args.strip().lower() == CLEAN
        return await begin_session(tx, thread, command, clean=clean)


class NewButton:
    """Begins a fresh session, below an answer after which only that helps."""

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Begin it; None for a button of another kind."""
        turn_id = parse_new(pressed.data)
        if turn_id is None:
            return None
        turn = await tx.turns.by_id(turn_id)
        thread = await tx.threads.by_id(turn.thread_id) if turn is not None else None
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.nothing_to_retry(pressed.language))  # what stands in another chat is nobody's business
        await take_buttons(tx, pressed)
        return await begin_session(tx, thread, pressed)


async def begin_session(
    tx: Transaction, thread: Thread, asked: Command | Pressed, *, clean: bool = False
) -> Outcome:  # fmt: skip
    """Begin a fresh session of a conversation, and without its files if that is asked, unless something runs or waits."""
    if await is_busy(tx, thread.id):
        return Outcome(keys.busy(asked.language))
    run = await tx.runs.open(thread.id)
    await tx.threads.begin_session(thread.id)
    if clean:
        await tx.workspaces.begin_clean(thread.id)
    await tx.audit.add(asked.person_id, "new", thread.name)
    await end_session_run(tx, thread, run, "a new session begins")
    return Outcome(keys.room_new_clean(asked.language) if clean else keys.new_session(asked.language))


async def is_busy(tx: Transaction, thread_id: int) -> bool:
    """Say whether something runs or waits in a conversation."""
    return await tx.turns.running(thread_id) is not None or bool(await tx.turns.count_queued(thread_id))


async def end_session_run(tx: Transaction, thread: Thread, run: Run | None, reason: str) -> None:
    """End the run that holds a session which is not the present one any more, and what it asked leave for."""
    await tx.decisions.withdraw_plans(thread.id)
    if run is not None:
        await tx.runs.ask_stop(thread.id, run.number, "killed")
        tx.after(ShutDownRun(thread.id, run.number, reason))
    tx.after(WakeThread(thread.id))


async def stop_thread(tx: Transaction, thread: Thread, person_id: int) -> bool:
    """Stop the running answer of a conversation; where none runs yet, what waits. False where there is neither."""
    await tx.audit.add(person_id, "stop", thread.name)
    return await stop_answer(tx, thread)


async def stop_answer(tx: Transaction, thread: Thread) -> bool:
    """Do so; whoever asks has been recorded."""
    held = await tx.turns.hold_running(thread.id)
    if held is not None:
        await _stop(tx, thread, held)
        return True
    cancelled = await tx.turns.cancel_queued(thread.id)
    tx.after(CloseViews(tuple(cancelled)), WakeThread(thread.id))
    return bool(cancelled)


async def _stop(tx: Transaction, thread: Thread, turn: Turn) -> None:
    await tx.turns.ask_stop(turn.id)
    if turn.quiet:
        await tx.turns.speak(turn.id)  # whoever stops it hears that
    await drop_unsent(tx, thread, f"stop:{turn.id}")
    tx.after(AbortTurn(turn.thread_id, turn.id), WakeThread(turn.thread_id))


async def _stop_waiting(tx: Transaction, thread: Thread, language: str) -> Outcome:
    cancelled = await tx.turns.cancel_queued(thread.id)
    begun = await tx.turns.hold_running(thread.id)  # one that waited a moment ago
    if begun is not None:
        await _stop(tx, thread, begun)
    if not cancelled:
        return Outcome(keys.nothing_runs(language) if begun is None else "")
    tx.after(CloseViews(tuple(cancelled)), WakeThread(thread.id))
    return Outcome(keys.stopped_waiting(language, count=len(cancelled)))
