"""`/export`: the history of a conversation as a file in the chat."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_gateway.commands.turns import Outcome
from agent_gateway.store import Store
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command
from agent_gateway.wording import export as texts

MOST_BYTES = 45 << 20
"""Of one file: Telegram takes 50 MB from a bot."""


class Export:
    """Writes a history into files, in the transaction of the command, so that it is said once and not lost."""

    def __init__(self, store: Store, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._most = most_bytes

    async def export(self, tx: Transaction, update_id: int, command: Command) -> Outcome:
        """Put the history of this conversation into the chat; never all of it in memory."""
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(texts.NOTHING_TO_EXPORT)
        head = texts.export_head(thread.name, thread.title, datetime.now(UTC)).encode()
        files: list[int] = []
        entries = 0
        writer = None
        async for said in tx.history.read(thread.id):
            part = texts.export_part(said).encode("utf-8", "replace")
            if writer is None or writer.bytes + len(part) > self._most:
                if writer is not None:
                    await writer.finish()
                name = texts.export_name(thread.name, len(files) + 1)
                writer = await tx.history.begin_text(thread.id, name, texts.MEDIA_TYPE)
                files.append(writer.file_id)
                await writer.write(head)
            entries += 1
            await writer.write(part)
        if writer is None:
            return Outcome(texts.NOTHING_TO_EXPORT)
        await writer.finish()
        caption = texts.export_caption(entries, len(files))
        for number, file_id in enumerate(files, 1):
            key, words = f"export:{update_id}:{number}", caption if number == 1 else ""
            await tx.outbox.put(command.address, words, key, reply_to=command.message_id, file_id=file_id)
        await tx.audit.add(command.person_id, "export", thread.name)
        return Outcome("")
