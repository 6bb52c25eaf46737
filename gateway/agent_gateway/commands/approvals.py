"""`/approvals`: what the agent of a conversation may do without asking, and its end."""

from __future__ import annotations

import re
from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.store.chatrows import Button
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import keys

_DATA: Final = re.compile(r"approvals:revoke:([0-9]{1,18})")


class ApprovalCommands:
    """Lists what was allowed for a conversation, and takes it back."""

    async def command(self, tx: Transaction, command: Command) -> Outcome:
        """List what was allowed."""
        language = command.language
        thread = await tx.threads.by_address(command.address)
        allowed = await tx.decisions.allowed(thread.id) if thread is not None else []
        if thread is None or not allowed:
            return Outcome(keys.approvals_none(language))
        lines = [keys.approvals_line(language, rule=rule, person=person) for rule, person in allowed]
        button = Button(keys.approvals_revoke(language), f"approvals:revoke:{thread.id}")
        return Outcome("\n".join([keys.approvals_list(language), *lines]), (button,))

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Take all of it back; None for a button of another kind."""
        found = _DATA.fullmatch(pressed.data)
        if found is None:
            return None
        thread = await tx.threads.by_id(int(found[1]))
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.decision_withdrawn(pressed.language))  # another chat's is nobody's business
        if await tx.decisions.revoke(thread.id):
            await tx.audit.add(pressed.person_id, "revoke approvals", thread.name)
        words = keys.approvals_revoked(pressed.language)
        await show_instead(tx, pressed, words)
        return Outcome(words)
