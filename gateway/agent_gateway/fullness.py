"""How full the database is: measured every few seconds, and told to administrators once for each change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Final

from agent_gateway.effects import WakeOutbox
from agent_gateway.metrics import DATABASE_QUOTA, DATABASE_USED
from agent_gateway.quotas import Level, find_level
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address
from agent_gateway.wording import keys, units
from agent_gateway.wording.say import SOURCE

PAUSE_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)
_TOLD: Final[Mapping[Level, Callable[..., str]]] = {
    Level.ROOM: keys.room_again_tell,
    Level.NEAR: keys.room_near_tell,
    Level.FULL: keys.room_full_tell,
}


class Fullness:
    """Measures the database.

    Args:
        store: What is measured.
        quota: Bytes that may be in use; 0: nobody said how many.
        admins: Who is told.
        check: Raises when this process may no longer act.
    """

    def __init__(self, store: Store, quota: int, admins: Collection[int], check: Callable[[], None]) -> None:
        self._store = store
        self._quota = quota
        self._admins = admins
        self._check = check
        self._level = Level.ROOM
        DATABASE_QUOTA.set(quota)

    @property
    def level(self) -> Level:
        """Return how full it was found last."""
        return self._level

    async def run(self) -> None:
        """Measure for ever."""
        while True:
            self._check()
            try:
                await self.measure()
            except Away as error:
                _log.warning("database_not_measured", extra={"error": type(error).__name__})
            await asyncio.sleep(PAUSE_SECONDS)

    async def measure(self) -> None:
        """Measure once, and tell of a change.

        Raises:
            Away: the database does not answer.
        """
        used = await self._store.quotas.used()
        DATABASE_USED.set(used)
        before = await self._store.quotas.level()
        self._level = find_level(used, self._quota, before)
        if self._level is before:
            return
        async with self._store.transaction() as tx:
            since = await tx.quotas.set_level(self._level)
            if since is None:
                return
            for admin, spoken in await tx.requests.private_chats(self._admins):
                language = spoken or SOURCE
                text = _TOLD[self._level](
                    language, used=units.size(language, used), quota=units.size(language, self._quota)
                )
                key = f"fullness:{since}:{self._level}:{admin}"
                await tx.outbox.put(Address(self._store.bot_id, admin), text, key, kind="notice")
            tx.after(WakeOutbox())
        _log.warning("database_level", extra={"level": self._level.value, "used": used, "quota": self._quota})
