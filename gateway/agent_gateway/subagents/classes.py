"""Which AgentClass a thread and its sub-agents have, and what that says, where it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent_contract.agentclass import compute_bytes
from agent_gateway.errors import ClassUnknown
from agent_gateway.resources.values import ClassValue, ThreadValue
from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentRow


class Resources(Protocol):
    """AgentThreads as last watched, and classes as last known."""

    def cached(self, name: str) -> ThreadValue | None:
        """Return an AgentThread."""

    def find_class_name(self, thread_name: str) -> str | None:
        """Return the name of a thread's class; None where nothing is known of its AgentThread."""

    async def find_class(self, name: str) -> ClassValue | None:
        """Return a class; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a thread and the sub-agents that it asks for are held to.

    Attributes:
        own: The thread's class.
        child_name: The name of its sub-agents' class.
        child: That class.
        suspended: An administrator holds the conversation.
    """

    own: ClassValue
    child_name: str
    child: ClassValue
    suspended: bool = False


class Classes:
    """Reads classes. It may ask the API server, so that it belongs before a transaction.

    Args:
        store: Conversations.
        resources: Where AgentThreads and classes are.
    """

    def __init__(self, store: Store, resources: Resources) -> None:
        self._store = store
        self._resources = resources

    async def read_terms(self, thread_name: str, own: SubAgentRow | None) -> Terms | None:
        """Return what a thread is held to; None where one of its classes is not known.

        Args:
            thread_name: Of the conversation or sub-agent.
            own: The sub-agent; None for a conversation.
        """
        name = own.class_name if own is not None else self._resources.find_class_name(thread_name)
        found = await self._resources.find_class(name) if name is not None else None
        if name is None or found is None:
            return None
        other = found.spec.sub_agents.class_ref
        child_name = other.name if other is not None else name
        child = found if child_name == name else await self._resources.find_class(child_name)
        if child is None:
            return None
        resource = self._resources.cached(thread_name) if own is None else None
        return Terms(found, child_name, child, suspended=resource is not None and bool(resource.spec.suspend))

    async def snapshot_limit(self, thread_name: str, thread_id: int) -> int:
        """Return how many bytes a thread's packed workspace may have.

        Raises:
            ClassUnknown: its class is not known: nothing may be refused as too large.
        """
        own = await self._store.subagents.get(thread_id)
        name = own.class_name if own is not None else self._resources.find_class_name(thread_name)
        found = await self._resources.find_class(name) if name is not None else None
        if found is None:
            raise ClassUnknown(f"The AgentClass of {thread_name} cannot be read now: try again in a moment.")
        return compute_bytes(found.spec.workspace.snapshot_limit)
