"""Who was let in beside those of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent_gateway.store.database import Connection, Database
from agent_gateway.store.sql import QUERIES


@dataclass(frozen=True, slots=True)
class Pairing:
    """A code that a person was told, and where in their private chat; not `open` once it is too old."""

    person_id: int
    topic_id: int | None
    open: bool


class AccessQueries(Database):
    """People who were let in, and the codes of those who ask."""

    async def allowed(self) -> frozenset[int]:
        """Return the ids of people who were let in."""
        return frozenset(row["person_id"] for row in await self._rows("allowed", self.bot_id))

    async def allow(self, connection: Connection, person_id: int, approved_by: int) -> None:
        """Let a person in; their codes are of no use any more."""
        await connection.execute(QUERIES["allow"], self.bot_id, person_id, approved_by)
        await connection.execute(QUERIES["drop_pairings"], self.bot_id, person_id)

    async def disallow(self, connection: Connection, person_id: int) -> bool:
        """Take it back; False where the person was not let in."""
        return await connection.fetchval(QUERIES["disallow"], self.bot_id, person_id) is not None

    async def open_turns_of(self, connection: Connection, person_id: int) -> list[tuple[int, int]]:
        """Return (thread, turn) ids of what a person has asked and that is not at its end."""
        rows = await connection.fetch(QUERIES["open_turns_of"], self.bot_id, person_id)
        return [(row["thread_id"], row["id"]) for row in rows]

    async def add_pairing(self, connection: Connection, code: str, person_id: int, topic_id: int | None) -> None:
        """Remember a code."""
        await connection.execute(QUERIES["add_pairing"], self.bot_id, code, person_id, topic_id)

    async def open_pairings(self, connection: Connection, person_id: int) -> list[tuple[str, datetime]]:
        """Return a person's codes of the last hour with their times, newest first."""
        rows = await connection.fetch(QUERIES["open_pairings"], self.bot_id, person_id)
        return [(row["code"], row["created_at"]) for row in rows]

    async def pairing(self, connection: Connection, code: str) -> Pairing | None:
        """Return whose code it is, held until the transaction ends; None for a wrong one."""
        row = await connection.fetchrow(QUERIES["pairing"], self.bot_id, code)
        return None if row is None else Pairing(row["person_id"], row["topic_id"], row["open"])

    async def count_audit(self, connection: Connection, person_id: int, action: str, seconds: float) -> int:
        """Count what a person did in the last seconds."""
        return int(await connection.fetchval(QUERIES["count_audit"], person_id, action, seconds))
