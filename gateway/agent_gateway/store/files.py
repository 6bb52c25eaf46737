"""Files for the chat, in rows of at most a mebibyte, until they stand there."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from agent_gateway.errors import LeadershipLost
from agent_gateway.quotas import Limit, OverQuota, Quotas
from agent_gateway.store.chatrows import Urgency
from agent_gateway.store.errors import Away
from agent_gateway.store.reserving import FIRST_BYTES, Reservation
from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room
from agent_gateway.store.workspaces import CHUNK_BYTES

MOST_WAITING: Final = 20
"""Files of one conversation that the database holds for its chat."""
NO_QUOTAS: Final = Quotas()


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that the agent has for the chat.

    Attributes:
        thread_id: Whose it is.
        address: The chat or topic.
        name: As the chat shows it.
        media_type: What it is.
        caption: What is said with it.
        dedupe_key: The same key is said once.
        reply_to: The message that it answers.
    """

    thread_id: int
    address: Address
    name: str
    media_type: str
    caption: str
    dedupe_key: str
    reply_to: int | None


class FileQueries(Room):
    """Files that the agent, or the gateway itself, has for a chat."""

    async def add(self, thread_id: int, name: str, media_type: str, data: bytes) -> int:
        """Store a small file at once; return its id, which an outbox row then names."""
        file_id = int(await self._tx.value("begin_file", thread_id, name, media_type, thread_id, 0))
        for ordinal, start in enumerate(range(0, len(data), CHUNK_BYTES)):
            await self._tx.execute("add_file_chunk", file_id, ordinal, data[start : start + CHUNK_BYTES])
        await self._tx.execute("finish_file", file_id, len(data))
        return file_id

    async def _begin(self, new: NewFile, quotas: Quotas = NO_QUOTAS) -> Reservation:
        """Reserve room for a file that is about to come.

        Raises:
            OverQuota: there is none, or too many files of its conversation wait for the chat.
        """
        root = await self._session.quotas.find_root(new.thread_id)
        async with self._session.unit() as tx:
            await tx.quotas.hold()
            if await tx.value("files_waiting", root, new.dedupe_key) >= MOST_WAITING:
                words = f"{MOST_WAITING} files wait to be sent already: the chat takes them one after the other"
                raise OverQuota(Limit.FILES_WAITING, f"{words} (limit: {Limit.FILES_WAITING}).")
            await tx.quotas.check_files(root, FIRST_BYTES, quotas)
            number = await tx.value("begin_file", new.thread_id, new.name, new.media_type, root, FIRST_BYTES)
        return Reservation(int(number))

    async def save(self, new: NewFile, chunks: AsyncIterator[bytes], quotas: Quotas = NO_QUOTAS) -> int:
        """Store a stream and say it in the chat, once for each key; return how many bytes came.

        Whatever `chunks` raises is passed on, and nothing of the stream stays.

        Raises:
            OverQuota: there is no room for it, or too many files of its conversation wait for the chat.
        """
        reserved = await self._begin(new, quotas)
        return await self._fill(reserved, new, chunks, quotas)

    async def _fill(
        self, reserved: Reservation, new: NewFile, chunks: AsyncIterator[bytes], quotas: Quotas = NO_QUOTAS
    ) -> int:
        """Store a stream for which room is reserved; more of it is reserved before it is written.

        Raises:
            OverQuota: there is no room for more of it.
        """
        file_id, ordinal = reserved.id, 0
        root = await self._session.quotas.find_root(new.thread_id)
        try:
            async for chunk in chunks:
                more = reserved.find_more(len(chunk))
                async with self._session.unit() as tx:
                    if more:
                        await tx.quotas.hold()
                        await tx.quotas.check_files(root, more, quotas)
                        await tx.value("hold_file", file_id, reserved.held + more)
                    await tx.execute("add_file_chunk", file_id, ordinal, chunk)
                reserved.add(len(chunk), more)
                ordinal += 1
            async with self._session.unit() as tx:
                if await tx.value("outbox_has", new.dedupe_key):
                    await tx.execute("drop_file", file_id)
                    return reserved.filled
                await tx.execute("finish_file", file_id, reserved.filled)
                await tx.outbox.put(
                    new.address, new.caption, new.dedupe_key, reply_to=new.reply_to, file_id=file_id,
                    urgency=Urgency.NOTICE,
                )  # fmt: skip
        except BaseException:
            with contextlib.suppress(Away, LeadershipLost):  # it is purged later then
                await self._session.execute("drop_partial_file", file_id)
            raise
        return reserved.filled

    async def stream(self, file_id: int) -> AsyncIterator[bytes]:
        """Yield a stored file, never all in memory."""
        async for data in self._session.slices("file_slice", file_id):
            yield data
