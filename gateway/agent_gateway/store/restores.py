"""A database that was put back to an earlier state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent_gateway.effects import WakeThread
from agent_gateway.store.rows import RESTORED, Address
from agent_gateway.store.session import Room

MARGIN: Final = 1_000_000
"""By so much every id is raised: more than were given in the time that is lost."""


@dataclass(frozen=True, slots=True)
class CutTurn:
    """A turn of a conversation that was open when the backup was made.

    Attributes:
        id: Of the turn.
        thread_id: Its conversation.
        address: Where that is held.
        message_id: The person's message, if there is one.
        language: Of whoever asked.
    """

    id: int
    thread_id: int
    address: Address
    message_id: int | None
    language: str


class RestoreQueries(Room):
    """What a restore leaves, and how it is settled."""

    async def pending(self) -> bool:
        """Say whether the database was put back and that is not settled yet."""
        return await self._session.value("came_from", self._bot_id) is not None

    async def raise_ids(self) -> None:
        """Let no id of the time that is lost be given again."""
        await self._tx.rows("raise_ids", MARGIN)

    async def end_runs(self) -> int:
        """End every open run, whose pods went on in the time that is lost, and what waits for their answers; count them."""
        ended = await self._tx.rows("end_open_runs", RESTORED)
        await self._tx.execute("drop_open_steers")
        await self._tx.execute("drop_open_decisions")
        cancelled = await self._tx.rows("cancel_open_subagents")
        self._tx.after(*(WakeThread(row["thread_id"]) for row in [*ended, *cancelled]))
        return len(ended)

    async def repeat_unsaid(self, prefixes: Mapping[str, str]) -> int:
        """Let everything unsaid be said as a message of its own; count the rows.

        Args:
            prefixes: How each begins, by its conversation's language; of other languages as in English.
        """
        return len(await self._tx.rows("repeat_outbox", self._bot_id, json.dumps(prefixes)))

    async def end_turns(self) -> list[CutTurn]:
        """End every open turn of conversations; what stands of them in the chat, and its reactions, stay as they are."""
        rows = await self._tx.rows("end_open_turns", RESTORED.lower())
        turns = [
            CutTurn(
                row["id"],
                row["thread_id"],
                Address(self._bot_id, row["chat_id"], row["topic_id"]),
                row["message_id"],
                row["language"],
            )
            for row in rows
        ]
        await self._tx.many("delete_view", [(turn.id,) for turn in turns])
        await self._tx.many("settle_reaction", [(turn.id,) for turn in turns])
        return turns

    async def settled(self) -> None:
        """Record that nothing of the restore is left to do."""
        await self._tx.execute("restore_settled", self._bot_id)

    async def cut_run(self, thread_id: int, number: int) -> None:
        """End a run whose runner was promised more than the database holds; its previews are left as they stand."""
        async with self._session.unit() as tx:
            await tx.execute("forget_view_messages", thread_id)
            await tx.runs.end(thread_id, number, RESTORED, None)
            tx.after(WakeThread(thread_id))

    async def lost_runs(self, thread_id: int, run: int, last: int) -> bool:
        """Say whether runs between the last one that had an agent (0: none) and `run` were lost by a restore."""
        return bool(await self._session.value("lost_runs", thread_id, run, last, RESTORED))
