"""The bot leaves groups that nobody has let in: their members could use up what it may say to all others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

from agent_gateway.inbox.access import Access
from agent_gateway.store import Store
from agent_gateway.store.guests import MOST_DUE, UnknownGroup
from agent_gateway.telegram.errors import Refused, TelegramProblem

POLL_SECONDS: Final = 60.0
AGAIN_SECONDS: Final = 600.0
"""After leaving has failed."""
MOST_TRIES: Final = 10
CALL_SECONDS: Final = 1.0
"""Between two groups that are left."""
_log = logging.getLogger(__name__)


class Leaves(Protocol):
    """Leaves chats."""

    async def leave_chat(self, chat_id: int) -> None:
        """Leave a group; one that the bot is not in is success."""


class Leaving:
    """Looks for groups whose time is over.

    Args:
        store: Which groups are watched.
        api: Leaves them.
        access: Who may use the bot where.
        check: Raises when this process may no longer act.
        enabled: Groups are left; otherwise none is.
        poll: Seconds between two looks.
        pause: Seconds between two groups that are left.
    """

    def __init__(
        self,
        store: Store,
        api: Leaves,
        access: Access,
        check: Callable[[], None],
        *,
        enabled: bool = True,
        poll: float = POLL_SECONDS,
        pause: float = CALL_SECONDS,
    ) -> None:
        self._store = store
        self._api = api
        self._access = access
        self._check = check
        self._enabled = enabled
        self._poll = poll
        self._pause = pause

    async def run(self) -> None:
        """Look for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        while True:
            due = await self._store.guests.due()
            for group in due:
                self._check()
                if await self._look(group):
                    await asyncio.sleep(self._pause)
            if len(due) < MOST_DUE:
                await asyncio.sleep(self._poll)

    async def _look(self, group: UnknownGroup) -> bool:
        """Leave a group unless it is known by now; return whether a call was made."""
        known = group.used or (await self._access.read(self._store, None, group.chat_id)).allowed
        if known or not self._enabled:
            await self._store.guests.unwatch(group.chat_id)
            return False
        try:
            await self._api.leave_chat(group.chat_id)
        except TelegramProblem as problem:
            if isinstance(problem, Refused) or group.attempts >= MOST_TRIES:
                await self._store.guests.unwatch(group.chat_id)  # it is met again where somebody writes there
            else:
                await self._store.guests.postpone(group.chat_id, AGAIN_SECONDS)
            _log.warning("group_not_left", extra={"chat_id": group.chat_id, "error": type(problem).__name__})
            return True
        await self._store.guests.unwatch(group.chat_id)
        _log.info("group_left", extra={"chat_id": group.chat_id})
        return True
