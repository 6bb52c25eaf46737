"""What one message asks: a turn of its own, or a part of what others ask: of an album, or of a text that was too long for one."""

from __future__ import annotations

import json

from agent_gateway.store.rows import PASTE, Thread, Turn
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.updates import Prompt, parse
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wording.texts import count_units

_LONG_UNITS = 3600
"""Telegram's programs cut a longer text than 4096 UTF-16 units into messages, each at the last line or word that fits."""


class Parts:
    """Makes turns of messages. Each picture of an album, and each part of a long text, is a message, a moment apart."""

    def __init__(self, bot: BotIdentity) -> None:
        self._bot = bot

    async def take(self, tx: Transaction, update_id: int, thread: Thread, prompt: Prompt) -> Turn | None:
        """Queue what a message asks; None where it belongs to what was asked already, or asks nothing."""
        files, text, album = prompt.files, prompt.text, prompt.album
        if album is None and not files:
            cut = count_units(text) >= _LONG_UNITS
            if await tx.turns.add_to_paste(thread.id, prompt.person_id, text, cut=cut):
                return None
            album = PASTE if cut else None
        elif prompt.album is not None:
            added = await tx.turns.add_to_album(thread.id, prompt.album, prompt.text, files)
            if added is not None:
                return None
            known = await tx.turns.has_album(thread.id, prompt.album)
            if not prompt.addressed and not known:
                return None
            if not known:  # in a group the words, and with them the bot's name, may stand below a later picture
                earlier = await self._find_earlier(tx, update_id, prompt)
                files = (*(file for part in earlier for file in part.files), *files)
                text = "\n".join(filter(None, [*(part.text for part in earlier), text]))
        return await tx.turns.add(thread.id, update_id, prompt.message_id, prompt.person_id, text, files, album)

    async def _find_earlier(self, tx: Transaction, update_id: int, prompt: Prompt) -> list[Prompt]:
        found: list[Prompt] = []
        for payload in await tx.inbox.earlier_parts(prompt.album or "", update_id):
            try:
                earlier = parse(json.loads(payload), self._bot)
            except (ValueError, MalformedUpdate):
                continue
            same = isinstance(earlier, Prompt) and (earlier.address, earlier.album) == (prompt.address, prompt.album)
            if same and isinstance(earlier, Prompt) and earlier.person_id == prompt.person_id:
                found.append(earlier)
        return found
