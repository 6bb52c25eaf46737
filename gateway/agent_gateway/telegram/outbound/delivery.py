"""One outbox row: what stands is edited, the rest is sent, what is too much goes away."""

from __future__ import annotations

import asyncio
import io
import logging
import tempfile
from collections.abc import Awaitable, Callable

from agent_gateway.render.longanswer import LongAnswer, plan
from agent_gateway.render.render import (
    MAX_UNITS,
    Chunk,
    fit_caption,
    render,
    with_buttons,
    with_line,
    without_entities,
)
from agent_gateway.store.chatrows import FileRow, OutboxRow
from agent_gateway.telegram.errors import Ambiguous, RefusalKind, Refused, ServerFailed
from agent_gateway.telegram.ports import Chat, FileStore, OutboxStore, OutgoingFile
from agent_gateway.wording.texts import file_refused_text
from agent_gateway.wording.tools import fold

log = logging.getLogger(__name__)

_WORDS = {
    RefusalKind.THREAD_NOT_FOUND: "the topic is gone",
    RefusalKind.CHAT_GONE: "the chat is gone, or the bot may not write there",
}
_NOWHERE = frozenset({*_WORDS, RefusalKind.TOPIC_CLOSED})
"""Words would be refused as well."""
_SMALLEST = 256
_FILE = "file"
"""In place of a hash: the message is the file."""
_IN_MEMORY = 1 << 20
"""Bytes of a file that are held in memory; what is more is on the disk while it is sent."""


class GivenUp(Exception):  # an outcome, not a fault
    """Telegram will never take this row; the text says why, without what it holds."""


