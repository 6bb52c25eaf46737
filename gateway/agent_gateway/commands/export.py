"""`/export`: the history of a conversation as a file in the chat."""

from __future__ import annotations

from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import WakeJobs
from agent_gateway.store.jobs import JobKind
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command
from agent_gateway.wording import export as texts


class Export:
    """Records that a history is wanted; it is written beside, and the file is the answer."""

    async def ask(self, tx: Transaction, update_id: int, command: Command) -> Outcome:
        """Have the history of this conversation written."""
        thread = await tx.threads.by_address(command.address)
        if thread is None or await tx.turns.last_asked(thread.id) is None:
            return Outcome(texts.NOTHING_TO_EXPORT)
        key = f"export:{update_id}"
        await tx.jobs.add(JobKind.EXPORT, key, thread.id, command.address, command.message_id)
        await tx.audit.add(command.person_id, "export", thread.name)
        tx.after(WakeJobs())
        return Outcome("")
