"""SubAgents that changed: wake what is known of them; take up one that somebody made by hand."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from typing_extensions import override

from agent_gateway.resources.changes import Change, Changes
from agent_gateway.resources.follower import Follower
from agent_gateway.resources.values import SubAgentValue, same_subagent
from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentState
from agent_gateway.store.threads import SubAgentName
from agent_gateway.wake import Wake

_log = logging.getLogger(__name__)
_SOON = 0.5
"""Seconds until it is seen again whether the sub-agent of a deleted resource has ended."""


class Source(Protocol):
    """SubAgents as far as they are taken up."""

    def cached(self, name: str) -> SubAgentValue | None:
        """Return a resource as last read."""

    async def read_task(self, found: SubAgentValue) -> str | None:
        """Return the task of this very resource; None where it is gone."""


class SubAgentAdopter(Follower[SubAgentValue]):
    """Follows changed SubAgents.

    Args:
        store: Sub-agents.
        resources: SubAgents.
        changes: What their watch tells.
        wake: Tells which sub-agents are due.
    """

    def __init__(self, store: Store, resources: Source, changes: Changes[SubAgentValue], wake: Wake) -> None:
        super().__init__(changes)
        self._store = store
        self._resources = resources
        self._wake = wake

    @override
    async def sort_out(self, batch: Sequence[Change[SubAgentValue]]) -> list[str]:
        """Wake sub-agents for which something changed; return names whose resource is nobody's yet."""
        known = await self._store.threads.named_subagents([change.name for change in batch])
        unknown: list[str] = []
        for change in batch:
            row, resource = known.get(change.name), self._resources.cached(change.name)
            if row is not None and not same_subagent(change.old, resource) and (_is_open(row) or not change.first):
                self._wake.thread(row.thread_id)
            if _is_new(row, resource):
                unknown.append(change.name)
        return unknown

    @override
    async def look(self, name: str) -> None:
        """Record a sub-agent that nobody here asked for.

        A later resource of the same name is another sub-agent: it gets a thread of its own once the old one has ended.
        """
        known = (await self._store.threads.named_subagents([name])).get(name)
        resource = self._resources.cached(name)
        if resource is None or not _is_new(known, resource):
            return
        if known is not None and _is_open(known):
            self._wake.thread(known.thread_id)
            self._queue.add_later(name, _SOON)
            return
        task = await self._resources.read_task(resource)
        if task is None:
            return
        if known is not None:
            await self._store.subagents.give_name_free(known.thread_id, name)
        spec = resource.spec
        made = await self._store.subagents.adopt(
            name, resource.uid, task, spec.class_ref.name, spec.timeout_seconds, spec.depth
        )
        _log.info("subagent_adopted", extra={"subagent": name})
        self._wake.thread(made.thread_id)


def _is_open(row: SubAgentName) -> bool:
    return row.state is not SubAgentState.FINISHED


def _is_new(row: SubAgentName | None, resource: SubAgentValue | None) -> bool:
    """Say whether a resource is another sub-agent than the one of that name, and there is something to do for it."""
    if resource is None or (resource.status.phase is not None and resource.status.phase.terminal):
        return False
    return row is None or row.uid not in {resource.uid, None}
