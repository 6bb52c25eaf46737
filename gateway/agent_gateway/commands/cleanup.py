"""`/cleanup`: end the agents that have nothing to do."""

from __future__ import annotations

from collections.abc import Callable

from agent_gateway.commands.confirm import Questions
from agent_gateway.commands.turns import Outcome
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command
from agent_gateway.wake import Wake
from agent_gateway.wording import confirm as texts

ACTION = "cleanup"
_GRACE = 5


class Cleanup:
    """Ends idle runs after a confirm: an administrator's of all chats, another person's of theirs."""

    def __init__(
        self, store: Store, registry: Registry, wake: Wake, questions: Questions, *, is_admin: Callable[[int], bool]
    ) -> None:
        self._store = store
        self._registry = registry
        self._wake = wake
        self._questions = questions
        self._is_admin = is_admin

    async def ask(self, tx: Transaction, command: Command) -> Outcome:
        """Say which runs would be ended."""
        chat_id = None if self._is_admin(command.person_id) else command.address.chat_id
        idle = await tx.settings.idle_runs(chat_id)
        if not idle:
            return Outcome(texts.NOTHING_TO_CLEAN)
        lines = [f"{t.name}{f' ({t.title})' if t.title else ''}, run {number}" for t, number in idle]
        subject = [(thread.id, number) for thread, number in idle]
        question = texts.cleanup_question(lines)
        button = texts.cleanup_button(len(idle))
        return await self._questions.ask(tx, command, ACTION, subject, question, button)

    async def do(self, tx: Transaction, confirm: Confirm, person_id: int) -> Outcome:
        """End those of the named runs that are still idle."""
        named = [thread_id for thread_id, _ in confirm.subject]
        idle = await tx.settings.idle_runs(None, lock=named)
        ended = [(thread, number) for thread, number in idle if (thread.id, number) in confirm.subject]
        for thread, number in ended:
            await tx.runs.ask_stop(thread.id, number, "killed")
            await tx.audit.add(person_id, ACTION, thread.name)

        async def end() -> None:
            for thread, number in ended:
                link = self._registry.link(thread.id)
                if link is not None and link.run == number:
                    await link.shutdown("cleaned up", _GRACE)
                self._wake.thread(thread.id)  # the stop is recorded: it is carried out there, however often that takes

        names = [thread.name for thread, _ in ended]
        return Outcome(texts.cleanup_done(names, len(named) - len(ended)), [end])
