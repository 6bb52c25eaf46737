"""One outbox row: what stands is edited, the rest is sent, what is too much goes away."""

from __future__ import annotations

import asyncio
import io
import logging
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from agent_gateway.render.longanswer import LongAnswer
from agent_gateway.render.render import MAX_UNITS, Chunk, fit_caption, without_entities
from agent_gateway.store.chatrows import FileRow, OutboxRow
from agent_gateway.telegram.errors import Ambiguous, Refused, ServerFailed, TelegramProblem, Unsupported
from agent_gateway.telegram.outbound.after import Act, Anew, Plain, Shorter, Step, Tries, Unanchored, after
from agent_gateway.telegram.outbound.composing import Composer
from agent_gateway.telegram.outbound.diskroom import DiskRoom
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.renderer import Renderer, RenderHere
from agent_gateway.telegram.outbound.richform import RichMessage, RichPolicy, goes_classic, note_rich
from agent_gateway.telegram.outbound.way import with_note
from agent_gateway.telegram.ports import Chat, FileStore, OutboxStore, OutgoingFile
from agent_gateway.wording import keys
from agent_gateway.wording.texts import file_refused_text

log = logging.getLogger(__name__)
T = TypeVar("T")

FRESH_SECONDS: Final = 5.0
"""A preview that is no older, and the last message of its topic, becomes the final: whoever asked is still looking. Later
the final is a new message, which a phone tells of."""
_SMALLEST = 256
_FILE = "file"
"""In place of a hash: the message is the file."""
_IN_MEMORY = 1 << 20
"""Bytes of a file that are held in memory; what is more is on the disk while it is sent."""


