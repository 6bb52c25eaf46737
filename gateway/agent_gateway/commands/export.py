"""`/export`: the history of a conversation, or all of one person, as a file in the chat."""

from __future__ import annotations

from agent_contract.names import build_thread_name
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import WakeJobs
from agent_gateway.jobs.export import PERSON
from agent_gateway.metrics import LIMITS
from agent_gateway.store.jobs import MOST_AN_HOUR, JobAsked
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command
from agent_gateway.wording import keys


class Export:
    """Records that a history is wanted; it is written beside, and the file is the answer.

    Args:
        bot_name: The gateway's short name.
    """

    def __init__(self, bot_name: str) -> None:
        self._bot_name = bot_name

    async def ask(self, tx: Transaction, update_id: int, command: Command) -> Outcome:
        """Have the history of this conversation written."""
        thread = await tx.threads.by_address(command.address)
        if thread is None or await tx.turns.last_asked(thread.id) is None:
            return Outcome(keys.export_nothing(command.language))
        return await self._add(tx, update_id, command, thread, None)

    async def ask_all(self, tx: Transaction, update_id: int, command: Command) -> Outcome:
        """Have all that is kept of a person written, for their private chat alone."""
        address = command.address
        if address.chat_id != command.person_id:
            return Outcome(keys.forget_me_private(command.language))
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, command.title, command.language)
        return await self._add(tx, update_id, command, thread, command.person_id)

    async def _add(
        self, tx: Transaction, update_id: int, command: Command, thread: Thread, person_id: int | None
    ) -> Outcome:  # fmt: skip
        key, progress = f"export:{update_id}", {} if person_id is None else {PERSON: person_id}
        match await tx.jobs.add_export(key, thread.id, command.address, command.message_id, progress):
            case JobAsked.UNDER_WAY:
                return Outcome(keys.export_waits(command.language))
            case JobAsked.OFTEN:
                LIMITS.labels("exports").inc()
                return Outcome(keys.exports_often(command.language, count=MOST_AN_HOUR))
            case JobAsked.FULL:
                LIMITS.labels("exports").inc()
                return Outcome(keys.exports_full(command.language))
            case JobAsked.ADDED:
                pass
        await tx.audit.add(command.person_id, "export" if person_id is None else "export-all", thread.name)
        tx.after(WakeJobs())
        return Outcome("")
