"""What must be said."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from agent_gateway.store.database import Connection, Database
from agent_gateway.store.rows import Address, Button, DueReaction, FileRow, OutboxRow, ToolUse, TurnState, dump_buttons
from agent_gateway.store.sql import QUERIES


class OutboxQueries(Database):
    """The outbox."""

    async def put(
        self,
        connection: Connection | None,
        address: Address,
        text: str,
        dedupe_key: str,
        *,
        kind: str = "reply",
        format: str = "plain",  # noqa: A002  # the column's name
        reply_to: int | None = None,
        message_ids: Sequence[int] = (),
        buttons: Sequence[Button] = (),
        file_id: int | None = None,
    ) -> None:
        """Say something once: a second row of the same key is passed over.

        `message_ids` are messages that stand already and are made to show it; with `file_id` it is a file, and the text
        its caption.
        """
        if connection is None:
            async with self.fenced() as own:
                await self.put(
                    own, address, text, dedupe_key, kind=kind, format=format, reply_to=reply_to,
                    message_ids=message_ids, buttons=buttons, file_id=file_id,
                )  # fmt: skip
            return
        await connection.execute(
            QUERIES["put_outbox"], address.bot_id, dedupe_key, address.chat_id, address.topic_id, reply_to, None, kind,
            format, text, list(message_ids), dump_buttons(buttons), file_id,
        )  # fmt: skip

    async def claim_outbox(
        self, exclude_chats: Collection[int], most: int = 100, busy: Collection[tuple[int, int | None]] = ()
    ) -> list[OutboxRow]:
        """Return the oldest row of each topic where that is due, marked as being sent; `most` at once.

        Chats that are excluded, and the (chat, topic) pairs in `busy`, are left alone. Chats that were served longest ago
        come first.
        """
        async with self.fenced() as connection:
            rows = await connection.fetch(
                QUERIES["claim_outbox"], self.bot_id, list(exclude_chats), most,
                [chat for chat, _ in busy], [topic or 0 for _, topic in busy],
            )  # fmt: skip
        return [_outbox_row(row) for row in rows]

    async def progress_outbox(self, outbox_id: int, message_ids: Sequence[int], shown: Sequence[str]) -> None:
        """Remember how far a row got."""
        await self._write("progress_outbox", outbox_id, list(message_ids), list(shown))

    async def sent(self, outbox_id: int) -> None:
        """Mark a row as said; a file of it is the chat's from then on."""
        async with self.fenced() as connection:
            await connection.execute(QUERIES["sent"], outbox_id)
            await connection.execute(QUERIES["drop_sent_chunks"], outbox_id)

    async def retry_outbox(self, outbox_id: int, delay: float, error: str) -> None:
        """Make a row due again after `delay` seconds."""
        await self._write("retry_outbox", outbox_id, delay, error)

    async def dead(self, outbox_id: int, error: str) -> None:
        """Give a row up, with words; a file of it is wanted by nobody."""
        async with self.fenced() as connection:
            await connection.execute(QUERIES["dead"], outbox_id, error)
            await connection.execute(QUERIES["drop_sent_chunks"], outbox_id)

    async def reset_sending(self) -> None:
        """Make due again what a former leader was sending."""
        await self._write("reset_sending", self.bot_id)

    async def resting_chats(self) -> dict[int, float]:
        """Return the chats whose rows wait to be sent again, each with the seconds left."""
        return {row["chat_id"]: row["seconds"] for row in await self._rows("resting_chats", self.bot_id)}

    async def outbox_backlog(self) -> tuple[int, float]:
        """Return how many rows wait and the oldest one's age in seconds."""
        row = await self._row("outbox_backlog", self.bot_id)
        return row["pending"], row["age"]

    async def due_reactions(
        self, busy: Collection[int], exclude_chats: Collection[int], most: int
    ) -> list[DueReaction]:
        """Return turns whose message does not bear the reaction that it should, oldest first, but for busy ones."""
        rows = await self._rows("due_reactions", self.bot_id, list(busy), list(exclude_chats), most)
        return [
            DueReaction(
                turn_id=row["turn_id"],
                address=Address(row["bot_id"], row["chat_id"], row["topic_id"]),
                message_id=row["message_id"],
                state=TurnState(row["state"]),
                reason=row["reason"],
                begun=row["begun"],
                attempts=row["attempts"],
            )
            for row in rows
        ]

    async def begin_reaction(self, turn_id: int) -> None:
        """Record that eyes may stand on the message of a turn from now on."""
        await self._write("begin_reaction", turn_id)

    async def settle_reaction(self, turn_id: int) -> None:
        """Record that nothing more is to be done on the message of a turn."""
        await self._write("settle_reaction", turn_id)

    async def retry_reaction(self, turn_id: int, delay: float) -> None:
        """Make the outcome of a turn due again after `delay` seconds."""
        await self._write("retry_reaction", turn_id, delay)

    async def save_tools(self, turn_id: int, state: dict[str, Any]) -> None:
        """Remember which tools a running turn has used."""
        await self._write("save_tools", turn_id, json.dumps(state))

    async def load_tools(self, turn_id: int) -> dict[str, Any] | None:
        """Return which tools a turn has used."""
        found = await self._value("load_tools", turn_id)
        return None if found is None else dict(json.loads(found))


def _outbox_row(row: Any) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        address=Address(row["bot_id"], row["chat_id"], row["topic_id"]),
        reply_to=row["reply_to"],
        turn_id=row["turn_id"],
        kind=row["kind"],
        format=row["format"],
        text=row["text"],
        message_ids=tuple(row["message_ids"]),
        shown=tuple(row["shown"]),
        attempts=row["attempts"],
        buttons=tuple(Button(text, data) for text, data in json.loads(row["buttons"])),
        file=FileRow(row["file_id"], row["file_name"], row["media_type"], row["bytes"]) if row["file_id"] else None,
        tools=ToolUse(row["tools"], row["tools_failed"], row["seconds"]) if row["tools"] else None,
    )
