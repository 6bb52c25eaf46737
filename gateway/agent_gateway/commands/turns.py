"""Commands about this conversation's own turns: stop one, ask one again, begin anew."""

from __future__ import annotations

from agent_contract.names import build_thread_name
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import AbortTurn, CloseViews, OpenView, ShutDownRun, WakeThread
from agent_gateway.store.rows import Thread, Turn
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command
from agent_gateway.wording import commands as texts


class TurnCommands:
    """`/stop`, `/retry` and `/new`."""

    def __init__(self, bot_name: str) -> None:
        self._bot_name = bot_name

    async def stop(self, tx: Transaction, command: Command) -> Outcome:
        """Stop the running answer; where none runs yet, what waits for one."""
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(texts.NOTHING_RUNS)
        await tx.audit.add(command.person_id, "stop", thread.name)
        seen = await tx.turns.running(thread.id)
        held = await tx.turns.hold_running(thread.id)  # waits for whoever is ending it
        if seen is None:
            return await _stop_waiting(tx, thread)
        if held is not None and held.id == seen.id:
            await _stop(tx, held)
            return Outcome("")  # the answer itself says that it was stopped
        begun = await tx.turns.running(thread.id) is not None
        return Outcome(texts.STOP_TOO_LATE_NEXT_RUNS if begun else texts.STOP_TOO_LATE)

    async def retry(self, tx: Transaction, command: Command) -> Outcome:
        """Ask again what was asked last."""
        thread = await tx.threads.by_address(command.address)
        last = await tx.turns.last_asked(thread.id) if thread is not None else None
        if thread is None or last is None or last.id <= await tx.jobs.forgotten_turn(thread.id):
            return Outcome(texts.NOTHING_ASKED_YET)
        if await tx.turns.running(thread.id) is not None or await tx.turns.count_queued(thread.id):
            return Outcome(texts.BUSY)
        turn = await tx.turns.add(thread.id, None, command.message_id, command.person_id, last.text, last.files)
        tx.after(WakeThread(thread.id), OpenView(turn, thread.address))
        return Outcome("")

    async def new(self, tx: Transaction, command: Command) -> Outcome:
        """Begin a fresh session in the same thread: what was said stays in the history, and the files stay."""
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, command.title)
        if await tx.turns.running(thread.id) is not None or await tx.turns.count_queued(thread.id):
            return Outcome(texts.BUSY)
        run = await tx.runs.open(thread.id)
        await tx.threads.begin_session(thread.id)
        await tx.audit.add(command.person_id, "new", thread.name)
        if run is not None:  # it holds the old session
            await tx.runs.ask_stop(thread.id, run.number, "killed")
            tx.after(ShutDownRun(thread.id, run.number, "a new session begins"))
        tx.after(WakeThread(thread.id))
        return Outcome(texts.NEW_SESSION)


async def _stop(tx: Transaction, turn: Turn) -> None:
    await tx.turns.ask_stop(turn.id)
    tx.after(AbortTurn(turn.thread_id, turn.id), WakeThread(turn.thread_id))


async def _stop_waiting(tx: Transaction, thread: Thread) -> Outcome:
    cancelled = await tx.turns.cancel_queued(thread.id)
    begun = await tx.turns.hold_running(thread.id)  # one that waited a moment ago
    if begun is not None:
        await _stop(tx, begun)
    if not cancelled:
        return Outcome(texts.NOTHING_RUNS if begun is None else "")
    tx.after(CloseViews(tuple(cancelled)), WakeThread(thread.id))
    return Outcome(texts.stopped_waiting_text(len(cancelled)))


def whoami_text(command: Command, *, admin: bool) -> str:
    """Tell a person who they are to this bot."""
    facts = [f"Your id is {command.person_id}."]
    if command.address.chat_id != command.person_id:
        facts.append(f"This chat's id is {command.address.chat_id}.")
    if command.address.topic_id is not None:
        facts.append(f"This topic's id is {command.address.topic_id}.")
    facts.append("You are an administrator of this bot." if admin else "You may use this bot.")
    return " ".join(facts)
