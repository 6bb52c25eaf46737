"""AgentThreads that changed: wake their conversation; give one made by hand its row, or say why it is refused."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

from typing_extensions import override

from agent_contract.names import build_thread_name
from agent_gateway.inbox.access import Standing
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.changes import Change, Changes
from agent_gateway.resources.follower import Follower
from agent_gateway.resources.values import ThreadValue, same_thread
from agent_gateway.store import Store
from agent_gateway.store.rooms import Rooms
from agent_gateway.store.rows import Address
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wake import Wake

MAX_REFUSED: Final = 10_000
"""Refused resources that are remembered; beyond that one may be told once more, which makes no second Event."""


class Guests(Protocol):
    """Who may use the bot."""

    async def read(self, session: Rooms, person_id: int | None, chat_id: int) -> Standing:
        """Return how somebody stands in a chat."""


class Adopter(Follower[ThreadValue]):
    """Follows changed AgentThreads.

    Args:
        store: Conversations.
        resources: AgentThreads.
        changes: What their watch tells.
        bot: Whom this gateway serves.
        bot_name: Its short name.
        guests: Who may use it.
        wake: Tells which conversations are due.
    """

    def __init__(
        self,
        store: Store,
        resources: AgentThreads,
        changes: Changes[ThreadValue],
        *,
        bot: BotIdentity,
        bot_name: str,
        guests: Guests,
        wake: Wake,
    ) -> None:
        super().__init__(changes)
        self._store = store
        self._resources = resources
        self._bot = bot
        self._bot_name = bot_name
        self._guests = guests
        self._wake = wake
        self._refused: OrderedDict[str, None] = OrderedDict()

    @override
    async def sort_out(self, batch: Sequence[Change[ThreadValue]]) -> list[str]:
        """Wake conversations for which something changed that they act on; return names that have no row.

        A first list tells what may have changed long ago, so of that only conversations with something open are woken.
        """
        known = await self._store.threads.named([change.name for change in batch])
        for change in batch:
            row = known.get(change.name)
            if row is None or same_thread(change.old, self._resources.cached(change.name)):
                continue
            if row.is_open or not change.first:
                self._wake.thread(row.id)
        return [change.name for change in batch if change.name not in known]

    @override
    async def look(self, name: str) -> None:
        """Give a resource made by hand its row, or say on it why it is refused."""
        resource = self._resources.cached(name)
        if resource is None or await self._store.threads.by_name(name) is not None:
            return  # gone, or written here while its row was being made
        refusal = await self._refusal(resource)
        if refusal is None:
            channel = resource.spec.channel
            address = Address(channel.bot_id, channel.chat_id, channel.topic_id)
            async with self._store.transaction() as tx:
                await tx.threads.get_or_create(address, name, resource.spec.title, by_hand=True)
        elif resource.uid not in self._refused:
            await self._resources.say(resource, "Refused", refusal)
            self._refused[resource.uid] = None
            if len(self._refused) > MAX_REFUSED:
                self._refused.popitem(last=False)

    async def _refusal(self, resource: ThreadValue) -> str | None:
        channel = resource.spec.channel
        if channel.bot_id != self._bot.id or channel.bot != self._bot_name:
            return (
                f"This gateway serves bot {self._bot.id} as {self._bot_name}; the channel names bot {channel.bot_id} "
                f"as {channel.bot}. Nothing will be done with this AgentThread."
            )
        person_id = channel.chat_id if channel.chat_id > 0 else None
        standing = await self._guests.read(self._store, person_id, channel.chat_id)
        if standing.moved:
            return (
                f"Chat {channel.chat_id} became a supergroup, which has another id: its conversations go on under that. "
                "Nothing will be done with this AgentThread."
            )
        if not standing.allowed:
            return (
                f"Chat {channel.chat_id} is not on the list of those who may use the bot (telegram.allowedIds). "
                "Nothing will be done with this AgentThread."
            )
        expected = build_thread_name(self._bot_name, channel.chat_id, channel.topic_id)
        if resource.name != expected:
            return f"An AgentThread of this channel must be named {expected}."
        return None
