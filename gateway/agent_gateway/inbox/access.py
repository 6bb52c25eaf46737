"""Who may talk to the bot: the settings' lists, people who were let in, and groups under their new id."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from agent_gateway.store import Store
from agent_gateway.store.rows import Address


class Access:
    """Who may talk to the bot: ids of people and chats; nobody where none is named.

    Args:
        allowed: Ids of people and chats, of the settings.
        admins: Ids of people who may end anyone's thread.
        store: Holds who was let in, and which groups moved. What it said last is kept until `invalidate`.
    """

    def __init__(self, allowed: Collection[int], admins: Collection[int], store: Store) -> None:
        self._allowed = frozenset(allowed) | frozenset(admins)
        self._admins = frozenset(admins)
        self._store = store
        self._wanted, self._loaded = 1, 0
        """How often what is recorded has changed, and up to which change it was read."""
        self._reading = asyncio.Lock()
        self._granted: frozenset[int] = frozenset()
        self._moved: Mapping[int, int] = {}

    async def load(self) -> None:
        """Read what is recorded, if it is not known; only the leader changes it."""
        async with self._reading:
            wanted = self._wanted
            if self._loaded == wanted:
                return
            self._granted, self._moved = await self._store.access.allowed(), await self._store.venues.aliases()
            self._loaded = wanted

    def invalidate(self) -> None:
        """Forget what was read: it has changed."""
        self._wanted += 1

    def allows(self, person_id: int | None, chat_id: int) -> bool:
        """Say whether a person, or everybody in a chat, is on the list."""
        if person_id in self._allowed or person_id in self._granted or chat_id in self._allowed:
            return True
        return any(old in self._allowed and self.current(old) == chat_id for old in self._moved)

    def is_admin(self, person_id: int) -> bool:
        """Say whether a person may end anyone's thread, and let people in."""
        return person_id in self._admins

    def is_configured(self, person_id: int) -> bool:
        """Say whether the settings themselves name an id."""
        return person_id in self._allowed

    def has_moved(self, chat_id: int) -> bool:
        """Say whether a group has another id now."""
        return chat_id in self._moved

    def current(self, chat_id: int) -> int:
        """Return the id that a chat has now."""
        for _ in self._moved:
            if chat_id not in self._moved:
                break
            chat_id = self._moved[chat_id]
        return chat_id

    def follow(self, address: Address) -> Address:
        """Return where a conversation is held now."""
        if not self.has_moved(address.chat_id):
            return address
        return Address(address.bot_id, self.current(address.chat_id), address.topic_id)
