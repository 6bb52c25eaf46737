"""Narrower rules for services and tool servers that are to be written into AgentThreads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import TypeAdapter

from agent_contract.apis import NarrowerApi
from agent_contract.team import NarrowerServer
from agent_gateway.store.session import Room

Field = Literal["apis", "mcpServers"]
Apis = tuple[NarrowerApi, ...] | None
"""None leaves all that the class allows."""
Servers = tuple[NarrowerServer, ...] | None
_APIS: Final[TypeAdapter[Apis]] = TypeAdapter(Apis)
_SERVERS: Final[TypeAdapter[Servers]] = TypeAdapter(Servers)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted and may not be written yet.

    Attributes:
        apis: None where nothing is wanted, or all that the class allows.
        mcp_servers: Likewise.
        fields: In which something is wanted.
    """

    apis: Apis = None
    mcp_servers: Servers = None
    fields: frozenset[Field] = frozenset()


@dataclass(frozen=True, slots=True)
class NarrowedField:
    """Rules that are to be written.

    Attributes:
        thread_id: Whose.
        name: Of its AgentThread.
        field: Of the spec.
        rules: What is written.
        due_at: Since when; another for each wish.
    """

    thread_id: int
    name: str
    field: Field
    rules: Apis | Servers
    due_at: datetime


class NarrowedQueries(Room):
    """What administrators leave of services and tool servers."""

    async def narrow_apis(self, thread_id: int, rules: Apis) -> None:
        """Record which services are left; it holds from now on, besides what stands."""
        text = _APIS.dump_json(rules, by_alias=True, exclude_none=True).decode()
        await self._session.execute("narrow_services", thread_id, "apis", text)

    async def narrow_servers(self, thread_id: int, rules: Servers) -> None:
        """Record which tool servers are left; it holds from now on, besides what stands."""
        text = _SERVERS.dump_json(rules, by_alias=True, exclude_none=True).decode()
        await self._session.execute("narrow_services", thread_id, "mcpServers", text)

    async def unwritten(self, thread_id: int) -> Wanted:
        """Return the rules that are wanted and may not be written yet."""
        found = {row["field"]: row["rules"] for row in await self._session.rows("services_unwritten", thread_id)}
        return Wanted(
            _APIS.validate_json(found["apis"]) if "apis" in found else None,
            _SERVERS.validate_json(found["mcpServers"]) if "mcpServers" in found else None,
            frozenset(found),
        )

    async def due(self, most: int) -> list[NarrowedField]:
        """Return what is to be written, oldest first."""
        return [
            NarrowedField(row["thread_id"], row["name"], row["field"], _load(row["field"], row["rules"]), row["due_at"])
            for row in await self._session.rows("services_due", self._bot_id, most)
        ]

    async def written(self, narrowed: NarrowedField) -> None:
        """Record that rules were written, unless others are wanted since."""
        await self._session.execute("services_written", narrowed.thread_id, narrowed.field, narrowed.due_at)


def _load(field: Field, text: str) -> Apis | Servers:
    return _APIS.validate_json(text) if field == "apis" else _SERVERS.validate_json(text)
