"""Takes up AgentSchedules as they are made, changed and deleted, by hand or from the chat."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Protocol

from typing_extensions import override

from agent_contract.names import build_thread_name
from agent_gateway.metrics import LIMITS
from agent_gateway.resources.agentschedules import ScheduleValue
from agent_gateway.resources.changes import Change, Changes
from agent_gateway.resources.follower import BATCH, Follower
from agent_gateway.schedules.checks import Refusal, check_counts, check_times, parse_thread_name
from agent_gateway.schedules.firing import Guests
from agent_gateway.schedules.settings import ScheduleSettings
from agent_gateway.schedules.times import When, compute_next
from agent_gateway.store import Store
from agent_gateway.store.rows import Address
from agent_gateway.store.schedulerows import NewSchedule
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.venues.moved import find_general
from agent_gateway.wording.say import SOURCE

_MOST_DIGITS: Final = 18
_log = logging.getLogger(__name__)


class Source(Protocol):
    """AgentSchedules as far as they are taken up."""

    def cached(self, name: str) -> ScheduleValue | None:
        """Return a resource as last read."""

    async def get(self, name: str) -> ScheduleValue | None:
        """Read a resource; None if there certainly is none."""

    async def wait_synced(self) -> None:
        """Return once all have been read."""


class ScheduleAdopter(Follower[ScheduleValue]):
    """Follows changed AgentSchedules of this gateway's conversations; those of another bot's are left alone.

    Args:
        store: Schedules.
        resources: AgentSchedules.
        changes: What their watch tells.
        guests: Who may use the bot.
        bot_id: Whom this gateway serves.
        bot_name: Its short name.
        settings: How many there may be.
        zone: Of schedules that name none.
        clock: What time it is.
    """

    def __init__(
        self,
        store: Store,
        resources: Source,
        changes: Changes[ScheduleValue],
        guests: Guests,
        *,
        bot_id: int,
        bot_name: str,
        settings: ScheduleSettings,
        zone: str = "UTC",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(changes)
        self._store = store
        self._resources = resources
        self._guests = guests
        self._bot_id = bot_id
        self._bot_name = bot_name
        self._settings = settings
        self._zone = zone
        self._clock = clock

    @override
    async def sort_out(self, batch: Sequence[Change[ScheduleValue]]) -> list[str]:
        """Return names of those that are not as they are known; of a first list also of those that nothing comes of."""
        known = await self._store.schedules.named([change.name for change in batch])
        return [
            change.name
            for change in batch
            if _differs(known.get(change.name), self._resources.cached(change.name), again=change.first)
        ]

    @override
    async def find_missing(self) -> list[str]:
        """Return names of those that the first list has not: no change tells of what was deleted before it."""
        await self._resources.wait_synced()
        missing: list[str] = []
        after = ""
        while page := await self._store.schedules.live_names(after, BATCH):
            missing += [name for name in page if self._resources.cached(name) is None]
            after = page[-1]
        return missing

    @override
    async def look(self, name: str) -> None:
        """Take up one resource as it is now."""
        row = (await self._store.schedules.named([name])).get(name)
        found = self._resources.cached(name)
        if found is None and row is not None and row.state == "live":
            found = await self._resources.get(name)  # only a 404 says that it is gone
        if found is None:
            if row is not None and row.state == "live":
                await self._store.schedules.gone(row.id)
                _log.info("schedule_gone", extra={"schedule": name})
            return
        place = parse_thread_name(self._bot_name, found.spec.thread_ref.name)
        if place is None or found.deleting:
            return
        async with self._store.transaction() as tx:
            await self._take(tx, row, found, Address(self._bot_id, *place))

    async def _take(self, tx: Transaction, row: ScheduleRow | None, found: ScheduleValue, address: Address) -> None:
        if row is not None:
            row = await tx.schedules.lock(row.id)
        if row is not None and row.state == "wanted" and found.label != str(row.id):
            return  # whoever makes that one finds its name taken
        if row is None and found.label.isdecimal() and await self._is_unwanted(tx, found):
            return
        if row is not None and row.uid not in {found.uid, None}:
            await tx.schedules.gone(row.id)  # deleted, and made anew under its name
            row = None
        new = await self._check(tx, row, found, address)
        if row is None:
            await tx.schedules.adopt(new, SOURCE)
            _log.info("schedule_adopted", extra={"schedule": found.name, "problem": new.problem})
        elif row.state == "wanted":
            await tx.schedules.made(row.id, found.uid, found.generation, new.next_at)
        elif row.wish != "delete":
            await tx.schedules.change(row.id, new)

    async def _is_unwanted(self, tx: Transaction, found: ScheduleValue) -> bool:
        """Say whether it was removed in the chat before it was there; it is deleted then."""
        number = int(found.label[:_MOST_DIGITS])
        return await tx.schedules.unwanted(number, found.uid, found.name)

    async def _check(
        self, tx: Transaction, row: ScheduleRow | None, found: ScheduleValue, address: Address
    ) -> NewSchedule:  # fmt: skip
        """Return what is recorded of it, with what is wrong."""
        now = self._clock()
        new = NewSchedule(found.name, found.uid, found.generation, found.spec, None, "", "", None, found.last_at)
        asked = (found.spec.prompt, found.spec.thread_ref)  # what others had it ask, or where, is nobody's
        theirs = row is not None and (row.spec.prompt, row.spec.thread_ref) == asked
        person_id = row.person_id if row is not None and theirs else None
        standing = await self._guests.read(tx, person_id, address.chat_id)
        if not standing.allowed:
            words = f"Chat {address.chat_id} is not on the list of those who may use the bot (telegram.allowedIds)."
            return _refuse(new, Refusal("NotAllowed", words))
        address = await find_general(tx, standing.follow(address))
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, "", by_hand=True)
        new = replace(new, thread_id=thread.id)
        when = check_times(found.spec, self._zone, self._settings, now)
        if isinstance(when, Refusal):
            return _refuse(new, when)
        counts = await tx.schedules.count(thread.id, thread.address.chat_id, row.id if row is not None else 0)
        full = check_counts(counts, self._settings)
        if full is not None and (row is None or row.problem):
            return _refuse(new, full)
        if found.spec.suspend:
            return new
        return replace(new, next_at=_find_next(row, found, when, now))


def _find_next(row: ScheduleRow | None, found: ScheduleValue, when: When, now: datetime) -> datetime | None:
    """Return when it is due next: what its status tells as asked, by a database that was put back since, counts."""
    told = found.last_at
    last = max(filter(None, [told, row.last_at if row is not None else None]), default=None)
    if when.at is not None:  # one that is late already is for its deadline to judge
        return when.at if when.at != last else None
    if row is None:
        return compute_next(when, last if last is not None else now)
    if row.state == "wanted":
        return compute_next(when, row.created_at)
    if told is not None and (row.last_at is None or told > row.last_at):
        return compute_next(when, told)
    same = row.spec == found.spec and row.next_at is not None
    return row.next_at if same else compute_next(when, now if last is None else max(now, last))


def _refuse(new: NewSchedule, refusal: Refusal) -> NewSchedule:
    if refusal.limit:
        LIMITS.labels(refusal.limit).inc()
    return replace(new, problem=refusal.reason, words=refusal.words)


def _differs(row: ScheduleRow | None, found: ScheduleValue | None, *, again: bool) -> bool:
    if row is None or found is None:
        return (row is None) != (found is None)
    if row.uid != found.uid or row.generation != found.generation:
        return True
    behind = found.last_at is not None and (row.last_at is None or found.last_at > row.last_at)
    return again and (bool(row.problem) or behind)
