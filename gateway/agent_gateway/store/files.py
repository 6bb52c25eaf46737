"""Files for the chat, in rows of at most a mebibyte, until they stand there."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from agent_gateway.errors import LeadershipLost
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room

if TYPE_CHECKING:
    from agent_gateway.store.transaction import Transaction
from agent_gateway.store.workspaces import CHUNK_BYTES


class FileQueries(Room):
    """Files that the agent, or the gateway itself, has for a chat."""

    async def add(self, thread_id: int, name: str, media_type: str, data: bytes) -> int:
        """Store a small file at once; return its id, which an outbox row then names."""
        file_id = int(await self._tx.value("begin_file", thread_id, name, media_type))
        for ordinal, start in enumerate(range(0, len(data), CHUNK_BYTES)):
            await self._tx.execute("add_file_chunk", file_id, ordinal, data[start : start + CHUNK_BYTES])
        await self._tx.execute("finish_file", file_id, len(data))
        return file_id

    async def save(
        self,
        thread_id: int,
        address: Address,
        name: str,
        media_type: str,
        chunks: AsyncIterator[bytes],
        *,
        caption: str,
        dedupe_key: str,
        reply_to: int | None,
    ) -> int:
        """Store a stream and say it in the chat, once for each key; return how many bytes came.

        Whatever `chunks` raises is passed on, and nothing of the stream stays.
        """
        async with self._session.unit() as tx:
            file_id = int(await tx.value("begin_file", thread_id, name, media_type))
        total = 0
        try:
            ordinal = 0
            async for chunk in chunks:
                await self._session.execute("add_file_chunk", file_id, ordinal, chunk)
                ordinal, total = ordinal + 1, total + len(chunk)
            async with self._session.unit() as tx:
                if await tx.value("outbox_has", dedupe_key):
                    await tx.execute("drop_file", file_id)
                    return total
                await tx.execute("finish_file", file_id, total)
                await _say_file(tx, address, file_id, caption, dedupe_key, reply_to)
        except BaseException:
            with contextlib.suppress(Away, LeadershipLost):  # it is purged later then
                await self._session.execute("drop_partial_file", file_id)
            raise
        return total

    async def count_unsent(self, thread_id: int, dedupe_key: str) -> int:
        """Count the files of a thread that do not stand in the chat yet, but for the one of this key."""
        return int(await self._session.value("files_waiting", thread_id, dedupe_key))

    async def stream(self, file_id: int) -> AsyncIterator[bytes]:
        """Yield a stored file, never all in memory."""
        async for row in self._session.pages("file_chunks", file_id, 4):
            yield row["data"]


async def _say_file(
    tx: Transaction, address: Address, file_id: int, caption: str, key: str, reply_to: int | None
) -> None:
    values: list[Any] = [address.bot_id, key, address.chat_id, address.topic_id, reply_to, None, "reply", "plain"]
    await tx.execute("put_outbox", *values, caption, [], "[]", file_id)
