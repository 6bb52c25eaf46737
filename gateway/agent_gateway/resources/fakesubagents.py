"""SubAgents in memory, for tests without a cluster."""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from typing import Any

from agent_contract.subagent import SubAgent
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.collection import NameTaken
from agent_gateway.resources.reading import read_subagent
from agent_gateway.resources.subagents import build_manifest
from agent_gateway.resources.values import SubAgentValue, ThreadValue
from agent_gateway.store.rows import SubAgentRow
from agent_kube.errors import Away
from agent_kube.known import Absent, Known, Present


class FakeSubAgents:
    """SubAgents in memory; the watch has always caught up. `faults` as of FakeResources."""

    def __init__(self, changes: Changes[SubAgentValue] | None = None) -> None:
        self.faults: deque[Exception] = deque()
        self.made = 0
        self.lost_answers = 0
        """So many of the next creates are carried out, and not answered."""
        self._changes: Changes[SubAgentValue] = changes if changes is not None else Changes()
        self._stored: dict[str, dict[str, Any]] = {}

    @property
    def synced(self) -> bool:
        """Say that everything is known."""
        return True

    def known(self, name: str) -> Known[SubAgentValue]:
        """Return what is known of a resource."""
        found = self.cached(name)
        return Absent() if found is None else Present(found)

    def cached(self, name: str) -> SubAgentValue | None:
        """Return the resource."""
        raw = self._stored.get(name)
        return None if raw is None else read_subagent(raw)

    async def get(self, name: str) -> SubAgentValue | None:
        """Return the resource."""
        return self.cached(name)

    async def read_task(self, found: SubAgentValue) -> str | None:
        """Return the task of a resource."""
        whole = self.whole(found.name)
        return whole.spec.task if whole is not None and whole.uid == found.uid else None

    def whole(self, name: str) -> SubAgent | None:
        """Return the resource as it stands in the API server."""
        raw = self._stored.get(name)
        return None if raw is None else SubAgent.model_validate(raw)

    async def create(self, child: SubAgentRow, root: str, parent: ThreadValue | SubAgentValue | None) -> SubAgentValue:
        """Make it as it is asked for."""
        if self.faults:
            raise self.faults.popleft()
        stored = self.cached(child.name)
        if stored is None:
            stored = self.put(build_manifest(child, root, parent))
        elif stored.call_id != child.call_id:
            raise NameTaken(child.name)
        if self.lost_answers:
            self.lost_answers -= 1
            raise Away("The Kubernetes API does not answer.", None, "Unreachable")
        return stored

    async def cancel(self, name: str) -> None:
        """Write the cancel."""
        if name in self._stored:
            self._change(name, spec={"cancel": True})

    def put(self, manifest: dict[str, Any]) -> SubAgentValue:
        """Make a resource, as `kubectl apply` does."""
        self.made += 1
        raw = deepcopy(manifest)
        raw["metadata"] |= {"uid": f"sub-uid-{self.made}", "resourceVersion": "1"}
        raw.setdefault("status", {})
        found = read_subagent(raw)
        old = self.cached(found.name)
        self._stored[found.name] = raw
        self._changes.note(found.name, old)
        return found

    def report(self, name: str, **status: Any) -> None:
        """Write the status, as the operator does."""
        self._change(name, status=status)

    def change_metadata(self, name: str, **metadata: Any) -> None:
        """Write the metadata, as the API server does."""
        self._change(name, metadata=metadata)

    def delete(self, name: str) -> None:
        """Remove a resource."""
        old = self.cached(name)
        del self._stored[name]
        self._changes.note(name, old)

    def _change(self, name: str, **parts: dict[str, Any]) -> None:
        old, raw = self.cached(name), deepcopy(self._stored[name])
        for part, values in parts.items():
            raw[part] |= values
        raw["metadata"]["resourceVersion"] = str(int(raw["metadata"]["resourceVersion"]) + 1)
        read_subagent(raw)
        self._stored[name] = raw
        self._changes.note(name, old)
