"""AgentSchedules: the gateway watches them, makes those that people ask for in the chat, and writes their status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent_contract import names
from agent_contract.agentschedule import AgentSchedule, AgentScheduleSpec, AgentScheduleStatus
from agent_contract.conditions import Condition
from agent_contract.text import REPLACEMENT, strip_controls
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.collection import MANAGER, Collection
from agent_gateway.resources.packing import Form
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.errors import Conflict, NotFound

KIND = "AgentSchedule"


@dataclass(frozen=True, slots=True)
class ScheduleValue:
    """What is kept of an AgentSchedule.

    Attributes:
        name: Its name.
        uid: Its UID.
        generation: Its metadata.generation.
        deleting: Somebody deletes it.
        label: The number that it was made with here; empty for one made by hand.
        spec: What it wants.
        last_at: When it was due last, as its status says.
        conditions: What its status says of it.
    """

    name: str
    uid: str
    generation: int
    deleting: bool
    label: str
    spec: AgentScheduleSpec
    last_at: datetime | None
    conditions: tuple[Condition, ...]


def read_schedule(raw: Any) -> ScheduleValue:
    """Make the value of an AgentSchedule.

    Raises:
        ValidationError: it is not as the contract says.
    """
    found = AgentSchedule.model_validate(raw)
    labels = found.metadata.get("labels") or {}
    return ScheduleValue(
        found.name, found.uid, int(found.metadata.get("generation", 0)), bool(found.metadata.get("deletionTimestamp")),
        str(labels.get(names.LABEL_SCHEDULE, "")), found.spec, found.status.last_at, tuple(found.status.conditions),
    )  # fmt: skip


FORM = Form(read_schedule, lambda found: found, lambda kept: kept)
"""There are few of them."""


class AgentSchedules(Collection[ScheduleValue]):
    """Client and cache of one namespace's AgentSchedules.

    Args:
        kube: The API server.
        namespace: Of agents.
        changes: Takes what changed.
        check: Raises LeadershipLost unless this gateway leads; asked before each write.
    """

    def __init__(
        self, kube: KubeClient, namespace: str, changes: Changes[ScheduleValue], check: Callable[[], None]
    ) -> None:
        super().__init__(kube, namespace, KIND, names.AGENT_SCHEDULES, FORM, changes, check)

    async def create(self, name: str, number: int, spec: AgentScheduleSpec) -> ScheduleValue:
        """Create the one that a person asked for; one that stands already as asked for is success.

        Raises:
            NameTaken: somebody else made one of this name.
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        wanted = spec.model_copy(update={"prompt": strip_controls(spec.prompt) or REPLACEMENT})
        metadata = {"name": name, "labels": {names.LABEL_SCHEDULE: str(number)}}
        body = {"apiVersion": names.API_VERSION, "kind": KIND, "metadata": metadata, "spec": wanted.to_dict()}
        return await self._create_once(body, lambda found: found.label == str(number))

    async def suspend(self, name: str, *, suspended: bool) -> ScheduleValue | None:
        """Hold it, or let it go on; None where it is gone.

        Raises:
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        try:
            return await self._patch(name, {"spec": {"suspend": suspended}})
        except NotFound:
            return None

    async def delete(self, name: str, uid: str) -> None:
        """Delete it; nothing to do where it is gone, or where another has its name.

        Raises:
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        try:
            await self._write("DELETE", f"{self._base}/{name}", {"preconditions": {"uid": uid}})
        except (NotFound, Conflict):
            return

    async def tell(self, name: str, status: AgentScheduleStatus) -> None:
        """Write its status; nothing to do where it is gone.

        Raises:
            KubeError: the API server does not take it.
            LeadershipLost: this gateway does not lead.
        """
        said: dict[str, Any] = {"nextAt": None, "lastAt": None, "lastSuccessfulAt": None, **status.to_dict()}
        try:
            path = f"{self._base}/{name}/status"
            await self._write("PATCH", path, {"status": said}, params=MANAGER, content_type=MERGE_PATCH)
        except NotFound:
            return
