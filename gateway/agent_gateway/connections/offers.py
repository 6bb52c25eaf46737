"""What a pod's git is told to send over the gateway. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from agent_contract import wire
from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.settings import Connection

MOST_PREFIXES: Final = 64
"""Of one connection."""


def build_offers(rules: Iterable[RepositoryRule], connections: Mapping[str, Connection]) -> list[wire.GitConnection]:
    """Return what goes over the gateway by some rules: all else of a host goes out by itself."""
    prefixes: dict[str, set[str]] = {}
    for rule in rules:
        if rule.connection in connections:
            prefixes.setdefault(rule.connection, set()).add(rule.pattern.partition("*")[0])
    return [
        wire.GitConnection(name=name, host=connections[name].host, prefixes=_shorten(found))
        for name, found in prefixes.items()
    ]


def _shorten(prefixes: set[str]) -> list[str]:
    """Return them without those that begin with another."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not any(prefix.startswith(shorter) for shorter in kept):
            kept.append(prefix)
    return kept[:MOST_PREFIXES]
