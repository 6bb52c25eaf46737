"""Finds what was said: by the index of words, else as it was written, else nearly so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent_gateway.memory.asking import build_probes, find_stem
from agent_gateway.store.rooms import Rooms
from agent_gateway.store.search import Found, Narrowing, Visible

SHORTEST: Final = 3
"""Characters of a question that is looked for as it was written."""


async def search(
    store: Rooms, visible: Sequence[Visible], words: str, narrowing: Narrowing, skip: int, count: int
) -> tuple[list[Found], int]:
    """Return messages that fit, best first, behind `skip` of them; and how many there are.

    Args:
        store: The store, or a transaction.
        visible: What may be seen, as it was just read.
        words: What is looked for.
        narrowing: By whom and when it was said.
        skip: So many are left out.
        count: The most that are returned.
    """
    terms = await store.search.terms(words)
    if terms and visible:
        said = [term.word for term in terms if not term.stops] or [term.word for term in terms]
        shown = [*said, *(stem for term in terms if not term.stops and (stem := find_stem(term)))]
        found, total = await store.search.hits(
            visible, build_probes(terms, visible), words, shown, narrowing, skip, count
        )
        if found:
            return found, total
    if len(words) < SHORTEST or not visible:
        return [], 0
    found, total = await store.search.within(visible, words, narrowing, skip, count)
    return (found, total) if total else await store.search.alike(visible, words, narrowing, skip, count)
