"""Which requests an agent may make of a service. Pure: no I/O, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from agent_contract.apis import ApiRule
from agent_contract.quantities import compute_bytes
from agent_gateway.connections.rules import fits

READS = frozenset({"GET", "HEAD"})
_MOST_MET: Final = 64
"""Patterns of one level that are compared with those of another."""


def find_room(levels: Sequence[Sequence[ApiRule]], name: str, path: str, method: str) -> int | None:
    """Return how many bytes the body of a request may have; None for a request that one level does not allow.

    Args:
        levels: The agent's own rules, then those of each agent above it: it may do what all of them allow.
        name: The connection.
        path: Below its address.
        method: As HTTP writes it.
    """
    rooms: list[int] = []
    for number, rules in enumerate(levels):
        allowed = [rule for rule in rules if _allows(rule, name, path, method, above=number > 0)]
        if not allowed:
            return None
        rooms.append(max(compute_bytes(rule.max_body) for rule in allowed))
    return min(rooms, default=None)


def knows(levels: Sequence[Sequence[ApiRule]], name: str) -> bool:
    """Say whether an agent may ask anything of a connection."""
    return bool(levels) and all(any(rule.connection == name for rule in rules) for rules in levels)


def may_write(levels: Sequence[Sequence[ApiRule]], name: str) -> bool:
    """Say whether an agent may change anything at a connection, wherever that is."""
    return bool(levels) and all(
        any(rule.connection == name and _writes(rule, above=number > 0) for rule in rules)
        for number, rules in enumerate(levels)
    )


def list_paths(levels: Sequence[Sequence[ApiRule]], name: str) -> list[str]:
    """Return which paths an agent may ask for at a connection, as patterns: where two levels meet, the narrower ones."""
    left: list[str] = []
    for number, rules in enumerate(levels):
        paths = list(dict.fromkeys(path for rule in rules if rule.connection == name for path in rule.paths))
        if number == 0 or "**" in left:
            left = paths
        elif "**" not in paths:
            pairs = ((one, other) for one in left[:_MOST_MET] for other in paths[:_MOST_MET])
            left = list(dict.fromkeys(_narrow(one, other) for one, other in pairs if _meet(one, other)))
    return left


def _writes(rule: ApiRule, *, above: bool) -> bool:
    return (not above or rule.sub_agents == "Write") and any(method not in READS for method in rule.methods)


def _meet(one: str, other: str) -> bool:
    """Say whether two patterns may name one path: their beginnings up to the first star go together."""
    first, second = one.partition("*"), other.partition("*")
    if not first[1] and not second[1]:
        return one == other
    return first[0].startswith(second[0]) or second[0].startswith(first[0])


def _narrow(one: str, other: str) -> str:
    first, second = one.partition("*"), other.partition("*")
    return one if not first[1] or (second[1] and len(first[0]) >= len(second[0])) else other


def _allows(rule: ApiRule, name: str, path: str, method: str, *, above: bool) -> bool:
    if rule.connection != name or ("GET" if method == "HEAD" else method) not in rule.methods:
        return False
    if above and method not in READS and rule.sub_agents != "Write":
        return False
    return _any(rule.paths, path)


def _any(patterns: Iterable[str], path: str) -> bool:
    return any(
        pattern == "**" or (path.startswith(pattern.partition("*")[0]) and fits(pattern, path)) for pattern in patterns
    )
