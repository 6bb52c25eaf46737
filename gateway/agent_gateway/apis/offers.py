"""What a pod is told of the services that it reaches over the gateway. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agent_contract import wire
from agent_contract.apis import ApiRule
from agent_gateway.apis.rules import knows, list_paths, may_write
from agent_gateway.apis.settings import Api

MOST_PATTERNS: Final = 16
"""Of one service; what is more is allowed all the same."""
MOST_CHARACTERS: Final = 16_384
"""Of all patterns: a welcome is one frame."""


def build_offers(levels: Sequence[Sequence[ApiRule]], apis: Mapping[str, Api]) -> list[wire.ApiConnection]:
    """Return the services that an agent may ask anything of, by its own rules and those above it."""
    offers: list[wire.ApiConnection] = []
    left = MOST_CHARACTERS
    for name, api in apis.items():
        if not knows(levels, name):
            continue
        paths: list[str] = []
        for path in list_paths(levels, name):
            if len(paths) < MOST_PATTERNS and len(path) <= left:
                paths.append(path)
                left -= len(path)
        writes = may_write(levels, name)
        offers.append(
            wire.ApiConnection(
                name=name, format=api.format, url=api.url, port=api.port, index=api.index, paths=paths, writes=writes
            )
        )  # fmt: skip
    return offers
