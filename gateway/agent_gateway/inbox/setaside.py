"""What is said of an update that no trying again helps."""

from __future__ import annotations

from agent_gateway.effects import WakeOutbox
from agent_gateway.inbox import language
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.plans import load_update
from agent_gateway.store.rows import InboxRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Prompt
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wording import keys


async def tell_set_aside(tx: Transaction, row: InboxRow, bot: BotIdentity, access: Access) -> None:
    """Tell whoever wrote it, where that can be read and they may use the bot."""
    try:
        incoming = parse(load_update(row.payload), bot)
    except Exception:  # noqa: BLE001  # what made it fail may do so again; it is set aside all the same
        return
    if not isinstance(incoming, Prompt | Command):
        return
    address = incoming.address
    if (await access.read(tx, incoming.person_id, address.chat_id)).allowed:
        key = f"update:{row.update_id}"
        spoken = await language.read(tx, incoming.person_id, incoming.language)
        words = keys.set_aside(spoken, number=str(row.update_id))
        await tx.outbox.put(address, words, key, reply_to=incoming.message_id)
        tx.after(WakeOutbox())
