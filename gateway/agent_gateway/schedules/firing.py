"""Asks what is due: each due time once, whatever is killed, as the time and what is asked are recorded together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from agent_gateway.effects import AbortTurn, CloseViews, OpenView, WakeOutbox, WakeThread
from agent_gateway.inbox.access import Standing
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.metrics import LIMITS, SCHEDULE_LATENESS, SCHEDULED
from agent_gateway.resources.agentschedules import ScheduleValue
from agent_gateway.resources.values import ClassValue
from agent_gateway.schedules.decide import Around, plan_due
from agent_gateway.schedules.prompts import build_prompt
from agent_gateway.schedules.times import BadTimes, compute_next, read_when
from agent_gateway.store import Store
from agent_gateway.store.errors import Away, Refused
from agent_gateway.store.rooms import Rooms
from agent_gateway.store.rows import Thread, TurnState, VenueState
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording.schedules import due_text
from agent_kube.errors import KubeError
from agent_kube.known import Known, Present, Unknown

SYNC_SECONDS: Final = 10.0
"""How long whoever begins to lead waits for what AgentSchedules tell."""
POLL_SECONDS: Final = 1.0
"""The longest between two looks for what is due: what is new may be due sooner than what was known."""
LEAST_SECONDS: Final = 0.02
"""The shortest."""
HELD_SECONDS: Final = 0.25
"""Where all that is due waits for its change to be taken up, or for the API server to say whether it is there."""
MOST: Final = 100
"""Of one look."""
AT_ONCE: Final = 4
_log = logging.getLogger(__name__)


class Guests(Protocol):
    """Who may use the bot."""

    async def read(self, session: Rooms, person_id: int | None, chat_id: int) -> Standing:
        """Return how somebody stands in a chat."""


class Classes(Protocol):
    """AgentThreads and their classes."""

    def find_class_name(self, thread_name: str) -> str | None:
        """Return the name of a thread's class; None where nothing is known of its AgentThread."""

    async def find_class(self, name: str) -> ClassValue | None:
        """Return a class; None where nothing is known of it."""


class Told(Protocol):
    """AgentSchedules, and what their status tells."""

    def known(self, name: str) -> Known[ScheduleValue]:
        """Return what is known of one."""

    def cached(self, name: str) -> ScheduleValue | None:
        """Return one as last read."""

    async def get(self, name: str) -> ScheduleValue | None:
        """Read one; None if there certainly is none."""

    async def wait_synced(self) -> None:
        """Return once all have been read."""


