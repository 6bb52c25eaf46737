"""The rows of the inbox, queue by queue: a queue strictly in its order, queues in parallel, and none waits for another.

Errors have one policy. The database is away: the whole inbox rests, with growing pauses. It refuses a row, or the
update is malformed: that row is set aside and told. Anything else is tried a few times, as its cause may pass, and set
aside then. Lost leadership ends the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from agent_gateway.errors import LeadershipLost
from agent_gateway.logs import describe_fault
from agent_gateway.pauses import wait_at_most
from agent_gateway.store import Store
from agent_gateway.store.errors import Away, Raced, Refused, TooSlow
from agent_gateway.store.rows import InboxRow
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.wake import Wake
from agent_kube.pace import Backoff

_log = logging.getLogger(__name__)
POLL_SECONDS: Final = 2.0
TRIES: Final = 3
"""How often a row is tried whose fault may be its own: its queue waits meanwhile."""
PARALLEL: Final = 4
"""Transactions at once: fewer than the pool has connections, as each holds one."""
PARALLEL_COMMANDS: Final = 3
"""Of those, how many commands and buttons have at most: messages always find one."""
MOST_TAKEN: Final = 200
"""Rows that are taken out of the inbox at once, those that wait for their transaction included."""
_AGAIN_SECONDS: Final = 1.0
"""How long a queue waits whose row failed."""
_REST: Final = Backoff(first=0.5, factor=2.0, cap=15.0)
"""How long the inbox rests while the database is away."""
_P = TypeVar("_P")


class Taker(Protocol[_P]):
    """Takes rows, in two steps. Each may raise what the database or a bug raises."""

    async def plan(self, row: InboxRow) -> _P:
        """Read what the row asks for and what is known of it. It may wait for the network, but not for long."""

    def is_prompt(self, plan: _P) -> bool:
        """Say whether it is a message for an agent, rather than a command, a button or what became of a chat."""

    async def record(self, row: InboxRow, plan: _P) -> None:
        """Take the row, in one transaction that waits for nothing else."""

    async def set_aside(self, row: InboxRow, kind: str, problem: str) -> None:
        """Mark a row that no trying again helps; `problem` holds nothing of its contents."""


@dataclass(slots=True)
class _Rest:
    """How long nothing is taken, as the database is away."""

    failures: int = 0
    until: float = 0.0


class InboxQueues(Generic[_P]):
    """Takes the oldest row of each queue, then the next.

    Args:
        store: The inbox.
        wake: Tells that it holds something new.
        check: Raises when this process may no longer act.
        taker: Takes one row.
    """

    def __init__(self, store: Store, wake: Wake, check: Callable[[], None], taker: Taker[_P]) -> None:
        self._store = store
        self._wake = wake
        self._check = check
        self._taker = taker
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[int, int] = {}
        self._rest = _Rest()
        # first come, first served: a long queue gets no more than others
        self._slots = asyncio.Semaphore(PARALLEL)
        self._command_slots = asyncio.Semaphore(PARALLEL_COMMANDS)

    async def run(self) -> None:
        """Take rows for ever.

        Raises:
            LeadershipLost: another gateway may lead now.
            Away: the database does not tell what is new.
        """
        self._busy.clear()
        async with asyncio.TaskGroup() as group:
            while True:
                await self._wait_for_rest()
                self._check()
                self._wake.inbox_due.clear()
                if len(self._busy) < MOST_TAKEN:
                    for row in await self._store.inbox.next(list(self._busy)):
                        self._busy[row.queue_key] = group.create_task(self._work(row))
                await wait_at_most(self._wake.inbox_due, POLL_SECONDS)

    async def _work(self, row: InboxRow) -> None:
        try:
            if not await self._take(row):
                await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            self._busy.pop(row.queue_key, None)
            self._wake.inbox()

    async def _take(self, row: InboxRow) -> bool:
        """Take one row; False where it is to be tried again."""
        try:
            await self._record(row)
        except LeadershipLost:
            raise
        except (Raced, TooSlow) as error:
            return await self._fail(row, error)
        except Away as error:
            self._begin_rest(error)
            return False
        except MalformedUpdate as error:
            return await self._set_aside(row, "malformed", str(error)[:1000])
        except Refused as error:
            return await self._set_aside(row, "failed", str(error))
        except Exception as error:  # noqa: BLE001  # a fault in one update must not hold up the others for ever
            return await self._fail(row, error)
        self._rest = _Rest()
        self._failures.pop(row.update_id, None)
        return True

    async def _record(self, row: InboxRow) -> None:
        plan = await self._taker.plan(row)
        own = contextlib.nullcontext() if self._taker.is_prompt(plan) else self._command_slots
        async with own, self._slots:
            await self._wait_for_rest()
            self._check()
            await self._taker.record(row, plan)

    async def _fail(self, row: InboxRow, error: Exception) -> bool:
        """Try a row again whose fault may be its own, but not for ever."""
        _log.error("update_failed", extra={"update_id": row.update_id, "error": describe_fault(error)})
        self._failures[row.update_id] = self._failures.get(row.update_id, 0) + 1
        if self._failures[row.update_id] < TRIES:
            return False
        return await self._set_aside(row, "failed", f"it cannot be handled: {type(error).__name__}")

    async def _set_aside(self, row: InboxRow, kind: str, problem: str) -> bool:
        try:
            await self._taker.set_aside(row, kind, problem)
        except Away as error:
            self._begin_rest(error)
            return False
        self._failures.pop(row.update_id, None)
        return True

    def _begin_rest(self, error: Away) -> None:
        """Let the whole inbox rest: what one row meets, the others would meet too."""
        now = asyncio.get_running_loop().time()
        if now < self._rest.until:
            return  # others failed at the same time
        failures = self._rest.failures + 1
        pause = _REST.pause(failures)
        self._rest = _Rest(failures, now + pause)
        _log.warning("inbox_rests", extra={"error": type(error).__name__, "pause": round(pause, 3)})

    async def _wait_for_rest(self) -> None:
        while (left := self._rest.until - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110  # only time ends it
            await asyncio.sleep(left)
