"""What is known of people: their names, and the languages that they are spoken to."""

from __future__ import annotations

from dataclasses import dataclass

from agent_gateway.store.session import Room


@dataclass(frozen=True, slots=True)
class Languages:
    """Of one person.

    Attributes:
        seen: Of the program that they wrote with last; None where it named none.
        chosen: What they chose themselves; None where they chose nothing.
        name: What they are called; None where nobody has told.
    """

    seen: str | None = None
    chosen: str | None = None
    name: str | None = None


class PeopleQueries(Room):
    """People."""

    async def languages(self, person_id: int) -> Languages:
        """Return the languages of a person; none where they are not known."""
        row = await self._session.row("person", self._bot_id, person_id)
        return Languages(row["seen"], row["chosen"], row["name"]) if row else Languages()

    async def see(self, person_id: int, language: str | None, name: str | None) -> None:
        """Remember the language of the program that a person wrote with, and their name; None leaves what is known."""
        await self._session.execute("see_person", self._bot_id, person_id, language, name)

    async def zone(self, person_id: int) -> str | None:
        """Return the time zone that a person chose."""
        found = await self._session.value("zone", self._bot_id, person_id)
        return None if found is None else str(found)

    async def choose_zone(self, person_id: int, zone: str | None) -> None:
        """Remember the time zone that a person chose; None takes it back."""
        await self._session.execute("choose_zone", self._bot_id, person_id, zone)

    async def choose_language(self, person_id: int, language: str | None) -> None:
        """Remember what a person chose; None takes it back."""
        await self._session.execute("choose_language", self._bot_id, person_id, language)