class Firing:
    """Asks what is due.

    Args:
        store: Schedules, and their conversations.
        guests: Who may use the bot.
        check: Raises when this process may no longer act.
        told: What AgentSchedules say was asked, which a database that was put back to an earlier state does not know.
        classes: What classes add to those that are quiet.
        zone: Of schedules that name none.
        poll: The longest between two looks, in seconds.
        clock: What time it is.
    """

    def __init__(
        self,
        store: Store,
        guests: Guests,
        check: Callable[[], None],
        *,
        told: Told | None = None,
        classes: Classes | None = None,
        zone: str = "UTC",
        poll: float = POLL_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._guests = guests
        self._check = check
        self._told = told
        self._classes = classes
        self._zone = zone
        self._poll = poll
        self._clock = clock

    async def run(self) -> None:
        """Ask for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        if self._told is not None:
            with contextlib.suppress(TimeoutError):  # what is due waits no longer for an API server that is away
                async with asyncio.timeout(SYNC_SECONDS):
                    await self._told.wait_synced()
        while True:
            self._check()
            asked = await self.ask_due()
            if asked < MOST:
                await asyncio.sleep(await self._find_pause(asked))

    async def ask_due(self) -> int:
        """Ask what is due now; return how many schedules that were, without those that changed and are yet to be taken up."""
        due = await self._store.schedules.due(self._clock(), MOST)
        room = asyncio.Semaphore(AT_ONCE)

        async def ask(schedule_id: int) -> bool:
            async with room:
                return await self._ask_one(schedule_id)

        return sum(await asyncio.gather(*(ask(schedule_id) for schedule_id in due)))

    async def _find_pause(self, asked: int) -> float:
        first = await self._store.schedules.first_due()
        until = self._poll if first is None else (first - self._clock()).total_seconds()
        if until <= 0:
            return LEAST_SECONDS if asked else HELD_SECONDS
        return min(until, self._poll)

    async def _ask_one(self, schedule_id: int) -> bool:
        try:
            row = await self._store.schedules.by_id(schedule_id)
            if row is None or await self._is_behind(row):
                return False
            checklist = await self._read_checklist(row)
            async with self._store.transaction() as tx:
                await self._ask(tx, schedule_id, checklist)
        except Away:
            raise
        except Refused as error:  # of this one: the others do not wait for it
            _log.error("schedule_refused", extra={"schedule": schedule_id, "error": type(error).__name__})
            await self._store.schedules.cannot(schedule_id, "Refused", "The database refuses what is to be asked.")
        return True

    async def _is_behind(self, row: ScheduleRow) -> bool:
        """Say whether its AgentSchedule was changed, which is taken up first, or deleted, perhaps while no gateway was there."""
        if self._told is None:
            return False
        known = self._told.known(row.name)
        if isinstance(known, Unknown):
            return False
        try:
            found = known.value if isinstance(known, Present) else await self._told.get(row.name)
        except KubeError:
            return True
        if found is None:
            await self._store.schedules.gone(row.id)
            _log.info("schedule_gone", extra={"schedule": row.name})
            return True
        return found.uid != row.uid or found.generation > row.generation

    async def _read_checklist(self, row: ScheduleRow) -> str:
        """Return what the class adds to one that is quiet; nothing while it is not known."""
        if not row.spec.quiet or self._classes is None or row.thread_id is None:
            return ""
        thread = await self._store.threads.by_id(row.thread_id)  # which a chat that moved goes on under another name
        name = self._classes.find_class_name(thread.name) if thread is not None else None
        found = await self._classes.find_class(name) if name is not None else None
        return found.spec.heartbeat if found is not None else ""

    async def _ask(self, tx: Transaction, schedule_id: int, checklist: str) -> None:
        row, now = await tx.schedules.lock(schedule_id), self._clock()
        if row is None or row.state != "live" or row.next_at is None or row.next_at > now:
            return  # somebody else asked, or it was held or changed meanwhile
        thread = await tx.threads.by_id(row.thread_id) if row.thread_id is not None else None
        try:
            when = read_when(row.spec, self._zone)
        except BadTimes as error:
            await tx.schedules.cannot(row.id, error.reason, str(error))
            return
        if thread is None or thread.venue is VenueState.ORPHANED:
            words = "The chat or topic that it is asked in is gone."
            await tx.schedules.cannot(row.id, "VenueGone", words, compute_next(when, now))  # it may come back
            return
        standing = await self._guests.read(tx, row.person_id, thread.address.chat_id)
        waiting = await tx.turns.count_queued(thread.id)
        active = await tx.schedules.active(row.id)
        if waiting >= MOST_QUEUED:
            LIMITS.labels("queued").inc()
        around = Around(standing.allowed, waiting < MOST_QUEUED, len(active))
        plan = plan_due(row.spec, when, row.next_at, now, around)
        if plan.missed is not None and await tx.schedules.note_due(row, plan.missed, "Missed", now):
            SCHEDULED.labels("Missed").inc()
        if not self._was_asked(row, plan.due_at) and await tx.schedules.note_due(row, plan.due_at, plan.outcome, now):
            SCHEDULED.labels(plan.outcome).inc()
            if plan.outcome == "Asked":
                for turn_id in active if plan.replaces else ():
                    await _stop(tx, thread, turn_id)
                await make_turn(tx, row, thread, plan.due_at, self._zone, checklist)
                SCHEDULE_LATENESS.observe((now - plan.due_at).total_seconds())
        await tx.schedules.move(row.id, plan.next_at, plan.due_at)

    def _was_asked(self, row: ScheduleRow, due_at: datetime) -> bool:
        found = self._told.cached(row.name) if self._told is not None else None
        return found is not None and found.uid == row.uid and found.last_at is not None and found.last_at >= due_at


async def make_turn(
    tx: Transaction, row: ScheduleRow, thread: Thread, due_at: datetime, zone: str, checklist: str = ""
) -> None:  # fmt: skip
    """Queue what a schedule asks, for a due time that was recorded in this transaction, and say so in its topic."""
    turn = await tx.turns.add(thread.id, None, None, row.person_id, build_prompt(row, due_at, zone, checklist))
    await tx.schedules.asked(row.uid or "", due_at, turn.id)
    await tx.schedules.mark_turn(turn.id, quiet=row.spec.quiet)
    tx.after(WakeThread(thread.id))
    if not row.spec.quiet:
        key = f"schedule:{row.id}:{due_at.timestamp():.6f}"
        await tx.outbox.put(thread.address, due_text(row), key, kind="notice")
        tx.after(OpenView(turn, thread.address), WakeOutbox())
    _log.info("schedule_due", extra={"schedule": row.name, "thread_id": thread.id, "turn": turn.id})


async def _stop(tx: Transaction, thread: Thread, turn_id: int) -> None:
    """End a turn that its successor takes the place of, whether it waits or runs."""
    if await tx.turns.cancel(turn_id):
        tx.after(CloseViews((turn_id,)))
        return
    held = await tx.turns.hold_running(thread.id)
    if held is not None and held.id == turn_id and held.state in {TurnState.DELIVERED, TurnState.STARTED}:
        await tx.turns.ask_stop(turn_id)
        tx.after(AbortTurn(thread.id, turn_id))
