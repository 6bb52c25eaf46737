"""Slots of MAX_THREADS: who is next where all are taken, and who is told that one is free."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from agent_contract.terms import Timeouts
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Turn
from agent_gateway.wording import texts

AGE_SECONDS: Final = 120.0
"""Whoever has waited for so long counts as having one slot less: nobody is passed for ever."""
REFRESH_SECONDS: Final = 5.0
"""How often the numbers that the chats show are compared with the queue, and a lost word of a free slot is made up for."""
MOST_REFRESHED: Final = 20
"""Chats that are told another number at once."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    turn_id: int
    person: int
    since: float
    shown: int | None = None
    """The number that its chat shows."""


class SlotQueue:
    """Threads that wait for a slot, each with the turn that waits and the person who wrote it. Pure.

    Each time a person has a slot, or waits with an earlier turn, they go behind those who have fewer: whoever fills all
    slots and the queue too is passed by another's first turn. Waiting makes up for that.

    A hint of one process: after a restart each waiting thread joins again when it is looked at.
    """

    def __init__(self) -> None:
        self.working: Mapping[int, int] = {}
        """How many slots each person has, as last known."""
        self._waiting: dict[int, _Waiting] = {}

    def join(self, thread_id: int, turn_id: int, person: int, since: float) -> None:
        """Wait, with the turn that waits longest; `since` is when it was written, in seconds."""
        known = self._waiting.get(thread_id)
        if known is None or known.turn_id != turn_id:
            self._waiting[thread_id] = _Waiting(turn_id, person, since)

    def leave(self, thread_id: int) -> None:
        """Wait no more."""
        self._waiting.pop(thread_id, None)

    def is_empty_but_for(self, thread_id: int) -> bool:
        """Say whether no other thread waits."""
        return not self._waiting.keys() - {thread_id}

    def count_before(self, thread_id: int, turn_id: int, person: int, since: float, now: float) -> int:
        """Count those who come before a turn, whether it waits in the queue already or not."""
        waiting = self._waiting | {thread_id: _Waiting(turn_id, person, since)}
        return self._sort(waiting, now).index(thread_id)

    def order(self, now: float) -> list[int]:
        """Return the threads that wait, the next one first."""
        return self._sort(self._waiting, now)

    def find_outdated(self, now: float) -> list[tuple[int, int, int]]:
        """Return (thread, turn, number) where the number shown is not the one they have, the first in the queue first."""
        numbered = [(i, thread_id, self._waiting[thread_id]) for i, thread_id in enumerate(self.order(now), start=1)]
        return [(thread_id, one.turn_id, i) for i, thread_id, one in numbered if one.shown != i]

    def note_shown(self, thread_id: int, number: int) -> None:
        """Remember the number that a chat shows."""
        if thread_id in self._waiting:
            self._waiting[thread_id].shown = number

    def _sort(self, waiting: Mapping[int, _Waiting], now: float) -> list[int]:
        had = Counter(self.working)
        keys: dict[int, tuple[int, int]] = {}
        for thread_id, one in sorted(waiting.items(), key=lambda item: item[1].turn_id):
            keys[thread_id] = (had[one.person] - int((now - one.since) / AGE_SECONDS), one.turn_id)
            had[one.person] += 1
        return sorted(keys, key=keys.__getitem__)

    def __len__(self) -> int:
        return len(self._waiting)


class Previews(Protocol):
    """What the chat shows of a turn that waits."""

    def waiting(self, turn_id: int, text: str) -> None:
        """Show what it waits for."""


class Slots:
    """Gives slots away, one at a time.

    Args:
        store: Counts the runs that have one.
        views: Shows who is which in the queue.
        wake: Lets a thread be looked at.
        most: Slots that there are.
        clock: Seconds that never jump.
    """

    def __init__(
        self,
        store: Store,
        views: Previews,
        wake: Callable[[int], None],
        *,
        most: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._views = views
        self._wake = wake
        self._most = most
        self._clock = clock
        self._queue = SlotQueue()
        self._taking = asyncio.Lock()
        self._freed = asyncio.Event()
        self._taken = 0
        self._refreshed = clock()

    async def is_free(self, turn: Turn, now: datetime) -> bool:
        """Say whether a turn's run may begin, those before it in the queue counted as begun."""
        before = 0
        if not self._queue.is_empty_but_for(turn.thread_id):
            self._queue.working = await self._store.slots.count()
            since = self._since(turn, now)
            before = self._queue.count_before(turn.thread_id, turn.id, _person(turn), since, self._clock())
        self._taken = await self._store.runs.count_open()
        return self._taken + before < self._most

    def join(self, turn: Turn, now: datetime) -> str:
        """Let a turn wait; return what its chat is to show."""
        since, person = self._since(turn, now), _person(turn)
        self._queue.join(turn.thread_id, turn.id, person, since)
        number = 1 + self._queue.count_before(turn.thread_id, turn.id, person, since, self._clock())
        self._queue.note_shown(turn.thread_id, number)
        return texts.capacity_text(self._taken, self._most, number)

    def leave(self, thread_id: int) -> None:
        """Let a thread wait no more."""
        self._queue.leave(thread_id)

    async def take(
        self, thread_id: int, number: int, uid: str | None, class_name: str, limits: Timeouts | None
    ) -> tuple[str | None] | None:
        """Record that a run is wanted, which takes the slot; return the model chosen for it, None where no slot is free.

        Raises:
            StoreError: nothing is recorded.
        """
        async with self._taking, self._store.transaction() as tx:
            if await tx.runs.count_open() >= self._most:
                return None
            return (await tx.runs.want(thread_id, number, uid, class_name, limits),)

    def free(self) -> None:
        """Note that a slot may be free."""
        self._freed.set()

    async def run(self) -> None:
        """Let those look who are next whenever a slot is free, and keep the numbers shown true; for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._freed.wait()
            self._freed.clear()
            if not len(self._queue):
                continue
            try:
                await self._admit()
            except Away as error:
                _log.warning("slots_not_counted", extra={"error": type(error).__name__})
                continue
            if self._clock() - self._refreshed >= REFRESH_SECONDS:
                self._refreshed = self._clock()
                self._refresh()

    async def _admit(self) -> None:
        self._taken = await self._store.runs.count_open()
        free = self._most - self._taken
        if free > 0:
            self._queue.working = await self._store.slots.count()
            for thread_id in self._queue.order(self._clock())[:free]:
                self._wake(thread_id)

    def _refresh(self) -> None:
        for thread_id, turn_id, number in self._queue.find_outdated(self._clock())[:MOST_REFRESHED]:
            self._queue.note_shown(thread_id, number)
            self._views.waiting(turn_id, texts.capacity_text(self._taken, self._most, number))

    def _since(self, turn: Turn, now: datetime) -> float:
        return self._clock() - (now - turn.created_at).total_seconds()


def _person(turn: Turn) -> int:
    """Return who waits with a turn; one that nobody is known of counts as somebody of its own."""
    return turn.person_id if turn.person_id is not None else -turn.thread_id
