"""Questions with a button that does what they ask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room


@dataclass(frozen=True, slots=True)
class Confirm:
    """One question.

    Attributes:
        id: Which the button names.
        action: What is done: cleanup or forget.
        address: Where it was asked.
        person_id: Who asked.
        subject: (thread id, run) of each that it named; run 0 where none is meant.
        open: Nobody has answered it.
        expired: It is older than ten minutes.
    """

    id: int
    action: str
    address: Address
    person_id: int
    subject: tuple[tuple[int, int], ...]
    open: bool
    expired: bool


class ConfirmQueries(Room):
    """Questions."""

    async def add(
        self,
        action: str,
        address: Address,
        person_id: int,
        subject: Sequence[tuple[int, int]],
    ) -> int:
        """Record a question and return its id."""
        return int(
            await self._tx.value(
                "add_confirm", action, address.bot_id, address.chat_id, address.topic_id, person_id,
                json.dumps([list(pair) for pair in subject]),
            )
        )  # fmt: skip

    async def lock(self, confirm_id: int) -> Confirm | None:
        """Return a question, which nobody else can answer before the transaction ends."""
        row = await self._tx.row("lock_confirm", confirm_id, self._bot_id)
        if row is None:
            return None
        return Confirm(
            id=row["id"],
            action=row["action"],
            address=Address(row["bot_id"], row["chat_id"], row["topic_id"]),
            person_id=row["person_id"],
            subject=tuple((thread_id, run) for thread_id, run in json.loads(row["subject"])),
            open=row["state"] == "asked",
            expired=row["expired"],
        )

    async def end(self, confirm_id: int, state: str, person_id: int) -> None:
        """Record the answer: `done` or `cancelled`, and by whom."""
        await self._session.execute("end_confirm", confirm_id, state, person_id)
