"""Edits of messages that asked nothing: a forgotten mention is added, a command is spelled right."""

from __future__ import annotations

import json
from collections.abc import Sequence

from agent_gateway.commands.table import BY_NAME
from agent_gateway.store.rows import InboxRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.incoming import Command, Edited, Ignored, Incoming, Prompt
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.ports import BotIdentity


async def find_correction(tx: Transaction, row: InboxRow, edited: Edited, bot: BotIdentity) -> Prompt | Command | None:
    """Return what an edited message asks now, where all that it said in the minutes before asked nothing."""
    if edited.now is None:
        return None
    earlier = []
    for payload in await tx.inbox.earlier_of_message(row, edited.message_id):
        try:
            earlier.append(parse(json.loads(payload), bot))
        except (ValueError, MalformedUpdate):
            return None
    return edited.now if asked_nothing(earlier, edited.message_id) else None


def asked_nothing(earlier: Sequence[Incoming], message_id: int) -> bool:
    """Say whether a message is known to have asked nothing yet. What overtook its queue, or is older, is not known."""
    said = [
        one for one in earlier if isinstance(one, Prompt | Command | Edited | Ignored) and one.message_id == message_id
    ]
    return bool(said) and all(_is_nothing(one) for one in said)


def _is_nothing(one: Prompt | Command | Edited | Ignored) -> bool:
    match one:
        case Ignored():
            return True
        case Command(name=name):
            return name not in BY_NAME
        case Edited(now=Command(name=name)):
            return name not in BY_NAME
        case Prompt(addressed=addressed):
            return not addressed
        case _:
            return False
