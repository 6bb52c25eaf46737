"""AgentThreads that changed: wake their conversation; give one made by hand its row, or say why it is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from typing_extensions import override

from agent_contract.agentthread import AgentThread
from agent_contract.names import build_thread_name
from agent_gateway.inbox.access import Standing
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.follower import Follower
from agent_gateway.store import Store
from agent_gateway.store.rows import Address
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wake import Wake


class Adopter(Follower):
    """Follows changed AgentThreads by name."""

    resources: AgentThreads
    standing: Callable[[int | None, int], Awaitable[Standing]]

    def __init__(self, store: Store, bot: BotIdentity, bot_name: str, wake: Wake) -> None:
        super().__init__()
        self._store = store
        self._bot = bot
        self._bot_name = bot_name
        self._wake = wake
        self._ids: dict[str, int] = {}
        self._refused: set[str] = set()

    @override
    def changed(self, name: str) -> None:
        """Note that a resource changed or went."""
        if name in self._ids:
            self._wake.thread(self._ids[name])
            return
        super().changed(name)

    @override
    async def look(self, name: str) -> None:
        """Give a resource made by hand its row, or say on it why it is refused."""
        thread = await self._store.threads.by_name(name)
        if thread is not None:
            self._ids[name] = thread.id
            self._wake.thread(thread.id)
            return
        resource = self.resources.cached(name)
        if resource is None:
            return
        refusal = await self._refusal(resource)
        if refusal is not None:
            if resource.uid not in self._refused:
                self._refused.add(resource.uid)
                await self.resources.say(resource, "Refused", refusal)
            return
        channel = resource.spec.channel
        address = Address(channel.bot_id, channel.chat_id, channel.topic_id)
        async with self._store.transaction() as tx:
            made = await tx.threads.get_or_create(address, name, resource.spec.title)
        self._ids[name] = made.id

    async def _refusal(self, resource: AgentThread) -> str | None:
        channel = resource.spec.channel
        if channel.bot_id != self._bot.id or channel.bot != self._bot_name:
            return (
                f"This gateway serves bot {self._bot.id} as {self._bot_name}; the channel names bot {channel.bot_id} "
                f"as {channel.bot}. Nothing will be done with this AgentThread."
            )
        standing = await self.standing(channel.chat_id if channel.chat_id > 0 else None, channel.chat_id)
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
