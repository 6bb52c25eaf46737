"""Updates as they came, and how far Telegram was told that we have them."""

from __future__ import annotations

from collections.abc import Sequence

from agent_gateway.store.rows import InboxRow
from agent_gateway.store.session import Room
from agent_gateway.way import Step, note


class InboxQueries(Room):
    """Inbox and cursor."""

    async def earlier_parts(self, album: str, update_id: int) -> list[str]:
        """Return the payloads of the last minutes before `update_id` that belong to an album."""
        rows = await self._session.rows("earlier_parts", self._bot_id, update_id, f'%"{album}"%')
        return [row["payload"] for row in rows]

    async def earlier_of_message(self, row: InboxRow, message_id: int) -> list[str]:
        """Return what came of a message in the minutes before, in its queue; at most twenty updates."""
        like = f'%"message_id": {message_id}%'
        rows = await self._session.rows("earlier_of_message", self._bot_id, row.queue_key, row.update_id, like)
        return [found["payload"] for found in rows]

    async def read_cursor(self) -> tuple[int, float]:
        """Return the next offset, 0 if none is known, and the seconds since it moved."""
        row = await self._session.row("read_cursor", self._bot_id)
        return (row["next_offset"], row["age"]) if row else (0, 0.0)

    async def forget_cursor(self) -> None:
        """Let the next poll begin with the oldest update that Telegram has."""
        await self._session.execute("write_cursor", self._bot_id, 0)

    async def add_updates(self, rows: Sequence[tuple[int, str, str]], next_offset: int) -> None:
        """Commit (update id, queue, payload) rows and the cursor together; rows known already are passed over."""
        async with self._session.unit() as tx:
            if rows:
                await tx.many("add_update", [(self._bot_id, *row) for row in rows])
            await tx.execute("write_cursor", self._bot_id, next_offset)

    async def next(self, but: Sequence[str] = ()) -> list[InboxRow]:
        """Return the oldest new row of each queue, without the queues `but`; what came first is first."""
        rows = await self._session.rows("next_inbox", self._bot_id, list(but))
        return [InboxRow(row["update_id"], row["lane"], row["payload"], row["received_at"]) for row in rows]

    async def claim(self, update_id: int) -> bool:
        """Hold a row until the transaction ends; False where it is done or another consumer has it."""
        return bool(await self._tx.value("claim_inbox", self._bot_id, update_id))

    async def drop(self, update_id: int) -> None:
        """Keep nothing of an update of people whom the bot does not know: one that comes again says the same again."""
        await self._session.execute("drop_inbox", self._bot_id, update_id)

    async def finish(self, update_id: int, state: str = "done", error: str | None = None) -> None:
        """Mark a row `done`, or `dead` with words that hold nothing of its contents."""
        note(Step.TAKEN, await self._session.value("finish_inbox", self._bot_id, update_id, state, error))
