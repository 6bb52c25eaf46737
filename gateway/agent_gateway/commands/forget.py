"""`/forget`: delete what was said in a conversation, and all that came of it."""

from __future__ import annotations

from agent_gateway.commands.confirm import Questions
from agent_gateway.commands.turns import Outcome
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command
from agent_gateway.wake import Wake
from agent_gateway.wording import confirm as texts

ACTION = "forget"


class Forget:
    """Deletes a history after a confirm; never while anything is at work in it."""

    def __init__(self, store: Store, registry: Registry, wake: Wake, questions: Questions) -> None:
        self._store = store
        self._registry = registry
        self._wake = wake
        self._questions = questions

    async def ask(self, tx: Transaction, command: Command) -> Outcome:
        """Say what would be deleted."""
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(texts.NOTHING_TO_FORGET)
        if await self._busy(thread.id):
            return Outcome(texts.WORK_TO_END)
        question, button = texts.FORGET_QUESTION, "Delete the history"
        return await self._questions.ask(tx, command, ACTION, [(thread.id, 0)], question, button)

    async def do(self, tx: Transaction, confirm: Confirm, person_id: int) -> Outcome:
        """Delete it all in the transaction of the answer, and end the run that still remembers it."""
        thread_id = confirm.subject[0][0]
        await tx.history.hold_thread(thread_id)  # a message that comes now waits till it is done
        thread = await tx.threads.by_id(thread_id)
        if thread is None:
            return Outcome(texts.NOTHING_TO_FORGET)
        if await self._busy(thread_id):
            return Outcome(texts.WORK_TO_END)
        run = await tx.runs.open(thread_id)
        if run is not None:
            await tx.runs.ask_stop(thread_id, run.number, "killed")
        forgotten = await tx.history.forget(thread)
        await tx.audit.add(person_id, ACTION, thread.name)

        async def end() -> None:
            link = self._registry.link(thread_id)
            if run is not None and link is not None and link.run == run.number:
                await link.shutdown("forgotten", 0)
            self._wake.thread(thread_id)  # the stop is recorded: it is carried out there, however often that takes

        return Outcome(texts.forget_done(forgotten), [end])

    async def _busy(self, thread_id: int) -> bool:
        if await self._store.turns.running(thread_id) is not None or await self._store.turns.count_queued(thread_id):
            return True
        return bool(await self._store.settings.count_open_children(thread_id))
