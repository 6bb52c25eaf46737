"""Reads what is kept of one person for a file, page by page: no transaction and no connection is held while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from agent_gateway.store import Store
from agent_gateway.store.audit import NEWEST
from agent_gateway.wording import export, persons

_ACTS: Final = 500
"""Acts that are read at once."""
_MOST: Final = 1000
"""Private conversations: a chat has no more topics."""


async def read_person(store: Store, person_id: int, language: str) -> AsyncIterator[str]:
    """Yield the parts of the file: what is known, their private conversations, what they wrote in groups, what they did."""
    known = persons.Known(
        await store.people.languages(person_id),
        await store.people.zone(person_id),
        await store.accounts.of(person_id),
        await store.persons.notes(person_id),
        await store.persons.schedules(person_id),
    )
    yield persons.known_part(language, known)
    for thread in await store.persons.private(person_id, _MOST):
        head = persons.private_part(language, thread.name, thread.title)
        async for said in store.history.read(thread.id):
            if head:  # of some nothing but files is left
                yield head
                head = ""
            yield export.export_part(language, said)
    first = True
    async for words in store.persons.said(person_id):
        if first:
            yield persons.groups_part(language)
            first = False
        yield persons.words_part(language, words)
    before = NEWEST
    while acts := await store.audit.page(_ACTS, before, person_id):
        yield persons.acts_part(language, acts, first=before == NEWEST)
        before = acts[-1].id
