"""Which AgentClass a thread and its sub-agents have, and what that says, where it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent_contract.quantities import compute_bytes
from agent_gateway.errors import ClassUnknown
from agent_gateway.resources.values import ClassValue, Narrower, ThreadValue
from agent_gateway.runners.ports import FileTerms
from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentRow
from agent_gateway.subagents.slots import check_depth
from agent_gateway.wording import subagents as words
from agent_gateway.wording.say import SOURCE


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

    async def find_own(self, thread_name: str, own: SubAgentRow | None) -> ClassValue | None:
        """Return the class of a thread; None where it is not known.

        Args:
            thread_name: Of the conversation or sub-agent.
            own: The sub-agent; None for a conversation.
        """
        name = own.class_name if own is not None else self._resources.find_class_name(thread_name)
        return await self._resources.find_class(name) if name is not None else None

    def find_narrower(self, thread_name: str) -> Narrower:
        """Return what a conversation's AgentThread leaves of its class's rules.

        To be asked once its class is known: then its AgentThread is, or there is none.
        """
        resource = self._resources.cached(thread_name)
        return resource.spec.narrower if resource is not None else Narrower()

    async def file_terms(self, thread_name: str, thread_id: int) -> FileTerms:
        """Return what holds for a thread's files.

        Raises:
            ClassUnknown: its class is not known: nothing may be refused as too large.
        """
        own = await self._store.subagents.get(thread_id)
        found = await self.find_own(thread_name, own)
        if found is None:
            raise ClassUnknown(f"The AgentClass of {thread_name} cannot be read now: try again in a moment.")
        spec = found.spec.sub_agents
        too_deep = check_depth(SOURCE, spec, own.depth + 1 if own is not None else 1)
        return FileTerms(
            compute_bytes(found.spec.workspace.snapshot_limit),
            most_children=0 if too_deep is not None else spec.max_children,
            no_more_children=too_deep or words.children_text(SOURCE, spec.max_children),
            subagent=own is not None,
        )

    async def may_send_files(self, thread_id: int) -> bool:
        """Say whether a thread may send files to its chat: a sub-agent where its parent's class lets it.

        Raises:
            ClassUnknown: that class is not known.
        """
        own = await self._store.subagents.get(thread_id)
        if own is None:
            return True
        above = await self._store.subagents.get(own.parent_id) if own.parent_id is not None else None
        parent = await self.find_own(own.parent_name or "", above)
        if parent is None:
            raise ClassUnknown(f"The AgentClass above {own.name} cannot be read now: try again in a moment.")
        return parent.spec.sub_agents.send_files
