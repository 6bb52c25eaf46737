"""`/branches`: which branches there are, and what was pushed."""

from __future__ import annotations

from agent_gateway.commands.diff import ask_look
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.jobs.branches import AGAIN
from agent_gateway.store.jobs import JobKind
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import NOWHERE, Command, Pressed
from agent_gateway.wording import keys


class BranchesCommand:
    """Records that somebody wants to see them; they are looked at beside, and the message is the answer."""

    async def command(self, tx: Transaction, update_id: int, command: Command) -> Outcome:
        """Have them looked at."""
        key, language = f"branches:{update_id}", command.language
        progress = {"language": language}
        return await ask_look(tx, JobKind.BRANCHES, key, command.address, command.message_id, language, progress)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Look again, in place of what stands; None for a button of another kind."""
        if pressed.data != AGAIN:
            return None
        language = pressed.language
        if pressed.address.chat_id == NOWHERE:
            return Outcome(keys.button_gone(language))
        progress = {"language": language, "edited": pressed.message_id}
        key = f"branches:{pressed.callback_id}"
        return await ask_look(tx, JobKind.BRANCHES, key, pressed.address, None, language, progress)
