"""Slots of MAX_THREADS: who takes one, and who is told that one is free."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Final, Protocol

from agent_contract.names import DEFAULT_CLASS
from agent_contract.terms import Timeouts
from agent_gateway.conversations.slotqueue import SlotQueue
from agent_gateway.pauses import wait_at_most
from agent_gateway.store import Store
from agent_gateway.store.claims import Beginning, Claim, WarmPod
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import ModelChoice, Turn
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording.waiting import capacity_text

REFRESH_SECONDS: Final = 5.0
"""How often the numbers that the chats show are compared with the queue, and a lost word of a free slot is made up for."""
MOST_REFRESHED: Final = 20
"""Chats that are told another number at once."""
_log = logging.getLogger(__name__)


class Previews(Protocol):
    """What the chat shows of a turn that waits."""

    def waiting(self, turn_id: int, text: str) -> None:
        """Show what it waits for."""


class Slots:
    """Gives slots away: counted one after the other, recorded at once. Those that are being taken count as taken.

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
        self._counting = asyncio.Lock()
        self._reserves = 0
        """Slots that are being taken: whether they are is not known yet."""
        self._settled = asyncio.Event()
        """Set when one of these is taken, or is not."""
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
        self._taken = await self._store.runs.count_open(turn.thread_id)
        return self._taken + before < self._most

    @property
    def line_changed(self) -> asyncio.Event:
        """Return what is set when somebody comes or goes."""
        return self._queue.changed

    def find_next(self, most: int) -> list[str]:
        """Return the classes of those who are next, so many at most, behind those of who left with a pod just now."""
        return self._queue.find_classes(most, self._clock())

    async def has_room(self, thread_id: int) -> bool:
        """Say whether a run may begin that nobody waits for: a slot is free, and no other thread waits for one."""
        return self._queue.is_empty_but_for(thread_id) and await self._store.runs.count_open(thread_id) < self._most

    def join(self, turn: Turn, now: datetime, class_name: str = DEFAULT_CLASS) -> str:
        """Let a turn wait, for a pod of a class; return what its chat is to show."""
        since, person = self._since(turn, now), _person(turn)
        self._queue.join(turn.thread_id, turn.id, person, since, turn.language, class_name)
        number = 1 + self._queue.count_before(turn.thread_id, turn.id, person, since, self._clock())
        self._queue.note_shown(turn.thread_id, number)
        return capacity_text(turn.language, number)

    def leave(self, thread_id: int) -> None:
        """Let a thread wait no more."""
        self._queue.leave(thread_id)

    def leave_with_pod(self, thread_id: int) -> None:
        """Let a thread wait no more that has a pod which had waited: it counts as wanted until `settle`."""
        self._queue.leave_with_pod(thread_id)

    def settle(self, thread_id: int) -> None:
        """Note that the operator knows whose pod it is that a thread left with, or that the thread needs it no more."""
        self._queue.settle(thread_id)

    def count_waiting(self) -> int:
        """Count the threads that wait for a slot."""
        return len(self._queue)

    async def take(
        self,
        thread_id: int,
        number: int,
        uid: str | None,
        class_name: str,
        limits: Timeouts | None,
        cold: str | None = None,
    ) -> ModelChoice | None:
        """Record that a run is wanted, which takes the slot; return what was chosen for it, None where no slot is free.

        Raises:
            StoreError: nothing is recorded.
        """
        async with self._taking(thread_id) as tx:
            return None if tx is None else await tx.runs.want(thread_id, number, uid, class_name, limits, cold)

    async def claim(self, thread_id: int, begins: Beginning, pod: WarmPod) -> Claim | None:
        """Record that a run is begun in a pod that waits, which takes the slot; None where no slot is free.

        Raises:
            NothingWaits: no turn can be given to it.
            StoreError: nothing is recorded, as far as is known.
        """
        async with self._taking(thread_id) as tx:
            return None if tx is None else await tx.claims.claim(thread_id, begins, pod)

    @contextlib.asynccontextmanager
    async def _taking(self, thread_id: int) -> AsyncIterator[Transaction | None]:
        """Open a transaction that takes a slot; None where none is free."""
        async with self._counting:
            free = await self._wait_for_count(thread_id)
            self._reserves += free
        if not free:
            yield None
            return
        try:
            async with self._store.transaction() as tx:
                yield tx
        finally:
            self._reserves -= 1
            self._settled.set()

    async def _wait_for_count(self, thread_id: int) -> bool:
        """Say whether a slot is free, once that is sure: where those that are being taken decide it, they are waited for."""
        while True:
            # whoever is through by the time that the database answers may be missing in what it counts
            before = self._reserves
            if before + await self._store.runs.count_open(thread_id) < self._most:
                return True
            if not before:
                return False
            if self._reserves == before:
                self._settled.clear()
                await self._settled.wait()

    def free(self) -> None:
        """Note that a slot may be free."""
        self._freed.set()

    async def run(self) -> None:
        """Let those look who are next whenever a slot is free, and keep the numbers shown true; for ever."""
        while True:
            await wait_at_most(self._freed, REFRESH_SECONDS)
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
            self._views.waiting(turn_id, capacity_text(self._queue.read_language(thread_id), number))

    def _since(self, turn: Turn, now: datetime) -> float:
        return self._clock() - (now - turn.created_at).total_seconds()


def _person(turn: Turn) -> int:
    """Return who waits with a turn; one that nobody is known of counts as somebody of its own."""
    return turn.person_id if turn.person_id is not None else -turn.thread_id
