"""Where something is said or pressed, as far as more than the update itself tells it."""

from __future__ import annotations

import re
from typing import Final

from agent_gateway.store.rows import Address
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import NOWHERE, Incoming, Pressed, Prompt

_TURN: Final = re.compile(r"(?:st|re|co|more):([0-9]{1,18})(?::[0-9]{1,6})?")
_THREAD: Final = re.compile(r"(?:tn|vb|md|sa:cancel):([0-9]{1,18})(?::[0-9a-f]{1,16})?")
_CONFIRM: Final = re.compile(r"cf:[a-z]{1,16}:([0-9]{1,18})")


async def find_address(tx: Transaction, incoming: Incoming) -> Address | None:
    """Return where something is said or pressed; None where that is not known, or is another person's private chat.

    The message of a button may be left out (Bot API 10.5, `inline_message_id`): its data names the turn or thread. And a
    reply in a private chat with topics may come without its topic, which the message replied to tells.
    """
    address = incoming.address
    if isinstance(incoming, Prompt) and address is not None and incoming.reply_to is not None:
        if address.chat_id > 0 and address.topic_id is None:
            return Address(address.bot_id, address.chat_id, await tx.parts.topic_of(address.chat_id, incoming.reply_to))
        return address
    if not isinstance(incoming, Pressed) or incoming.address.chat_id != NOWHERE:
        return address
    found = await _find(tx, incoming.data)
    if found is None or (found.chat_id > 0 and found.chat_id != incoming.person_id):
        return None
    return found


async def _find(tx: Transaction, data: str) -> Address | None:
    if match := _CONFIRM.fullmatch(data):
        confirm = await tx.confirms.lock(int(match[1]))
        return confirm.address if confirm is not None else None
    thread_id = None
    if match := _TURN.fullmatch(data):
        turn = await tx.turns.by_id(int(match[1]))
        thread_id = turn.thread_id if turn is not None else None
    elif match := _THREAD.fullmatch(data):
        thread_id = int(match[1])
    thread = await tx.threads.by_id(thread_id) if thread_id is not None else None
    return thread.address if thread is not None and thread.address.chat_id != NOWHERE else None
