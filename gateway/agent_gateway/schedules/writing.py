"""Writes AgentSchedules: those that people asked for, what they pressed since, and what their status says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from agent_contract.agentschedule import MAX_HISTORY, AgentScheduleSpec, AgentScheduleStatus
from agent_gateway.resources.agentschedules import ScheduleValue
from agent_gateway.resources.collection import NameTaken
from agent_gateway.schedules.status import build_status
from agent_gateway.schedules.times import BadTimes, compute_next, read_when
from agent_gateway.store import Store
from agent_gateway.store.schedules import ScheduleRow
from agent_kube.errors import KubeError

POLL_SECONDS: Final = 1.0
MOST: Final = 100
"""Of one look."""
_AWAY_SECONDS: Final = 10.0
"""After a look in which the API server took nothing."""
_log = logging.getLogger(__name__)


class Resources(Protocol):
    """AgentSchedules."""

    def cached(self, name: str) -> ScheduleValue | None:
        """Return one as last read."""

    async def get(self, name: str) -> ScheduleValue | None:
        """Read one; None if there certainly is none."""

    async def create(self, name: str, number: int, spec: AgentScheduleSpec) -> ScheduleValue:
        """Create one."""

    async def suspend(self, name: str, *, suspended: bool) -> ScheduleValue | None:
        """Hold one, or let it go on."""

    async def delete(self, name: str, uid: str) -> None:
        """Delete one."""

    async def tell(self, name: str, status: AgentScheduleStatus) -> None:
        """Write the status of one."""


class ScheduleWriter:
    """Writes what is recorded, also by an earlier process.

    Args:
        store: What is to be written.
        resources: AgentSchedules.
        check: Raises when this process may no longer act.
        zone: Of schedules that name none.
        poll: Seconds between two looks.
    """

    def __init__(
        self,
        store: Store,
        resources: Resources,
        check: Callable[[], None],
        *,
        zone: str = "UTC",
        poll: float = POLL_SECONDS,
    ) -> None:
        self._store = store
        self._resources = resources
        self._check = check
        self._zone = zone
        self._poll = poll

    async def run(self) -> None:
        """Write for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        while True:
            taken = await self.write_due()
            await asyncio.sleep(self._poll if taken else _AWAY_SECONDS)

    async def write_due(self) -> bool:
        """Write what is due; False where the API server did not take something, which is tried again."""
        taken = True
        for row in await self._store.schedules.unwritten(MOST):
            taken &= await self._try(row, self._write)
        for row in await self._store.schedules.untold(MOST):
            taken &= await self._try(row, self._tell)
        return taken

    async def _try(self, row: ScheduleRow, write: Callable[[ScheduleRow], Awaitable[None]]) -> bool:
        self._check()
        try:
            await write(row)
        except KubeError as error:
            _log.warning("schedule_not_written", extra={"schedule": row.name, "why": error.reason})
            return False
        return True

    async def _write(self, row: ScheduleRow) -> None:
        if row.state == "wanted":
            await self._create(row)
        elif row.wish == "delete":
            uid = row.uid or await self._find_uid(row)
            if uid is not None:
                await self._resources.delete(row.name, uid)
            await self._store.schedules.written(row.id, "delete", row.generation)
        elif row.wish is not None:
            found = await self._resources.suspend(row.name, suspended=row.wish == "suspend")
            known = (
                found is not None and found.spec == row.spec
            )  # else it was changed meanwhile, and is taken up as such
            await self._store.schedules.written(
                row.id, row.wish, found.generation if found is not None and known else 0
            )

    async def _find_uid(self, row: ScheduleRow) -> str | None:
        """Return the UID of an AgentSchedule whose making nobody heard the end of; None where it was not made."""
        found = await self._resources.get(row.name) if row.name else None
        return found.uid if found is not None and found.label == str(row.id) else None

    async def _create(self, row: ScheduleRow) -> None:
        try:
            made = await self._resources.create(row.name, row.id, row.spec)
        except NameTaken:
            await self._store.schedules.rename(row.id)
            return
        next_at = None if row.spec.suspend else self._find_next(row)
        await self._store.schedules.made(row.id, made.uid, made.generation, next_at)
        _log.info("schedule_made", extra={"schedule": row.name})

    async def _tell(self, row: ScheduleRow) -> None:
        recent = await self._store.schedules.recent(row.id, 4 * MAX_HISTORY)
        active = await self._store.schedules.active(row.id)
        found = self._resources.cached(row.name)
        conditions = found.conditions if found is not None else ()
        await self._resources.tell(row.name, build_status(row, recent, len(active), conditions, datetime.now(UTC)))
        await self._store.schedules.told(row.id, row.version)

    def _find_next(self, row: ScheduleRow) -> datetime | None:
        """Return when it is due first: what came while its AgentSchedule was being made counts too."""
        try:
            return compute_next(read_when(row.spec, self._zone), row.created_at)
        except BadTimes:
            return None
