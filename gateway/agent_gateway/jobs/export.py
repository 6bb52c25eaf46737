"""Writes a history, or what is kept of one person, into files for the chat, page by page: no transaction and no connection is held while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from agent_gateway.effects import WakeOutbox
from agent_gateway.jobs.persons import read_person
from agent_gateway.metrics import LIMITS
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Urgency
from agent_gateway.store.history import TextFile
from agent_gateway.store.jobs import Job
from agent_gateway.store.rows import Thread
from agent_gateway.wording import export as texts
from agent_gateway.wording import keys, persons
from agent_gateway.wording.say import SOURCE

MOST_BYTES: Final = 45 << 20
"""Of one file: Telegram takes 50 MB from a bot."""
MOST_FILES: Final = 4
"""Of one history; what comes behind them is left out, and the caption says so."""


PERSON: Final = "person"
"""Names in a job's progress whose data are wanted, instead of a conversation's history."""


@dataclass(frozen=True, slots=True)
class _Text:
    """What is written.

    Attributes:
        head: At the beginning of each file.
        name: Of the files, without their ending.
        parts: What follows.
    """

    head: str
    name: str
    parts: AsyncIterator[str]


class Exporting:
    """Carries jobs of this kind out. One that is broken off begins anew: nothing speaks of its files, and they are purged."""

    def __init__(self, store: Store, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._most = most_bytes

    async def work(self, job: Job) -> bool:
        """Write it all; True, as nothing is left then."""
        thread = await self._store.threads.by_id(job.thread_id)
        if thread is None:
            text = _Text("", "", _read_nothing())
        elif PERSON in job.progress:
            text = self._read_person(thread, int(job.progress[PERSON]))
        else:
            text = self._read_thread(thread)
        files, entries, whole = await self._write(job.thread_id, text)
        await self._tell(job, thread.language if thread is not None else SOURCE, files, entries, whole=whole)
        return True

    def _read_thread(self, thread: Thread) -> _Text:
        language = thread.language
        head = texts.export_head(language, thread.name, thread.title, datetime.now(UTC))
        parts = (texts.export_part(language, said) async for said in self._store.history.read(thread.id))
        return _Text(head, thread.name, parts)

    def _read_person(self, thread: Thread, person_id: int) -> _Text:
        head = persons.person_head(thread.language, person_id, datetime.now(UTC))
        return _Text(head, texts.name_person(person_id), read_person(self._store, person_id, thread.language))

    async def _tell(self, job: Job, language: str, files: Sequence[int], entries: int, *, whole: bool) -> None:
        async with self._store.transaction() as tx:
            if await tx.jobs.hold(job.id) is None:
                return
            if not files:
                caption = keys.export_nothing(language)
            elif PERSON in job.progress:
                caption = keys.export_all_caption(language, count=entries)
            else:
                caption = texts.export_caption(language, entries, len(files))
            if not whole:
                caption = f"{caption} {keys.export_cut(language)}"
                LIMITS.labels("export-files").inc()
            for number, file_id in enumerate(files or [None], 1):
                key, words = f"export:{job.id}:{number}", caption if number == 1 else ""
                urgency = Urgency.NOTICE if file_id is not None else Urgency.ANSWER  # answers wait for no upload
                await tx.outbox.put(job.address, words, key, reply_to=job.message_id, file_id=file_id, urgency=urgency)
            await tx.jobs.end(job.id)
            tx.after(WakeOutbox())

    async def _write(self, thread_id: int, text: _Text) -> tuple[list[int], int, bool]:
        """Return the files, how many entries they have, and whether that is all."""
        head = text.head.encode()
        writer: TextFile | None = None
        files: list[int] = []
        entries = 0
        async for said in text.parts:
            part = said.encode("utf-8", "replace")
            if writer is None or writer.bytes + len(part) > self._most:
                if writer is not None:
                    await writer.finish()
                if len(files) == MOST_FILES:
                    return files, entries, False
                name = texts.export_name(text.name, len(files) + 1)
                writer = await self._store.history.begin_text(thread_id, name, texts.MEDIA_TYPE)
                files.append(writer.file_id)
                await writer.write(head)
            entries += 1
            await writer.write(part)
        if writer is not None:
            await writer.finish()
        return files, entries, True


async def _read_nothing() -> AsyncIterator[str]:
    parts: tuple[str, ...] = ()
    for part in parts:
        yield part
