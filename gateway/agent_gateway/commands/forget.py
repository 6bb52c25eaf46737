"""`/forget`: delete what was said in a conversation, and all that came of it."""

from __future__ import annotations

from dataclasses import asdict

from agent_gateway.commands.confirm import ask
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import ShutDownRun, WakeJobs, WakeThread
from agent_gateway.jobs.forget import TURNS, WORKSPACES
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.jobs import JobKind
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Pressed
from agent_gateway.wording import confirm as texts

ACTION = "forget"


class Forget:
    """Has a history deleted after a confirm; never while anything is at work in it."""

    async def ask(self, tx: Transaction, command: Command) -> Outcome:
        """Say what would be deleted."""
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(texts.NOTHING_TO_FORGET)
        if await _is_busy(tx, thread.id):
            return Outcome(texts.WORK_TO_END)
        return await ask(tx, command, ACTION, [(thread.id, 0)], texts.FORGET_QUESTION, "Delete the history")

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """Cut the conversation off from all that was, and end the run that remembers it; the rest is deleted beside.

        From this transaction on, no agent and no command is given anything of it.
        """
        thread_id = confirm.subject[0][0]
        await tx.history.hold_thread(thread_id)  # a message that comes now waits till it is done
        thread = await tx.threads.by_id(thread_id)
        if thread is None:
            return Outcome(texts.NOTHING_TO_FORGET)
        if await _is_busy(tx, thread_id):
            return Outcome(texts.WORK_TO_END)
        run = await tx.runs.open(thread_id)
        if run is not None:
            await tx.runs.ask_stop(thread_id, run.number, "killed")
            tx.after(ShutDownRun(thread_id, run.number, "forgotten", grace=0))
        limits = await tx.history.begin_forgetting(thread)
        left, messages = await tx.history.forget_turns(thread_id, limits.turn, TURNS)
        workspaces = await tx.history.forget_workspaces(thread_id, WORKSPACES)
        progress = {
            "limits": asdict(limits), "step": "turns", "turn": left if left is not None else 0,
            "gone": {"messages": messages, "workspaces": workspaces},
        }  # fmt: skip
        await tx.jobs.add(
            JobKind.FORGET, f"forget:{confirm.id}", thread_id, confirm.address, pressed.message_id, progress
        )
        await tx.audit.add(pressed.person_id, ACTION, thread.name)
        tx.after(WakeThread(thread_id), WakeJobs())
        return Outcome(texts.FORGETTING)


async def _is_busy(tx: Transaction, thread_id: int) -> bool:
    if await tx.turns.running(thread_id) is not None or await tx.turns.count_queued(thread_id):
        return True
    return bool(await tx.settings.count_open_children(thread_id))
