"""SubAgents that changed: wake what is known of them; take up one that somebody made by hand."""

from __future__ import annotations

import logging

from typing_extensions import override

from agent_gateway.resources.follower import Follower
from agent_gateway.resources.subagents import SubAgents
from agent_gateway.runners.progress import clean
from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentState
from agent_gateway.wake import Wake

_log = logging.getLogger(__name__)
_SOON = 0.5


class SubAgentAdopter(Follower):
    """Follows changed SubAgents by name."""

    resources: SubAgents

    def __init__(self, store: Store, wake: Wake) -> None:
        super().__init__()
        self._store = store
        self._wake = wake

    @override
    async def look(self, name: str) -> None:
        """Wake the sub-agent of a resource, or record one that nobody here asked for.

        A later resource of the same name is another sub-agent: it gets a thread of its own once the old one has ended.
        """
        known = await self._store.subagents.by_name(name)
        resource = self.resources.cached(name)
        if known is not None:
            self._wake.thread(known.thread_id)
            if resource is None or known.uid in {resource.uid, None}:
                return
            if known.state is not SubAgentState.FINISHED:
                self.later(name, _SOON)
                return
            await self._store.subagents.give_name_free(known.thread_id, name)
        if resource is None or (resource.status.phase is not None and resource.status.phase.over):
            return
        spec = resource.spec
        made = await self._store.subagents.adopt(
            name, resource.uid, clean(spec.task), spec.class_ref.name, spec.timeout_seconds, spec.depth
        )
        _log.info("subagent_adopted", extra={"subagent": name})
        self._wake.thread(made.thread_id)
