"""`/cleanup`: end the agents that have nothing to do."""

from __future__ import annotations

from collections.abc import Callable

from agent_gateway.commands.confirm import ask
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import ShutDownRun, WakeThread
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import confirm as texts
from agent_gateway.wording import keys
from agent_gateway.wording.titles import show_title

ACTION = "cleanup"


class Cleanup:
    """Ends idle runs after a confirm: an administrator's of all chats, another person's of theirs."""

    def __init__(self, *, is_admin: Callable[[int], bool]) -> None:
        self._is_admin = is_admin

    async def ask(self, tx: Transaction, command: Command) -> Outcome:
        """Say which runs would be ended."""
        chat_id = None if self._is_admin(command.person_id) else command.address.chat_id
        idle = await tx.settings.idle_runs(chat_id)
        if not idle:
            return Outcome(keys.cleanup_nothing(command.language))
        admin = chat_id is None
        lines = [_describe(thread, command.language, admin=admin) for thread, _ in idle]
        subject = [(thread.id, number) for thread, number in idle]
        return await ask(
            tx,
            command,
            ACTION,
            subject,
            texts.cleanup_question(command.language, lines),
            keys.cleanup_question_do(command.language, count=len(idle)),
        )

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """End those of the named runs that are still idle."""
        named = [thread_id for thread_id, _ in confirm.subject]
        idle = await tx.settings.idle_runs(None, lock=named)
        ended = [(thread, number) for thread, number in idle if (thread.id, number) in confirm.subject]
        for thread, number in ended:
            await tx.runs.ask_stop(thread.id, number, "killed")
            await tx.audit.add(pressed.person_id, ACTION, thread.name)
            tx.after(ShutDownRun(thread.id, number, "cleaned up"), WakeThread(thread.id))
        admin = self._is_admin(pressed.person_id)
        names = [_describe(thread, pressed.language, admin=admin) for thread, _ in ended]
        return Outcome(texts.cleanup_done(pressed.language, names, len(named) - len(ended)))


def _describe(thread: Thread, language: str, *, admin: bool) -> str:
    """Name a conversation: its title, and for administrators the name of its AgentThread."""
    title = show_title(language, thread.title)
    return f"{title} ({thread.name})" if admin else title