class Delivery:
    """Brings one row into its chat. A problem that cannot be settled here is raised; `act` says what it befell.

    Args:
        api: Says it.
        store: Remembers how far it got, so that a restart goes on there.
        files: Holds what it sends.
        row: What must be said.
        newest: Which message is the last of its topic.
        before: Awaited before each call: until the chat may be called; raises when this process may no longer act.
        disk: Where its file is on its way.
        rich: When answers are rich messages.
        renderer: Renders it.
    """

    def __init__(
        self,
        api: Chat,
        store: OutboxStore,
        files: FileStore,
        row: OutboxRow,
        *,
        newest: Newest,
        before: Callable[[], Awaitable[None]],
        disk: DiskRoom,
        rich: RichPolicy = RichPolicy.NEVER,
        renderer: Renderer | None = None,
    ) -> None:
        self._api = api
        self._store = store
        self._files = files
        self._row = row
        self._newest = newest
        self._before = before
        self._disk = disk
        self._composer = Composer(renderer or RenderHere(), row, rich)
        self._ids = list(row.message_ids)
        self._shown = list(row.shown)
        self._reply_to = newest.choose_reply(row.address, row.reply_to)
        self._unsure = len(self._ids) if row.ambiguous else None
        """Which part may stand already, from an earlier try."""
        self.act = Act.SEND
        """What the last call was to do."""

    async def run(self) -> None:
        """Say the whole row.

        Raises:
            TelegramProblem: It did not come to its end; `after` says what follows.
        """
        row = self._row
        rich = await self._composer.build_rich(folded=bool(row.preview_ids))
        if rich and await self._say_rich(rich):
            return
        if row.preview_ids and not self._ids and not row.ambiguous and self._may_edit():
            await self._store.take_previews(row.id)
            self._ids = list(row.preview_ids)
        text = row.text
        if not text and row.file is None and self._ids:
            await self._put_buttons()
            return
        if row.file is not None:
            refusal = await self._say_file(row.file)
            if refusal is None:
                return
            text = file_refused_text(row.language, row.file.name, text, refusal.description)
        else:
            long = await self._composer.plan(told=self._tells_way())
            if long is not None and await self._say_as_file(long) is None:
                return
        await self._say_text(text)

    def _may_edit(self) -> bool:
        """Tell whether what was previewed is young, and nothing was said below it."""
        age, ids = self._row.preview_age, self._row.preview_ids
        return age is not None and age <= FRESH_SECONDS and self._newest.of(self._row.address) == ids[-1]

    def _tells_way(self) -> bool:
        """Tell whether the way stands behind the answer: no preview of an earlier time is left to tell it."""
        previews = self._row.preview_ids
        return not previews or self._ids[: len(previews)] == list(previews)

    async def _say_rich(self, chunks: list[RichMessage]) -> bool:
        """Say the row in rich messages, new ones below its previews; False where it is to be said in the classic form."""
        try:
            await self._say([*chunks])
        except (Refused, Unsupported) as problem:
            if not goes_classic(problem):
                raise
            log.info("an answer goes out in the classic form", extra={"outbox": self._row.id})
            return False
        return True

    async def _put_buttons(self) -> None:
        """Change nothing but the buttons; a message that is gone needs none."""
        address, buttons = self._row.address, self._row.buttons
        for message_id in self._ids:
            try:
                await self._call(Act.EDIT, partial(self._api.edit_buttons, address, message_id, buttons))
            except Refused as refusal:
                if not isinstance(self._after(refusal), Anew):
                    raise

    async def _say_text(self, text: str) -> None:
        limit = MAX_UNITS
        while True:
            try:
                await self._say(await self._composer.compose(text, limit, told=self._tells_way()))
            except Refused as refusal:
                if not isinstance(self._after(refusal), Shorter) or limit <= _SMALLEST:
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
            await self._remove(self._ids.pop())
            await self._store.progress(self._row.id, tuple(self._ids), tuple(self._shown))

    async def _say_chunk(self, index: int, chunk: Chunk) -> Chunk:
        try:
            await self._put(index, chunk)
        except Refused as refusal:
            if isinstance(self._after(refusal), Plain) and chunk.entities:
                log.warning("formatting was refused, the text goes out plain", extra={"outbox": self._row.id})
                plain = without_entities(chunk)
                await self._put(index, plain)
                return plain
            raise
        return chunk

    async def _put(self, index: int, chunk: Chunk) -> None:
        if index < len(self._ids):
            try:
                await self._edit(self._ids[index], chunk)
            except Refused as refusal:
                if not isinstance(self._after(refusal), Anew):
                    raise
                await self._give_up_from(index)
            else:
                return
        if index == self._unsure:
            note = keys.sent_again(self._row.language)
            chunk = note_rich(chunk, note) if isinstance(chunk, RichMessage) else with_note(chunk, note)
        silent = index > 0 or self._row.kind == "notice"  # an answer rings once
        self._ids.append(
            await self._anchored(Act.SEND, lambda to: self._send(chunk, to, silent=silent), first=index == 0)
        )

    async def _send(self, chunk: Chunk, reply_to: int | None, *, silent: bool) -> int:
        address, buttons = self._row.address, chunk.buttons
        if isinstance(chunk, RichMessage):
            return await self._api.send_rich(address, chunk.rich, reply_to, buttons, silent=silent)
        return await self._api.send_message(address, chunk.text, chunk.entities, reply_to, buttons, silent=silent)

    async def _edit(self, message_id: int, chunk: Chunk) -> None:
        address, buttons = self._row.address, chunk.buttons
        if isinstance(chunk, RichMessage):
            await self._call(Act.EDIT, partial(self._api.edit_rich, address, message_id, chunk.rich, buttons))
            return
        edit = partial(self._api.edit_message_text, address, message_id, chunk.text, chunk.entities, buttons)
        await self._call(Act.EDIT, edit)

    async def _give_up_from(self, index: int) -> None:
        """Do without a message that is gone and those behind it: what is sent in its place would stand behind them."""
        while len(self._ids) > index + 1:
            await self._remove(self._ids.pop())
        del self._ids[index:], self._shown[index:]

    async def _say_file(self, file: FileRow) -> Refused | None:
        """Send the file of the row; return why Telegram does not take it."""
        if _FILE in self._shown:
            return None  # it stands, and was only not noted as said
        async with self._disk.hold(file.bytes):
            return await self._pass_file(file)

    async def _pass_file(self, file: FileRow) -> Refused | None:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as data:
            async for part in self._files.stream(file.id):
                await asyncio.to_thread(data.write, part)
            going = OutgoingFile(file.name, file.media_type, file.bytes, data)
            return await self._add_file(going, fit_caption(self._row.text))

    async def _say_as_file(self, long: LongAnswer) -> Refused | None:
        """Say its short form, and send the whole behind it; return why that is not taken."""
        count = len(long.chunks)
        await self._say(long.chunks, keep=count + (_FILE in self._shown[count : count + 1]))
        if _FILE in self._shown:
            return None
        data = long.file_text.encode()
        with io.BytesIO(data) as contents:
            return await self._add_file(OutgoingFile(long.file_name, "text/plain", len(data), contents), "")

    async def _add_file(self, file: OutgoingFile, caption: str) -> Refused | None:
        first, silent = not self._ids, bool(self._ids) or self._row.kind == "notice"
        try:
            sent = await self._anchored(
                Act.FILE,
                lambda reply_to: self._api.send_file(self._row.address, file, caption, reply_to, silent=silent),
                first=first,
            )
        except Refused as refusal:
            if not isinstance(self._after(refusal), Plain):
                raise
            log.warning("a file was refused, words go out", extra={"outbox": self._row.id, "kind": refusal.kind.value})
            return refusal
        self._ids.append(sent)
        self._shown.append(_FILE)
        await self._store.progress(self._row.id, tuple(self._ids), tuple(self._shown))
        return None

    async def _anchored(self, act: Act, send: Callable[[int | None], Awaitable[int]], *, first: bool) -> int:
        """Send, as a reply where the row's part is to be one; a question that is gone is done without."""
        reply_to = self._reply_to if first or self._row.threaded else None
        try:
            sent = await self._call(act, lambda: send(reply_to))
        except Refused as refusal:
            if reply_to is None or not isinstance(self._after(refusal), Unanchored):
                raise
            self._reply_to = None
            sent = await self._call(act, lambda: send(None))
        except Ambiguous as problem:
            if not isinstance(problem, ServerFailed):
                self._newest.forget(self._row.address)
            raise
        self._newest.note(self._row.address, sent)
        return sent

    async def _remove(self, message_id: int) -> None:
        try:
            await self._call(Act.DELETE, lambda: self._api.delete_message(self._row.address, message_id))
        except Refused:
            # Older than two days, or no right to: what was previewed there stays.
            log.info("a message that is no longer needed stays", extra={"outbox": self._row.id})

    async def _call(self, act: Act, call: Callable[[], Awaitable[T]]) -> T:
        await self._before()
        self.act = act
        return await call()

    def _after(self, problem: TelegramProblem) -> Step:
        return after(problem, self.act, Tries(self._row.attempts, self._row.ambiguous))
