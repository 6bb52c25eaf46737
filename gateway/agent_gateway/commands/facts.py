"""What the cluster says of a conversation, read before a transaction begins: nothing in one may wait for the network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from agent_gateway.resources.values import ClassValue, ThreadValue
from agent_gateway.subagents.classes import Terms

READ_SECONDS: Final = 2.0
"""How long is waited for what is not known yet."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one conversation's resource and its class."""

    resource: ThreadValue | None = None
    terms: Terms | None = None
    """What it and its sub-agents are held to. None: a class that it depends on is not known."""

    group_admin: bool = False
    """Who asks is an administrator of the group, as Telegram says; asked only where it matters."""
    listed: tuple[tuple[str, str], ...] = ()
    """Connection and path of the repositories that forges list; asked only where it matters."""

    @property
    def found_class(self) -> ClassValue | None:
        """The conversation's class, where it is known."""
        return self.terms.own if self.terms is not None else None


class Resources(Protocol):
    """AgentThreads as they are known here."""

    def cached(self, name: str) -> ThreadValue | None:
        """Return an AgentThread as it was seen last."""


class TermsReader(Protocol):
    """What conversations are held to."""

    async def read_terms(self, thread_name: str) -> Terms | None:
        """Return it, None where it is not known; it may wait for the API server."""


class Lister(Protocol):
    """What forges list."""

    async def list_all(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Return connection and path of the repositories of some connections; it is bounded by itself."""


class FactReader:
    """Reads facts, each with a bound.

    Args:
        resources: AgentThreads.
        terms: What their classes say.
        lister: Asks forges.
        seconds: How long is waited for what classes say.
    """

    def __init__(
        self, resources: Resources, terms: TermsReader, lister: Lister | None = None, *, seconds: float = READ_SECONDS
    ) -> None:
        self._resources = resources
        self._terms = terms
        self._lister = lister
        self._seconds = seconds

    async def read_with_repositories(self, thread_name: str) -> Facts:
        """Return what is known of a conversation, and what forges list of what its class allows by patterns."""
        facts = await self.read(thread_name)
        rules = facts.found_class.spec.repositories if facts.found_class is not None else ()
        names = [rule.connection for rule in rules if "*" in rule.pattern]
        if self._lister is None or not names:
            return facts
        return replace(facts, listed=tuple(await self._lister.list_all(names)))

    async def read(self, thread_name: str) -> Facts:
        """Return what is known of the conversation with an AgentThread of that name."""
        resource = self._resources.cached(thread_name)
        try:
            async with asyncio.timeout(self._seconds):
                return Facts(resource, await self._terms.read_terms(thread_name))
        except TimeoutError:
            return Facts(resource)
