"""Whose a sub-agent is: the resource that owns its own, and the conversation that it works for in the end."""

from __future__ import annotations

from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.subagents import SubAgents
from agent_gateway.resources.values import SubAgentValue, ThreadValue
from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentRow, ThreadKind

ParentResource = ThreadValue | SubAgentValue


class Parents:
    """Finds the parents of sub-agents."""

    def __init__(self, store: Store, threads: AgentThreads, resources: SubAgents) -> None:
        self._store = store
        self._threads = threads
        self._resources = resources

    async def find_resource(self, child: SubAgentRow) -> tuple[ParentResource | None, bool]:
        """Return the parent's resource, and whether there must be one."""
        if child.parent_name is None or child.parent_id is None:
            return None, False
        unwritten = child.parent_kind != ThreadKind.SUBAGENT and not child.parent_uid
        if child.turn_id is None or unwritten:
            # a person asked, or an agent in a pod that waited for it: its conversation may have no resource yet
            thread = await self._store.threads.by_id(child.parent_id)
            return (await self._threads.ensure(thread) if thread is not None else None), False
        source = self._resources if child.parent_kind == ThreadKind.SUBAGENT else self._threads
        found = await source.get(child.parent_name)
        return (found if found is not None and found.uid == child.parent_uid else None), True

    async def find_root(self, child: SubAgentRow) -> str:
        """Return the name of the conversation that a sub-agent works for in the end."""
        while child.parent_id is not None and child.parent_kind == ThreadKind.SUBAGENT:
            above = await self._store.subagents.get(child.parent_id)
            if above is None:
                break
            child = above
        return child.parent_name or child.name
