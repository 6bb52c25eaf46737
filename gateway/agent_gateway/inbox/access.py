"""Who may talk to the bot: the settings' lists, people who were let in, and groups under their new id.

What is recorded is read each time, in the transaction that acts on it: no copy of it can be out of date.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from agent_gateway.store.rooms import Rooms
from agent_gateway.store.rows import Address


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one person in one chat."""

    allowed: bool
    """They may use the bot there."""
    chat_id: int
    """The id that the chat has now."""
    moved: bool
    """That is another one than was asked for."""

    def follow(self, address: Address) -> Address:
        """Return where a conversation of that chat is held now."""
        return Address(address.bot_id, self.chat_id, address.topic_id) if self.moved else address


class Access:
    """Who may talk to the bot: ids of people and chats; nobody where none is named.

    Args:
        allowed: Ids of people and chats, of the settings.
        admins: Ids of people who may end anyone's thread.
    """

    def __init__(self, allowed: Collection[int], admins: Collection[int]) -> None:
        self._allowed = frozenset(allowed) | frozenset(admins)
        self._admins = frozenset(admins)

    async def read(self, session: Rooms, person_id: int | None, chat_id: int) -> Standing:
        """Return how a person, or everybody (None), stands in a chat.

        Args:
            session: The transaction that acts on it; outside of one, the store.
            person_id: Who.
            chat_id: The chat, by any id that it has had.
        """
        groups = [chat for chat in self._allowed if chat < 0]
        moves = await session.venues.moves([chat_id, *groups])
        now = _find_end(moves, chat_id)
        named = {now, chat_id, *(() if person_id is None else (person_id,))} & self._allowed
        allowed = bool(named) or any(_find_end(moves, group) == now for group in groups)
        if not allowed:
            allowed = await session.access.is_allowed(now, chat_id, *(() if person_id is None else (person_id,)))
        return Standing(allowed, now, now != chat_id)

    @property
    def admins(self) -> frozenset[int]:
        """Return the ids of the administrators."""
        return self._admins

    def is_admin(self, person_id: int) -> bool:
        """Say whether a person may end anyone's thread, and let people in."""
        return person_id in self._admins

    def is_configured(self, person_id: int) -> bool:
        """Say whether the settings themselves name an id."""
        return person_id in self._allowed


def _find_end(moves: dict[int, int], chat_id: int) -> int:
    for _ in moves:  # no further, should they go round
        if chat_id not in moves:
            break
        chat_id = moves[chat_id]
    return chat_id
