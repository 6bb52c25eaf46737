"""`/forget`: delete what was said in a conversation, and all that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from agent_gateway.commands.confirm import ask
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import ShutDownRun, WakeJobs, WakeThread, WakeVenues
from agent_gateway.jobs.forget import TURNS, WORKSPACES
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.jobs import JobKind
from agent_gateway.store.rows import Address, Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import keys

ACTION = "forget"
MOST_COUNTED: Final = 100
"""Schedules of a conversation that the question counts."""


class Forget:
    """Has a history deleted after a confirm; never while anything is at work in it."""

    async def ask(self, tx: Transaction, command: Command) -> Outcome:
        """Say what would be deleted."""
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(keys.forget_nothing(command.language))
        if await is_busy(tx, thread.id):
            return Outcome(keys.forget_busy(command.language))
        return await ask(
            tx,
            command,
            ACTION,
            [(thread.id, 0)],
            await _build_question(tx, command, thread.id),
            keys.forget_question_do(command.language),
        )

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """Cut the conversation off from all that was, and end the run that remembers it; the rest is deleted beside.

        From this transaction on, no agent and no command is given anything of it.
        """
        thread_id = confirm.subject[0][0]
        await tx.history.hold_thread(thread_id)  # a message that comes now waits till it is done
        thread = await tx.threads.by_id(thread_id)
        if thread is None:
            return Outcome(keys.forget_nothing(pressed.language))
        if await is_busy(tx, thread_id):
            return Outcome(keys.forget_busy(pressed.language))
        left = await tx.venues.left_behind(thread.address)
        for one in left:
            await tx.history.hold_thread(one.id)
        if any([await is_at_work(tx, one.id) for one in left]):
            return Outcome(keys.forget_busy(pressed.language))
        await cut_off(tx, thread, f"forget:{confirm.id}", confirm.address, pressed.message_id, left)
        await tx.audit.add(pressed.person_id, ACTION, thread.name)
        if _is_private(thread.address, pressed.person_id):
            for connection in await tx.accounts.remove_all(pressed.person_id):
                await tx.audit.add(pressed.person_id, "unlink", connection)
        return Outcome(keys.forgetting(pressed.language))


async def cut_off(
    tx: Transaction, thread: Thread, key: str, told_at: Address, message_id: int | None, left: Sequence[Thread] = ()
) -> None:  # fmt: skip
    """Let nothing of a conversation that is held reach an agent any more, and have the rest deleted beside.

    Args:
        tx: The transaction that holds it.
        thread: The conversation, in which nothing is at work.
        key: Of the deletion.
        told_at: Where its end is told.
        message_id: The message that tells it then; None: one of its own.
        left: Conversations that a move left behind for it, which go with it; they are held too.
    """
    run = await tx.runs.open(thread.id)
    if run is not None:
        await tx.runs.ask_stop(thread.id, run.number, "killed")
        tx.after(ShutDownRun(thread.id, run.number, "forgotten", grace=0))
    await tx.outbox.drop_unsent(thread.address)
    limits = await tx.history.begin_forgetting(thread)
    await tx.venues.forget_made_title(thread.id)
    await tx.topics.settle(thread.address, "refused")  # none is made any more of what is forgotten
    await tx.decisions.withdraw_plans(thread.id)
    for one in left:
        await tx.turns.cancel_queued_before(one.id, None)  # nobody asks there any more
        await tx.history.begin_forgetting(one)
    more, messages = await tx.history.forget_turns(thread.id, limits.turn, TURNS)
    workspaces = await tx.history.forget_workspaces(thread.id, WORKSPACES)
    progress = {
        "limits": asdict(limits), "step": "turns", "turn": more if more is not None else 0,
        "gone": {"messages": messages, "workspaces": workspaces}, "left": [one.id for one in left],
    }  # fmt: skip
    await tx.jobs.add(JobKind.FORGET, key, thread.id, told_at, message_id, progress)
    tx.after(WakeThread(thread.id), WakeJobs(), WakeVenues())


async def _build_question(tx: Transaction, command: Command, thread_id: int) -> str:
    """Ask, and say that schedules go too, and a person's accounts with their own chat, where there are any."""
    language = command.language
    parts = [keys.forget_question(language)]
    made = [row for row in await tx.schedules.of_thread(thread_id, MOST_COUNTED) if row.person_id is not None]
    if made:
        parts.append(keys.forget_schedules(language, count=len(made)))
    if _is_private(command.address, command.person_id) and await tx.accounts.of(command.person_id):
        parts.append(keys.forget_accounts(language))
    return "\n\n".join(parts)


def _is_private(address: Address, person_id: int) -> bool:
    return address.chat_id == person_id


async def is_busy(tx: Transaction, thread_id: int) -> bool:
    """Say whether anything is at work in a conversation, or waits."""
    return bool(await tx.turns.count_queued(thread_id)) or await is_at_work(tx, thread_id)


async def is_at_work(tx: Transaction, thread_id: int) -> bool:
    """Say whether anything is at work in a conversation; what waits is not. A copy that is wanted before counts, until it is there."""
    if await tx.turns.running(thread_id) is not None or await tx.jobs.is_exporting(thread_id):
        return True
    return bool(await tx.settings.count_open_children(thread_id))
