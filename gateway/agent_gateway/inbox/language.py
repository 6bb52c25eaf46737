"""In which language a person is answered, and what they are called."""

from __future__ import annotations

from agent_gateway.store.people import Languages
from agent_gateway.store.rooms import Rooms
from agent_gateway.wording.say import SOURCE


def decide(known: Languages, named: str) -> str:
    """Return the language for a person.

    Args:
        known: What is stored of them.
        named: Of the program that they write with now; empty where it names none.
    """
    return known.chosen or named or known.seen or SOURCE


async def read(session: Rooms, person_id: int | None, named: str = "") -> str:
    """Return the language for a person; of nobody who is known, the one that is named."""
    known = Languages() if person_id is None else await session.people.languages(person_id)
    return decide(known, named)


async def note(session: Rooms, person_id: int | None, named: str, name: str = "") -> str:
    """Remember what a person's program names, and their name, where it is another than before; return their language."""
    if person_id is None:
        return decide(Languages(), named)
    known = await session.people.languages(person_id)
    if (named and named != known.seen) or (name and name != known.name):
        await session.people.see(person_id, named or None, name or None)
    return decide(known, named)
