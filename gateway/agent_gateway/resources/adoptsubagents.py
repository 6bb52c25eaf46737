"""SubAgents that changed: wake what is known of them; take up one that somebody made by hand."""

from __future__ import annotations

import asyncio
import logging

from agent_gateway.dispatch.wake import Wake
from agent_gateway.kube import KubeError
from agent_gateway.resources.subagents import SubAgents
from agent_gateway.store import Store
from agent_gateway.store.database import FAULTS
from agent_gateway.store.rows import SubAgentState

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 5.0
_SOON = 0.5


class SubAgentAdopter:
    """Follows changed SubAgents by name."""

    resources: SubAgents

    def __init__(self, store: Store, wake: Wake) -> None:
        self._store = store
        self._wake = wake
        self._names: dict[str, None] = {}
        self._changed = asyncio.Event()

    def changed(self, name: str) -> None:
        """Note that a resource changed or went."""
        self._names[name] = None
        self._changed.set()

    async def run(self) -> None:
        """Look at what changed, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            names, self._names = list(self._names), {}
            for name in names:
                try:
                    await self._look(name)
                except (*FAULTS, KubeError) as error:
                    _log.warning("adopt_failed", extra={"subagent": name, "error": type(error).__name__})
                    asyncio.get_running_loop().call_later(_RETRY_SECONDS, self.changed, name)

    async def _look(self, name: str) -> None:
        """Wake the sub-agent of a resource, or record one that nobody here asked for.

        A later resource of the same name is another sub-agent: it gets a thread of its own once the old one has ended.
        """
        known = await self._store.subagent_by_name(name)
        resource = self.resources.cached(name)
        if known is not None:
            self._wake.thread(known.thread_id)
            if resource is None or known.uid in {resource.uid, None}:
                return
            if known.state is not SubAgentState.FINISHED:
                asyncio.get_running_loop().call_later(_SOON, self.changed, name)
                return
            await self._store.give_name_free(known.thread_id, name)
        if resource is None or (resource.status.phase is not None and resource.status.phase.over):
            return
        spec = resource.spec
        made = await self._store.adopt_subagent(
            name, resource.uid, spec.task, spec.class_ref.name, spec.timeout_seconds, spec.depth
        )
        _log.info("subagent_adopted", extra={"subagent": name})
        self._wake.thread(made.thread_id)
