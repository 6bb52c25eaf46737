"""What an agent may do with repositories, services and tool servers: by its class, its conversation, and all above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from agent_contract.apis import ApiRule
from agent_contract.base import Wire
from agent_contract.repositories import RepositoryRule
from agent_contract.team import McpServer
from agent_gateway.errors import ClassUnknown
from agent_gateway.resources.values import ClassSpec, ClassValue, Narrower
from agent_gateway.runners.identity import Identity
from agent_gateway.store import Store
from agent_gateway.store.rows import SubAgentRow, Thread

R = TypeVar("R", bound=Wire)
R_co = TypeVar("R_co", bound=Wire, covariant=True)
_MOST_LEVELS: Final = 8
"""Agents above one another; no class allows so many."""


class ClassReader(Protocol):
    """What the class of a thread says."""

    async def find_own(self, thread_name: str, own: SubAgentRow | None) -> ClassValue | None:
        """Return a thread's class; None where it is not known."""

    def find_narrower(self, thread_name: str) -> Narrower:
        """Return what a conversation's AgentThread leaves of its class's rules."""


@dataclass(frozen=True, slots=True)
class _Level:
    """One agent: its thread, what its class says, and whether it is a conversation's."""

    thread: Thread
    spec: ClassSpec
    conversation: bool


class Rights:
    """Reads rules as they stand now.

    Args:
        store: Who started whom.
        classes: What classes say.
    """

    def __init__(self, store: Store, classes: ClassReader) -> None:
        self._store = store
        self._classes = classes

    async def read(self, identity: Identity) -> Sequence[Sequence[RepositoryRule]]:
        """Return the rules for repositories of an agent's class, those of its conversation, then those of each agent above it.

        Raises:
            ClassUnknown: one of them cannot be read now.
        """
        rules: list[Sequence[RepositoryRule]] = []
        for number, level in enumerate(await self._read_levels(identity)):
            rules.append(level.spec.repositories)
            if level.conversation:
                wanted = await self._store.repositories.unwritten(level.thread.id)
                left = self._find_left(level)
                rules += _widen((left.repositories, wanted), itself=number == 0)
        return rules

    async def read_sources(self, identity: Identity) -> Sequence[RepositoryRule]:
        """Return rules to read what the skills and templates of an agent's own class come from.

        They hold whatever its conversation and the agents above it are left: its class was chosen for it with its skills.

        Raises:
            ClassUnknown: the class cannot be read now.
        """
        level, _ = await self._read_level(identity.thread_id)
        return level.spec.sources

    async def read_apis(self, identity: Identity) -> Sequence[Sequence[ApiRule]]:
        """Return the rules for HTTP services of an agent's class, those of its conversation, then those of each above it.

        Raises:
            ClassUnknown: one of them cannot be read now.
        """
        rules: list[Sequence[ApiRule]] = []
        for number, level in enumerate(await self._read_levels(identity)):
            rules.append(level.spec.apis)
            if level.conversation:
                wanted = await self._store.narrowed.unwritten(level.thread.id)
                left = self._find_left(level)
                rules += _widen((left.apis, wanted.apis), itself=number == 0)
        return rules

    async def read_servers(self, identity: Identity) -> Sequence[Sequence[McpServer]]:
        """Return the tool servers of an agent's class, what is left of them in its conversation, then those of each above it.

        Raises:
            ClassUnknown: one of them cannot be read now.
        """
        servers: list[Sequence[McpServer]] = []
        for level in await self._read_levels(identity):
            servers.append(level.spec.mcp_servers)
            if level.conversation:
                wanted = await self._store.narrowed.unwritten(level.thread.id)
                left = self._find_left(level)
                servers += [
                    [one.widen() for one in some] for some in (left.mcp_servers, wanted.mcp_servers) if some is not None
                ]
        return servers

    def _find_left(self, level: _Level) -> Narrower:
        """Return what an administrator left of the class's rules.

        To be asked behind what is wanted, which holds besides: what is wanted no longer by then is written.
        """
        return self._classes.find_narrower(level.thread.name)

    async def _read_levels(self, identity: Identity) -> list[_Level]:
        levels: list[_Level] = []
        thread_id: int | None = identity.thread_id
        while thread_id is not None and len(levels) < _MOST_LEVELS:
            level, thread_id = await self._read_level(thread_id)
            levels.append(level)
        return levels

    async def _read_level(self, thread_id: int) -> tuple[_Level, int | None]:
        """Return one agent, and whose sub-agent it is."""
        thread, own = await self._store.threads.by_id(thread_id), await self._store.subagents.get(thread_id)
        found = await self._classes.find_own(thread.name, own) if thread is not None else None
        if thread is None or found is None:
            raise ClassUnknown("What this agent may reach cannot be read now: try again in a moment.")
        return _Level(thread, found.spec, own is None), own.parent_id if own is not None else None


class _Narrower(Protocol[R_co]):
    """A rule of an AgentThread."""

    def widen(self) -> R_co:
        """Return the rule that holds beside the class's."""


def _widen(left: Iterable[Sequence[_Narrower[R]] | None], *, itself: bool) -> list[list[R]]:
    """Return rules that hold beside a class's.

    Args:
        left: What stands, and what is wanted; None where all is left.
        itself: The conversation's own agent is asked about: what is said of sub-agents does not concern it.
    """
    more = {"sub_agents": "Write"} if itself else {}
    return [[rule.widen().model_copy(update=more) for rule in rules] for rules in left if rules is not None]
