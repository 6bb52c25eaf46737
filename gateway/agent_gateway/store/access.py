"""Who was let in beside those of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent_gateway.store.session import Room


@dataclass(frozen=True, slots=True)
class Pairing:
    """A code that a person was told, and where in their private chat; not `open` once it is too old."""

    person_id: int
    topic_id: int | None
    open: bool


class AccessQueries(Room):
    """People who were let in, and the codes of those who ask."""

    async def is_allowed(self, *ids: int) -> bool:
        """Say whether one of these people or groups was let in, groups also under an earlier id."""
        return bool(await self._session.value("is_allowed", self._bot_id, list(ids)))

    async def allow(self, person_id: int, approved_by: int) -> None:
        """Let a person or group in; their codes are of no use any more."""
        await self._tx.execute("allow", self._bot_id, person_id, approved_by)
        await self._tx.execute("drop_pairings", self._bot_id, person_id)

    async def disallow(self, person_id: int) -> bool:
        """Take it back; False where the person was not let in."""
        return await self._session.value("disallow", self._bot_id, person_id) is not None

    async def open_turns_of(self, person_id: int) -> list[tuple[int, int]]:
        """Return (thread, turn) ids of what a person has asked and that is not at its end."""
        rows = await self._session.rows("open_turns_of", self._bot_id, person_id)
        return [(row["thread_id"], row["id"]) for row in rows]

    async def open_work_in(self, chat_id: int) -> list[tuple[int, int | None]]:
        """Return the conversations of a chat with an open run, or sub-agents at work, each with that run's number."""
        rows = await self._session.rows("open_work_in", self._bot_id, chat_id)
        return [(row["thread_id"], row["run"]) for row in rows]

    async def take_back_grants(self, subject_id: int) -> None:
        """Let agents ask again for what a person, or anybody in a group, has allowed them."""
        await self._session.execute(
            "take_back_group_grants" if subject_id < 0 else "take_back_grants", self._bot_id, subject_id
        )

    async def are_all_of(self, thread_id: int, person_id: int) -> bool:
        """Say whether somebody's questions run or wait in a conversation, and nobody else's."""
        return bool(await self._session.value("turns_all_of", thread_id, person_id))

    async def open_turns_in(self, chat_id: int) -> list[tuple[int, int]]:
        """Return (thread, turn) ids of what was asked in a chat and is not at its end."""
        rows = await self._session.rows("open_turns_in", self._bot_id, chat_id)
        return [(row["thread_id"], row["id"]) for row in rows]

    async def add_pairing(self, code: str, person_id: int, topic_id: int | None) -> None:
        """Remember a code."""
        await self._tx.execute("add_pairing", self._bot_id, code, person_id, topic_id)

    async def open_pairings(self, person_id: int) -> list[tuple[str, datetime]]:
        """Return a person's codes of the last hour with their times, newest first."""
        rows = await self._session.rows("open_pairings", self._bot_id, person_id)
        return [(row["code"], row["created_at"]) for row in rows]

    async def pairing(self, code: str) -> Pairing | None:
        """Return whose code it is, held until the transaction ends; None for a wrong one."""
        row = await self._tx.row("pairing", self._bot_id, code)
        return None if row is None else Pairing(row["person_id"], row["topic_id"], row["open"])
