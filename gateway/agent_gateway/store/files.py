"""Files for the chat, in rows of at most a mebibyte, until they stand there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from agent_gateway.store.database import Connection, Database
from agent_gateway.store.rows import Address
from agent_gateway.store.sql import QUERIES
from agent_gateway.store.workspaces import CHUNK_BYTES


class FileQueries(Database):
    """Files that the agent, or the gateway itself, has for a chat."""

    async def add_file(self, connection: Connection, thread_id: int, name: str, media_type: str, data: bytes) -> int:
        """Store a small file at once; return its id, which an outbox row then names."""
        file_id = int(await connection.fetchval(QUERIES["begin_file"], thread_id, name, media_type))
        for ordinal, start in enumerate(range(0, len(data), CHUNK_BYTES)):
            await connection.execute(QUERIES["add_file_chunk"], file_id, ordinal, data[start : start + CHUNK_BYTES])
        await connection.execute(QUERIES["finish_file"], file_id, len(data))
        return file_id

    async def store_file(
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
        async with self.fenced() as connection:
            file_id = int(await connection.fetchval(QUERIES["begin_file"], thread_id, name, media_type))
        total = 0
        try:
            ordinal = 0
            async for chunk in chunks:
                await self._write("add_file_chunk", file_id, ordinal, chunk)
                ordinal, total = ordinal + 1, total + len(chunk)
            async with self.fenced() as connection:
                if await connection.fetchval(QUERIES["outbox_has"], dedupe_key):
                    await connection.execute(QUERIES["drop_file"], file_id)
                    return total
                await connection.execute(QUERIES["finish_file"], file_id, total)
                await self._say_file(connection, address, file_id, caption, dedupe_key, reply_to)
        except BaseException:
            await self.pool.execute(QUERIES["drop_file"], file_id)
            raise
        return total

    async def _say_file(
        self, connection: Connection, address: Address, file_id: int, caption: str, key: str, reply_to: int | None
    ) -> None:
        values: list[Any] = [address.bot_id, key, address.chat_id, address.topic_id, reply_to, None, "reply", "plain"]
        await connection.execute(QUERIES["put_outbox"], *values, caption, [], "[]", file_id)

    async def files_waiting(self, thread_id: int, dedupe_key: str) -> int:
        """Count the files of a thread that do not stand in the chat yet, but for the one of this key."""
        return int(await self._value("files_waiting", thread_id, dedupe_key))

    async def stream_file(self, file_id: int) -> AsyncIterator[bytes]:
        """Yield a stored file, never all in memory."""
        async for row in self._pages("file_chunks", file_id, 4):
            yield row["data"]
