"""Notes how the turns of schedules ended; what fails several times in a row is paused, and a button lets it go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from agent_contract.agentschedule import Outcome
from agent_gateway.effects import WakeOutbox
from agent_gateway.metrics import SCHEDULED
from agent_gateway.store import Store
from agent_gateway.store.schedulerows import EndedTurn
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording.schedules import build_go_on, paused_text

FAILURES: Final = 3
"""In a row, after which a schedule is paused."""
POLL_SECONDS: Final = 2.0
MOST: Final = 100
"""Of one look."""
_log = logging.getLogger(__name__)


class Ending:
    """Notes how turns ended.

    Args:
        store: Schedules, and their turns.
        check: Raises when this process may no longer act.
        poll: Seconds between two looks.
    """

    def __init__(self, store: Store, check: Callable[[], None], *, poll: float = POLL_SECONDS) -> None:
        self._store = store
        self._check = check
        self._poll = poll

    async def run(self) -> None:
        """Note for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what has ended.
        """
        while True:
            self._check()
            if await self.note_ended() < MOST:
                await asyncio.sleep(self._poll)

    async def note_ended(self) -> int:
        """Note what has ended; return how many turns there were."""
        found = await self._store.schedules.ended(MOST)
        for ended in found:
            async with self._store.transaction() as tx:
                await _note(tx, ended)
        return len(found)


async def _note(tx: Transaction, ended: EndedTurn) -> None:
    row = await tx.schedules.lock(ended.schedule_id)
    if row is None:
        return
    if ended.again is not None:  # it is asked again, or goes on: that turn counts
        await tx.schedules.asked(ended.uid, ended.due_at, ended.again)
        return
    outcome = _read_outcome(ended)
    if not await tx.schedules.end(ended, outcome):
        return
    SCHEDULED.labels(outcome).inc()
    match outcome:
        case "Succeeded":
            await tx.schedules.succeeded(row.id, ended.ended_at)
        case "Failed":
            await _fail(tx, row, ended.due_at)
        case _:
            await tx.schedules.changed(row.id)
    if row.spec.at is not None and row.person_id is not None and row.last_at is not None and row.next_at is None:
        # what a person asked for once leaves nothing behind, but not before its time has come: a button may ask it ahead
        await tx.schedules.remove(row.id)


def _read_outcome(ended: EndedTurn) -> Outcome:
    if ended.state == "done":
        return "Succeeded"
    return "Failed" if ended.state == "failed" and not ended.stopped else "Cancelled"


async def _fail(tx: Transaction, row: ScheduleRow, due_at: datetime) -> None:
    failed = await tx.schedules.failed(row.id, FAILURES)
    if failed is None or failed.failures != FAILURES or failed.state != "live" or failed.spec.at is not None:
        return
    thread = await tx.threads.by_id(row.thread_id) if row.thread_id is not None else None
    if thread is not None:
        key = f"schedule:{row.id}:paused:{int(due_at.timestamp())}"
        buttons = [build_go_on(thread.language, row.id)]
        await tx.outbox.put(thread.address, paused_text(thread.language, row, FAILURES), key, buttons=buttons)
        tx.after(WakeOutbox())
    _log.warning("schedule_paused", extra={"schedule": row.name, "failures": FAILURES})
