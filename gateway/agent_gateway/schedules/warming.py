"""Begins agents a moment before schedules are due, so that what is asked then finds one that is ready."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from agent_gateway.effects import WakeThread
from agent_gateway.schedules.firing import Classes, Guests
from agent_gateway.store import Store
from agent_gateway.store.schedulerows import Coming
from agent_kube.pace import Backoff

POLL_SECONDS: Final = 1.0
MOST: Final = 1000
"""Of one look."""
BEHIND: Final = timedelta(seconds=30)
"""So long after it was due an agent may still begin ahead: what is asked is there by then, or never comes."""
REFUSED: Final = Backoff(first=2.0, factor=3.0, cap=60.0)
"""Pauses of a schedule that is asked for somebody who may not use the bot: they may be let in before it is due."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Rest:
    """How often in a row a schedule was in vain, and until when it is left alone."""

    failures: int
    until: datetime


class Pools(Classes, Protocol):
    """AgentThreads and their classes, with the pods that wait for those."""

    def find_pool(self, class_name: str) -> str | None:
        """Return the hash of the pods of a class's warm pool; None where it has none."""


class Warmer:
    """Marks conversations whose schedules are due soon: whoever looks at them begins their agents where a slot is free.

    A mark is a hint; without it what is asked waits for its agent as ever.

    Args:
        store: Schedules, and their conversations.
        guests: Who may use the bot.
        classes: Whose conversations have pods that wait, and need no mark.
        check: Raises when this process may no longer act.
        seconds: How long before a schedule is due; 0 begins none ahead.
        clock: What time it is.
    """

    def __init__(
        self,
        store: Store,
        guests: Guests,
        classes: Pools,
        check: Callable[[], None],
        *,
        seconds: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._guests = guests
        self._classes = classes
        self._check = check
        self._ahead = timedelta(seconds=seconds)
        self._clock = clock
        self._rests: dict[int, _Rest] = {}
        """Of schedules that are due soon."""

    async def run(self) -> None:
        """Mark for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        while True:
            self._check()
            if self._ahead:
                await self.mark_due()
            await asyncio.sleep(POLL_SECONDS)

    async def mark_due(self) -> int:
        """Mark those that are due soon and have no agent; return how many conversations that were."""
        now, marked = self._clock(), set()
        coming = await self._store.schedules.coming(now, now + self._ahead, MOST)
        self._rests = {
            one.schedule_id: rest for one in coming if (rest := self._rests.get(one.schedule_id)) is not None
        }
        for one in coming:
            if one.thread_id in marked or self._rests_now(one, now) or await self._has_pool(one):
                continue
            if await self._mark(one):
                marked.add(one.thread_id)
            else:
                self._note_refused(one, now)
        return len(marked)

    def _rests_now(self, one: Coming, now: datetime) -> bool:
        rest = self._rests.get(one.schedule_id)
        return rest is not None and now < rest.until

    def _note_refused(self, one: Coming, now: datetime) -> None:
        rest = self._rests.get(one.schedule_id)
        failures = rest.failures + 1 if rest is not None else 1
        self._rests[one.schedule_id] = _Rest(failures, now + timedelta(seconds=REFUSED.pause(failures)))

    async def _has_pool(self, one: Coming) -> bool:
        name = self._classes.find_class_name(one.thread_name)
        found = await self._classes.find_class(name) if name is not None else None
        return name is None or found is None or self._classes.find_pool(name) is not None

    async def _mark(self, one: Coming) -> bool:
        async with self._store.transaction() as tx:
            if not (await self._guests.read(tx, one.person_id, one.chat_id)).allowed:
                return False
            await tx.threads.warm(one.thread_id, one.next_at + BEHIND)
            tx.after(WakeThread(one.thread_id))
        _log.info("agent_begins_ahead", extra={"agent_thread": one.thread_name, "schedule": one.schedule_id})
        return True
