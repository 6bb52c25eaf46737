"""Which of the entities of a text Telegram takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agent_gateway.telegram.ports import Entity

_CODE: Final = frozenset({"pre", "code"})
_QUOTES: Final = frozenset({"blockquote", "expandable_blockquote"})


def nest(entities: Iterable[Entity]) -> list[Entity]:
    """Return the entities in order, without those that Telegram would not take.

    That is crossing ones, any inside code, a quote of either kind inside another, and the same twice.
    """
    kept: list[Entity] = []
    open_ones: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.offset, -e.length, e.type in _CODE)):
        while open_ones and open_ones[-1].end <= entity.offset:
            open_ones.pop()
        if open_ones and (entity.end > open_ones[-1].end or open_ones[-1].type in _CODE):
            continue
        quoted = entity.type in _QUOTES and any(outer.type in _QUOTES for outer in open_ones)
        if quoted or any(outer.type == entity.type for outer in open_ones):
            continue
        kept.append(entity)
        open_ones.append(entity)
    return kept
