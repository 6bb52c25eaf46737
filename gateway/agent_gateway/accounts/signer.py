"""Says to runners whom the commits of a turn are made for."""

from __future__ import annotations

from agent_contract import wire
from agent_gateway.accounts.settings import CommitSettings
from agent_gateway.accounts.signing import build_commits
from agent_gateway.store import Store


class Signer:
    """Reads who asked.

    Args:
        store: Where that stands.
        settings: How commits are signed.
        username: The bot's.
    """

    def __init__(self, store: Store, settings: CommitSettings, username: str) -> None:
        self._store = store
        self._settings = settings
        self._username = username

    async def build(self, turn_id: int) -> wire.CommitIdentity:
        """Build what a runner is told before a turn, and again before words that somebody adds to it."""
        return build_commits(self._settings, self._username, turn_id, await self._store.commits.asked(turn_id))