class Delivery:
    """Brings one row into its chat. Problems that waiting can help leave as they are; `GivenUp` is final.

    Args:
        api: Says it.
        store: Remembers how far it got, so that a restart goes on there.
        row: What must be said.
        before: Awaited before each call: until the chat may be called; raises when this process may no longer act.
        repeat_after: Seconds before a message with an unknown outcome is sent once more.
    """

    def __init__(
        self,
        api: Chat,
        store: OutboxStore,
        files: FileStore,
        row: OutboxRow,
        *,
        before: Callable[[], Awaitable[None]],
        repeat_after: float,
    ) -> None:
        self._api = api
        self._store = store
        self._files = files
        self._row = row
        self._before = before
        self._repeat_after = repeat_after
        self._ids = list(row.message_ids)
        self._shown = list(row.shown)
        self._reply_to = row.reply_to

    async def run(self) -> None:
        """Say the whole row.

        Raises:
            GivenUp: Telegram will never take it.
            TelegramProblem: It may be tried again later.
        """
        try:
            await self._say_row()
        except Refused as refusal:
            if refusal.kind is RefusalKind.TOPIC_CLOSED:
                raise  # it may be opened again
            raise GivenUp(_WORDS.get(refusal.kind, str(refusal))) from None

    async def _say_row(self) -> None:
        text = self._row.text
        if self._row.file is not None:
            refusal = await self._say_file(self._row.file)
            if refusal is None:
                return
            text = file_refused_text(self._row.file.name, text, refusal.description)
        elif self._row.format == "markdown":
            long = await asyncio.to_thread(plan, text)
            if long is not None and await self._say_as_file(long) is None:
                return
        await self._say_text(text)

    async def _say_text(self, text: str) -> None:
        limit = MAX_UNITS
        while True:
            try:
                # Off the loop: a very long answer takes a while, and no other chat should wait for that.
                chunks = await asyncio.to_thread(render, text, self._row.format, limit=limit)
                line = fold(self._row.tools)
                if line is not None:
                    chunks = with_line(chunks, line, limit)
                await self._say(with_buttons(chunks, self._row.buttons))
            except Refused as refusal:
                if refusal.kind is not RefusalKind.TOO_LONG or limit <= _SMALLEST:
                    raise
                limit //= 2
                continue
            return

    async def _say(self, chunks: list[Chunk], keep: int | None = None) -> None:
        """Make the messages show the chunks, and remove those behind the first `keep`."""
        for index, chunk in enumerate(chunks):
            if index < len(self._shown) and self._shown[index] in (chunk.hash, without_entities(chunk).hash):
                continue
            shown = await self._say_chunk(index, chunk)
            self._shown[index : index + 1] = [shown.hash]
            await self._store.progress(self._row.id, tuple(self._ids), tuple(self._shown))
        while len(self._ids) > (len(chunks) if keep is None else keep):
            await self._before()
            await self._remove(self._ids.pop())
            await self._store.progress(self._row.id, tuple(self._ids), tuple(self._shown))

    async def _say_chunk(self, index: int, chunk: Chunk) -> Chunk:
        try:
            await self._put(index, chunk)
        except Refused as refusal:
            if refusal.kind is RefusalKind.CANT_PARSE and chunk.entities:
                log.warning("formatting was refused, the text goes out plain", extra={"outbox": self._row.id})
                plain = without_entities(chunk)
                await self._put(index, plain)
                return plain
            raise
        return chunk

    async def _put(self, index: int, chunk: Chunk) -> None:
        if index < len(self._ids):
            await self._before()
            try:
                await self._api.edit_message_text(
                    self._row.address, self._ids[index], chunk.text, chunk.entities, chunk.buttons
                )
            except Refused as refusal:
                if refusal.kind is not RefusalKind.NOT_FOUND:
                    raise
                await self._give_up_from(index)
            else:
                return
        self._ids.append(await self._send(index, chunk))

    async def _give_up_from(self, index: int) -> None:
        """Do without a message that is gone and those behind it: what is sent in its place would stand behind them."""
        while len(self._ids) > index + 1:
            await self._before()
            await self._remove(self._ids.pop())
        del self._ids[index:], self._shown[index:]

    async def _say_file(self, file: FileRow) -> Refused | None:
        """Send the file of the row; return why Telegram does not take it."""
        if _FILE in self._shown:
            return None  # it stands, and was only not noted as said
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as data:
            async for part in self._files.stream(file.id):
                await asyncio.to_thread(data.write, part)
            outgoing = OutgoingFile(file.name, file.media_type, file.bytes, data)
            return await self._add_file(outgoing, fit_caption(self._row.text))

    async def _say_as_file(self, long: LongAnswer) -> Refused | None:
        """Say the beginning where the previews stand, and send the whole behind it; return why that is not taken."""
        line = fold(self._row.tools)
        chunks = with_line(long.chunks, line) if line is not None else long.chunks
        count = len(chunks)
        await self._say(with_buttons(chunks, self._row.buttons), keep=count + (_FILE in self._shown[count : count + 1]))
        if _FILE in self._shown:
            return None
        data = long.file_text.encode()
        with io.BytesIO(data) as contents:
            return await self._add_file(OutgoingFile(long.file_name, "text/plain", len(data), contents), "")

    async def _add_file(self, file: OutgoingFile, caption: str) -> Refused | None:
        try:
            sent = await self._at_most_twice(len(self._ids), lambda: self._send_file_once(file, caption))
        except Refused as refusal:
            if refusal.kind in _NOWHERE:
                raise
            log.warning("a file was refused, words go out", extra={"outbox": self._row.id, "kind": refusal.kind.value})
            return refusal
        self._ids.append(sent)
        self._shown.append(_FILE)
        await self._store.progress(self._row.id, tuple(self._ids), tuple(self._shown))
        return None

    async def _send_file_once(self, file: OutgoingFile, caption: str) -> int:
        await self._before()
        return await self._api.send_file(self._row.address, file, caption, self._reply_to)

    async def _send(self, index: int, chunk: Chunk) -> int:
        return await self._at_most_twice(index, lambda: self._send_once(index, chunk))

    async def _at_most_twice(self, index: int, send: Callable[[], Awaitable[int]]) -> int:
        try:
            return await send()
        except ServerFailed:
            raise
        except Ambiguous:
            # Losing an answer is worse than saying it twice; but never more than twice.
            await asyncio.sleep(self._repeat_after)
        try:
            return await send()
        except ServerFailed:
            raise
        except Ambiguous:
            log.warning("nobody confirmed a message that was sent twice", extra={"outbox": self._row.id, "part": index})
            return 0

    async def _send_once(self, index: int, chunk: Chunk) -> int:
        await self._before()
        address, reply_to = self._row.address, self._reply_to if index == 0 else None
        try:
            return await self._api.send_message(address, chunk.text, chunk.entities, reply_to, chunk.buttons)
        except Refused as refusal:
            if refusal.kind is not RefusalKind.REPLY_GONE or reply_to is None:
                raise
            self._reply_to = None
            return await self._api.send_message(address, chunk.text, chunk.entities, None, chunk.buttons)

    async def _remove(self, message_id: int) -> None:
        try:
            await self._api.delete_message(self._row.address, message_id)
        except Refused:
            # Older than two days, or no right to: what was previewed there stays.
            log.info("a message that is no longer needed stays", extra={"outbox": self._row.id})
