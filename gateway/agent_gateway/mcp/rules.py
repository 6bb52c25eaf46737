"""Which tools of a server an agent may call: what its class lists, and the classes of all agents above it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_contract.patterns import fits
from agent_contract.team import McpServer, ServerTools

Levels = Sequence[Sequence[McpServer]]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one agent may do with one server.

    Attributes:
        tools: The rules of the agent's class, and of each above it: all must let a tool through.
        resources: It may read resources too.
        timeout: Seconds that a call may take.
    """

    tools: tuple[ServerTools, ...]
    resources: bool
    timeout: int

    def has(self, tool: str) -> bool:
        """Say whether a tool may be seen and called."""
        return all(_lets(one, tool) for one in self.tools)


def find_allowed(levels: Levels, connection: str) -> Allowed | None:
    """Return what an agent may do with the server of a connection; None where a class, its own or one above, has none.

    Args:
        levels: The servers of the agent's class, then of each above it.
        connection: The connection's name.
    """
    found = [next((one for one in servers if one.connection == connection), None) for servers in levels]
    rules = [one for one in found if one is not None]
    if not rules or len(rules) < len(found):
        return None
    return Allowed(tuple(one.tools for one in rules), all(one.resources for one in rules), rules[0].timeout)


def _lets(rule: ServerTools, tool: str) -> bool:
    return any(fits(one, tool) for one in rule.allow) and not any(fits(one, tool) for one in rule.deny)
