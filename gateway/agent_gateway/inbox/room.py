"""What is refused while the database is nearly full, so that what is under way can end."""

from __future__ import annotations

from agent_gateway.commands.outcome import Outcome
from agent_gateway.quotas import Level
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Prompt
from agent_gateway.wording import keys


async def lacks_conversation(tx: Transaction, prompt: Prompt, level: Level) -> bool:
    """Say whether a message would begin a conversation that it may not begin: there is no room, or it is for nobody."""
    if prompt.addressed and level is Level.ROOM:
        return False
    return await tx.threads.by_address(prompt.address) is None


def refuse_conversation(prompt: Prompt) -> Outcome | None:
    """Return why a message may not begin a conversation; what is for nobody is told nothing."""
    return Outcome(keys.room_no_new(prompt.language)) if prompt.addressed else None


def refuse_task(prompt: Prompt, level: Level) -> Outcome | None:
    """Return why a message may not be a new task; None where it may. What steers, answers or stops is none."""
    return Outcome(keys.room_full(prompt.language)) if level is Level.FULL else None
