"""What must be said."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from agent_gateway.store.chatrows import Button, FileRow, OutboxRow, ToolUse, dump_buttons
from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room


class OutboxQueries(Room):
    """The outbox."""

    async def put(
        self,
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
        await self._session.execute(
            "put_outbox", address.bot_id, dedupe_key, address.chat_id, address.topic_id, reply_to, None, kind,
            format, text, list(message_ids), dump_buttons(buttons), file_id,
        )  # fmt: skip

    async def claim(
        self, exclude_chats: Collection[int], most: int = 100, busy: Collection[tuple[int, int | None]] = ()
    ) -> list[OutboxRow]:
        """Return the oldest row of each topic where that is due, marked as being sent; `most` at once.

        Chats that are excluded, and the (chat, topic) pairs in `busy`, are left alone. Chats that were served longest ago
        come first.
        """
        async with self._session.unit() as tx:
            rows = await tx.rows(
                "claim_outbox", self._bot_id, list(exclude_chats), most,
                [chat for chat, _ in busy], [topic or 0 for _, topic in busy],
            )  # fmt: skip
        return [_outbox_row(row) for row in rows]

    async def progress(self, outbox_id: int, message_ids: Sequence[int], shown: Sequence[str]) -> None:
        """Remember how far a row got."""
        await self._session.execute("progress_outbox", outbox_id, list(message_ids), list(shown))

    async def sent(self, outbox_id: int) -> None:
        """Mark a row as said; a file of it is the chat's from then on."""
        async with self._session.unit() as tx:
            await tx.execute("sent", outbox_id)
            await tx.execute("drop_sent_chunks", outbox_id)

    async def retry(self, outbox_id: int, delay: float, error: str) -> None:
        """Make a row due again after `delay` seconds."""
        await self._session.execute("retry_outbox", outbox_id, delay, error)

    async def dead(self, outbox_id: int, error: str) -> None:
        """Give a row up, with words; a file of it is wanted by nobody."""
        async with self._session.unit() as tx:
            await tx.execute("dead", outbox_id, error)
            await tx.execute("drop_sent_chunks", outbox_id)

    async def hold(self, outbox_id: int) -> None:
        """Keep a row that a closed topic does not take; it is tried again when that is reopened."""
        await self._session.execute("hold_outbox", outbox_id)

    async def release_held(self, address: Address) -> None:
        """Make due again what a topic did not take."""
        await self._session.execute("release_held", address.bot_id, address.chat_id, address.topic_id)

    async def probe_held(self) -> bool:
        """Make due again one row of each topic that has been closed for a while; False where there is none."""
        async with self._session.unit() as tx:
            return bool(await tx.rows("probe_held", self._bot_id))

    async def reset_sending(self) -> None:
        """Make due again what a former leader was sending."""
        await self._session.execute("reset_sending", self._bot_id)

    async def resting_chats(self) -> dict[int, float]:
        """Return the chats whose rows wait to be sent again, each with the seconds left."""
        return {row["chat_id"]: row["seconds"] for row in await self._session.rows("resting_chats", self._bot_id)}

    async def backlog(self) -> tuple[int, float]:
        """Return how many rows wait and the oldest one's age in seconds."""
        row = await self._session.row("outbox_backlog", self._bot_id)
        return row["pending"], row["age"]


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
        age=row["age"],
        tools=ToolUse(row["tools"], row["tools_failed"], row["seconds"]) if row["tools"] else None,
    )
