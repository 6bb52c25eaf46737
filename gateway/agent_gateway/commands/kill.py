"""`/kill`: end an agent with all that waits for it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Final

from agent_gateway.commands.confirm import ask
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.request import Request
from agent_gateway.commands.subagents import SubAgentCommands, find_subagent
from agent_gateway.commands.unsent import drop_unsent
from agent_gateway.effects import CloseViews, ShutDownRun, WakeThread
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.titles import show_title

ACTION: Final = "kill"
_log = logging.getLogger(__name__)
LONGEST_NAME: Final = 80
"""Characters of a name that is no conversation's that are repeated."""


class Kill:
    """Ends agents: of a person's own chat, an administrator's of all chats.

    Args:
        subagents: Those end by the same command.
        is_admin: Who may end anyone's.
    """

    def __init__(self, subagents: SubAgentCommands, *, is_admin: Callable[[int], bool]) -> None:
        self._subagents = subagents
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """End the one that is named, a sub-agent also by its short name; without a name, ask about this conversation.

        In a group, what works for somebody else is ended by its administrators alone, or the bot's.
        """
        command = request.command
        name = command.args.split()[0] if command.args.split() else ""
        if not name:
            return await self._ask(tx, request)
        thread = await tx.threads.by_name(name)
        own = thread is not None and thread.address.chat_id == command.address.chat_id
        if thread is None and await find_subagent(tx, command.address, name) is not None:
            return await self._subagents.cancel(tx, command)
        if thread is None or not (own or self._is_admin(command.person_id)):
            # whether another chat's thread exists is nobody's business
            return Outcome(keys.kill_unknown(command.language, name=name[:LONGEST_NAME]))
        if not await may_kill(tx, thread, command.person_id, admin=request.admin or request.facts.group_admin):
            return Outcome(keys.group_admins_only(command.language))
        return Outcome(await kill(tx, thread, command.person_id, command.language, thread.name))

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """End the conversation's agent that was asked about."""
        thread = await tx.threads.by_id(confirm.subject[0][0])
        if thread is None:
            return Outcome(keys.kill_idle(pressed.language))
        shown = show_title(pressed.language, thread.title)
        return Outcome(await kill(tx, thread, pressed.person_id, pressed.language, shown))

    async def _ask(self, tx: Transaction, request: Request) -> Outcome:
        command = request.command
        thread = await tx.threads.by_address(command.address)
        if thread is None or not await _has_work(tx, thread.id):
            return Outcome(keys.kill_idle(command.language))
        if not await may_kill(tx, thread, command.person_id, admin=request.admin or request.facts.group_admin):
            return Outcome(keys.group_admins_only(command.language))
        title = show_title(command.language, thread.title)
        question = keys.kill_question(command.language, title=title)
        return await ask(tx, command, ACTION, [(thread.id, 0)], question, keys.kill_question_do(command.language))


async def may_kill(tx: Transaction, thread: Thread, person_id: int, *, admin: bool) -> bool:
    """Say whether a person may end an agent: in a group only where all that runs and waits there is their own.

    Args:
        tx: The transaction.
        thread: The conversation.
        person_id: Who.
        admin: They are an administrator, of the bot or of the group.
    """
    if admin or thread.address.chat_id > 0:
        return True
    return await tx.access.are_all_of(thread.id, person_id)


async def _has_work(tx: Transaction, thread_id: int) -> bool:
    if await tx.runs.open(thread_id) is not None or await tx.turns.count_queued(thread_id):
        return True
    return bool(await tx.settings.count_open_children(thread_id))


async def kill(tx: Transaction, thread: Thread, person_id: int, language: str, shown: str) -> str:
    """End the run of a thread, what waits for it and its sub-agents; return what to say, with the thread as it is `shown`."""
    cancelled = await tx.turns.cancel_queued(thread.id)
    below = await tx.subagents.cancel_children(thread.id, "parent")
    await tx.audit.add(person_id, "kill", thread.name)
    run = await tx.runs.open(thread.id)
    dropped = await drop_unsent(tx, thread, f"kill:{uuid.uuid4()}")
    if run is None and not cancelled and not below and not dropped:
        return keys.kill_nothing(language, name=shown)
    tx.after(CloseViews(tuple(cancelled)))
    if run is not None:
        await tx.runs.ask_stop(thread.id, run.number, "killed")
        tx.after(ShutDownRun(thread.id, run.number, "killed"))
    tx.after(WakeThread(thread.id))
    number = run.number if run is not None else None
    _log.info("kill", extra={"agent_thread": thread.name, "run": number, "cancelled": len(cancelled)})
    if cancelled:
        return keys.kill_done_dropped(language, name=shown, count=len(cancelled))
    return keys.kill_done(language, name=shown)
