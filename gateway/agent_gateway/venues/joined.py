"""The bot was added to a group: it says how it is called, and asks for the group where that is not allowed."""

from __future__ import annotations

import logging
import time

from agent_gateway.commands.pairing import PERIOD
from agent_gateway.commands.requests import AccessRequests
from agent_gateway.effects import WakeOutbox
from agent_gateway.inbox.access import Access
from agent_gateway.store.chatrows import Button
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.joined import Joined
from agent_gateway.telegram.inbound.topics import Unnamed
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wording import keys
from agent_gateway.wording.access import build_allow_button
from agent_gateway.wording.greeting import joined_text

_log = logging.getLogger(__name__)


class Joining:
    """Greets groups, once for each change, and remembers topics that nobody named.

    Args:
        access: Who may use the bot where.
        requests: Asks the administrators.
        bot: Who the bot is.
        leaves: It leaves again where nobody lets a group in.
    """

    def __init__(self, access: Access, requests: AccessRequests, bot: BotIdentity, *, leaves: bool = True) -> None:
        self._leaves = leaves
        self._access = access
        self._requests = requests
        self._bot = bot

    async def greet(self, tx: Transaction, joined: Joined, update_id: int) -> None:
        """Greet a group. One that only has another id now was greeted before."""
        address, language = joined.address, joined.language
        if await tx.venues.is_moved_here(address.chat_id):
            return
        allowed = (await self._access.read(tx, None, address.chat_id)).allowed
        buttons: tuple[Button, ...] = ()
        if joined.promoted:
            if self._bot.reads_groups:
                return  # nothing that a person sees is otherwise now
            text = keys.group_promoted(language)
        else:
            text = joined_text(
                language, self._bot.username, address.chat_id, allowed=allowed, reads_all=self._bot.reads_groups
            )
            if not allowed:
                text, buttons = await self._meet(tx, joined, text)
        _log.info("group_greeted", extra={"chat_id": address.chat_id, "promoted": joined.promoted})
        if allowed:
            await tx.outbox.put(address, text, f"greeting:{update_id}", kind="notice", buttons=buttons)
        else:
            key = f"greeting:{address.chat_id}:{int(joined.promoted)}:{int(time.time() // PERIOD.total_seconds())}"
            await tx.outbox.put_to_stranger(address, text, key, buttons=buttons, format="plain")
        tx.after(WakeOutbox())

    async def _meet(self, tx: Transaction, joined: Joined, text: str) -> tuple[str, tuple[Button, ...]]:
        """Ask for a group that may not use the bot, and see to it that it is left again if nobody lets it in."""
        address, language = joined.address, joined.language
        if not (await self._access.read(tx, joined.person_id, address.chat_id)).allowed:
            await tx.guests.watch(address.chat_id)
            text = f"{text} {keys.group_leaves(language)}" if self._leaves else text
        if await tx.requests.standing(address.chat_id) == "never":
            return text, ()
        request = await self._requests.ask_for_group(
            tx, address, joined.title, joined.person_id, joined.person_name, language
        )
        return text, (build_allow_button(language, request.id),) if request is not None else ()

    async def note_unnamed(self, tx: Transaction, unnamed: Unnamed) -> None:
        """Remember that a topic is to be given a title, where its person may use the bot."""
        standing = await self._access.read(tx, unnamed.person_id, unnamed.address.chat_id)
        if standing.allowed:
            await tx.topics.add(standing.follow(unnamed.address))
