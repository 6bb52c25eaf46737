"""Writes a history into files for the chat, page by page: no transaction and no connection is held while it is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from agent_gateway.effects import WakeOutbox
from agent_gateway.store import Store
from agent_gateway.store.history import TextFile
from agent_gateway.store.jobs import Job
from agent_gateway.store.rows import Thread
from agent_gateway.wording import export as texts

MOST_BYTES: Final = 45 << 20
"""Of one file: Telegram takes 50 MB from a bot."""


class Exporting:
    """Carries jobs of this kind out. One that is broken off begins anew: nothing speaks of its files, and they are purged."""

    def __init__(self, store: Store, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._most = most_bytes

    async def work(self, job: Job) -> bool:
        """Write it all; True, as nothing is left then."""
        thread = await self._store.threads.by_id(job.thread_id)
        files, entries = await self._write(thread) if thread is not None else ([], 0)
        async with self._store.transaction() as tx:
            if await tx.jobs.hold(job.id) is None:
                return True
            caption = texts.export_caption(entries, len(files)) if files else texts.NOTHING_TO_EXPORT
            for number, file_id in enumerate(files or [None], 1):
                key, words = f"export:{job.id}:{number}", caption if number == 1 else ""
                await tx.outbox.put(job.address, words, key, reply_to=job.message_id, file_id=file_id)
            await tx.jobs.end(job.id)
            tx.after(WakeOutbox())
        return True

    async def _write(self, thread: Thread) -> tuple[list[int], int]:
        """Return the files, and how many entries they have."""
        head = texts.export_head(thread.name, thread.title, datetime.now(UTC)).encode()
        writer: TextFile | None = None
        files: list[int] = []
        entries = 0
        async for said in self._store.history.read(thread.id):
            part = texts.export_part(said).encode("utf-8", "replace")
            if writer is None or writer.bytes + len(part) > self._most:
                if writer is not None:
                    await writer.finish()
                name = texts.export_name(thread.name, len(files) + 1)
                writer = await self._store.history.begin_text(thread.id, name, texts.MEDIA_TYPE)
                files.append(writer.file_id)
                await writer.write(head)
            entries += 1
            await writer.write(part)
        if writer is not None:
            await writer.finish()
        return files, entries
