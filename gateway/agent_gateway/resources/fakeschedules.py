"""AgentSchedules in memory, for tests without an API server."""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from typing import Any

from agent_contract import names
from agent_contract.agentschedule import AgentScheduleSpec, AgentScheduleStatus
from agent_gateway.resources.agentschedules import ScheduleValue, read_schedule
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.collection import NameTaken
from agent_kube.known import Absent, Known, Present


class FakeSchedules:
    """AgentSchedules; the watch has always caught up.

    `faults` are raised by the next writes of the API server, one each.
    """

    def __init__(self, changes: Changes[ScheduleValue] | None = None) -> None:
        self.faults: deque[Exception] = deque()
        self.statuses: dict[str, AgentScheduleStatus] = {}
        self.writes = 0
        """How often a status was written."""
        self._changes = changes
        self._stored: dict[str, dict[str, Any]] = {}
        self._made = 0

    @property
    def names(self) -> list[str]:
        """Return the names of those that stand."""
        return sorted(self._stored)

    def put(self, name: str, label: str = "", **spec: Any) -> ScheduleValue:
        """Apply one, as a person does."""
        old = self.cached(name)
        raw = self._stored.get(name)
        if raw is None:
            self._made += 1
            labels = {names.LABEL_SCHEDULE: label} if label else {}
            raw = {
                "metadata": {"name": name, "uid": f"uid-{self._made}", "generation": 0, "labels": labels},
                "spec": {},
            }
        raw = deepcopy(raw)
        raw["metadata"]["generation"] += 1
        raw["spec"] |= spec
        self._stored[name] = raw
        self._note(name, old)
        return read_schedule(raw)

    def remove(self, name: str) -> None:
        """Delete one, as a person does."""
        old = self.cached(name)
        del self._stored[name]
        self._note(name, old)

    def cached(self, name: str) -> ScheduleValue | None:
        """Return one as last read."""
        raw = self._stored.get(name)
        return read_schedule(raw) if raw is not None else None

    def known(self, name: str) -> Known[ScheduleValue]:
        """Return what is known of one."""
        found = self.cached(name)
        return Present(found) if found is not None else Absent()

    async def get(self, name: str) -> ScheduleValue | None:
        """Read one."""
        return self.cached(name)

    async def wait_synced(self) -> None:
        """Return at once: all that stands is known."""

    async def create(self, name: str, number: int, spec: AgentScheduleSpec) -> ScheduleValue:
        """Create one."""
        self._fail()
        found = self.cached(name)
        if found is not None and found.label != str(number):
            raise NameTaken(name)
        return found or self.put(name, str(number), **spec.to_dict())

    async def suspend(self, name: str, *, suspended: bool) -> ScheduleValue | None:
        """Hold one, or let it go on."""
        self._fail()
        return self.put(name, suspend=suspended) if name in self._stored else None

    async def delete(self, name: str, uid: str) -> None:
        """Delete one."""
        self._fail()
        found = self.cached(name)
        if found is not None and found.uid == uid:
            self.remove(name)

    async def tell(self, name: str, status: AgentScheduleStatus) -> None:
        """Write the status of one."""
        self._fail()
        self.writes += 1
        if name in self._stored:
            self.statuses[name] = status
            self._stored[name]["status"] = status.to_dict()

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.popleft()

    def _note(self, name: str, old: ScheduleValue | None) -> None:
        if self._changes is not None:
            self._changes.note(name, old)
