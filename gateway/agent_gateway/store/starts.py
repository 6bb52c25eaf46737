"""What a run begins its session with: from the last compaction on, with the pictures that its model is to see."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from agent_gateway.store.errors import Away
from agent_gateway.store.lines import (
    HEAD,
    LEAST_PICTURE,
    LEFT_OUT,
    Head,
    Line,
    Reference,
    References,
    read_head,
    read_line,
    set_parent,
)
from agent_gateway.store.rows import Thread
from agent_gateway.store.session import Room
from agent_gateway.store.walk import Step, Walk, choose_pictures

PAGE_STEPS: Final = 500
PAGE_BYTES: Final = 256 << 10
"""Of lines that are read at once. One that is longer is read in pieces."""
PIECE_CHARACTERS: Final = 128 << 10
"""Of a long line that are read at once."""
PICTURE_SLICE: Final = 192 << 10
"""Bytes of a picture that are read at once; a multiple of three, as base64 writes three at a time."""
_SETTINGS: Final = ("model_change", "thinking_level_change")
_FORGOTTEN: Final = "the session was forgotten meanwhile"


@dataclass(frozen=True, slots=True)
class Start:
    """What a run begins with.

    Attributes:
        steps: Its lines, in order.
        parents: Of the lines that get another parent, which; by their places.
        shown: Of the lines with pictures, which of them are put back; by their places.
    """

    steps: tuple[Step, ...]
    parents: Mapping[int, str | None]
    shown: Mapping[int, tuple[bool, ...]]


class StartQueries(Room):
    """The beginnings of sessions."""

    async def exists(self, session_id: UUID) -> bool:
        """Say whether a session has any lines that are not undone."""
        return await self._session.value("session_end", session_id) is not None

    async def find(self, thread: Thread, run: int, end: int | None = None) -> Start:
        """Find what a thread's run begins with.

        Lines that an earlier release stored are read, and written as they are now, as far as they belong to it. It ends
        with the newest line that is not undone, or with the one at `end`.
        """
        session_id = thread.session_id
        end = await self._session.value("session_end", session_id) if end is None else end
        walk, before = Walk(), (end or 0) + 1
        while not walk.done and (rows := await self._session.rows("session_steps", session_id, before, PAGE_STEPS)):
            walk.take(await self._know(session_id, [_build_step(row) for row in rows]))
            before = rows[-1]["ordinal"]
        steps = await self._put_apart(thread, run, walk.finish())
        settings = await self._find_settings(session_id, steps)
        sizes = await self._read_sizes(session_id, steps)
        parents = _chain(settings, steps) if settings else {}
        return Start((*settings, *steps), parents, choose_pictures(steps, sizes))

    async def stream(self, session_id: UUID, start: Start) -> AsyncIterator[bytes]:
        """Yield the lines of a start, each with its end, in pieces of some hundred kilobytes.

        No connection is held in between.

        Raises:
            Away: a line or a picture has gone meanwhile.
        """
        for page in _split_pages(start.steps):
            lines = {} if page[0].bytes > PAGE_BYTES else await self._read_page(session_id, page)
            for step in page:
                references, shown = References(), iter(start.shown.get(step.ordinal, ()))
                async for piece, first, last in self._read_pieces(session_id, step, lines):
                    changed = first and step.ordinal in start.parents
                    text = set_parent(piece, start.parents[step.ordinal]) if changed else piece
                    for part in references.take(text, last=last):
                        if isinstance(part, str):
                            yield part.encode()
                        elif next(shown, False):
                            async for data in self._read_picture(session_id, part):
                                yield data
                        else:
                            yield LEFT_OUT.encode()
                yield b"\n"

    async def _read_page(self, session_id: UUID, page: Sequence[Step]) -> dict[int, str]:
        rows = await self._session.rows("session_lines", session_id, [step.ordinal for step in page])
        if len(rows) != len(page):
            raise Away(_FORGOTTEN)
        return {row["ordinal"]: row["line"] for row in rows}

    async def _read_pieces(
        self, session_id: UUID, step: Step, lines: Mapping[int, str]
    ) -> AsyncIterator[tuple[str, bool, bool]]:
        """Yield the text of a line in pieces, and which of them is the first and which the last."""
        if step.ordinal in lines:
            yield lines[step.ordinal], True, True
            return
        begin, last = 1, False
        while not last:
            piece = await self._session.value("session_piece", session_id, step.ordinal, begin, PIECE_CHARACTERS)
            if piece is None:
                raise Away(_FORGOTTEN)
            last = len(piece) < PIECE_CHARACTERS
            yield piece, begin == 1, last
            begin += PIECE_CHARACTERS

    async def _read_picture(self, session_id: UUID, reference: Reference) -> AsyncIterator[bytes]:
        yield b'{"type":"image","data":"'
        begin, more = 1, True
        while more:
            data = await self._session.value("picture_piece", session_id, reference.hash, begin, PICTURE_SLICE)
            if data is None:
                raise Away("a picture was dropped meanwhile")
            yield base64.b64encode(data)
            begin, more = begin + PICTURE_SLICE, len(data) == PICTURE_SLICE
        yield f'","mimeType":"{reference.media_type}"}}'.encode()

    async def _find_settings(self, session_id: UUID, steps: Sequence[Step]) -> list[Step]:
        """Return the newest changes of model and thinking before the lines of a start, in order."""
        if not steps or steps[0].parent is None:
            return []
        rows = [await self._session.row("session_setting", session_id, kind, steps[0].ordinal) for kind in _SETTINGS]
        return sorted((_build_step(row) for row in rows if row is not None), key=lambda step: step.ordinal)

    async def _read_sizes(self, session_id: UUID, steps: Sequence[Step]) -> dict[str, int]:
        names = list({name for step in steps for name in step.pictures or ()})
        rows = await self._session.rows("picture_sizes", session_id, names) if names else []
        return {row["hash"]: row["bytes"] for row in rows}

    async def _know(self, session_id: UUID, steps: list[Step]) -> list[Step]:
        """Read what a start looks for in those lines for which no release did so yet."""
        unknown = [step for step in steps if step.kind is None]
        if not unknown:
            return steps
        ordinals = [step.ordinal for step in unknown]
        rows = await self._session.rows("session_heads", session_id, ordinals, HEAD)
        heads = {row["ordinal"]: read_head(row["head"]) for row in rows}
        known: dict[int, Head] = {}
        for step in unknown:
            head = heads.get(step.ordinal)
            known[step.ordinal] = head if head is not None else (await self._read(session_id, step)).head
        found = list(known.values())
        async with self._session.unit() as tx:
            await tx.execute(
                "know_lines", session_id, list(known), [head.kind for head in found], [head.parent for head in found],
                [head.refers for head in found], LEAST_PICTURE,
            )  # fmt: skip
        return [_with_head(step, known[step.ordinal]) if step.ordinal in known else step for step in steps]

    async def _put_apart(self, thread: Thread, run: int, steps: Sequence[Step]) -> list[Step]:
        """Put the pictures of lines that an earlier release stored beside them."""
        done = [step if step.pictures is not None else await self._put_one_apart(thread, run, step) for step in steps]
        if any(step.pictures is None for step in steps):
            await self._session.quotas.recount([thread.id])
        return done

    async def _put_one_apart(self, thread: Thread, run: int, step: Step) -> Step:
        line = await self._read(thread.session_id, step)
        async with self._session.unit() as tx:
            await tx.execute("lock_session", str(thread.session_id))
            await tx.starts.add_pictures(thread, run, [line])
            await tx.execute("put_apart", thread.session_id, step.ordinal, line.text, list(line.references))
        return Step(
            step.ordinal, step.id, len(line.text.encode()), step.kind, step.parent, step.refers, line.references
        )

    async def add_pictures(self, thread: Thread, run: int, lines: Sequence[Line]) -> int:
        """Store the pictures of lines; return how many bytes that takes, without those that are there already."""
        pictures = list({picture.hash: picture for line in lines for picture in line.pictures}.values())
        if not pictures:
            return 0
        names, data = [picture.hash for picture in pictures], [picture.data for picture in pictures]
        return int(await self._tx.value("add_pictures", thread.session_id, names, data, thread.id, run))

    async def drop_old(self, session_id: UUID, most: int) -> int:
        """Drop the oldest pictures of a session beyond so many bytes; return how many bytes went."""
        return int(await self._tx.value("drop_old_pictures", session_id, most))

    async def _read(self, session_id: UUID, step: Step) -> Line:
        lines = await self._read_page(session_id, [step])
        return await asyncio.to_thread(read_line, lines[step.ordinal])


def _build_step(row: Any) -> Step:
    pictures = row["pictures"]
    return Step(
        row["ordinal"], row["entry_id"], row["bytes"], row["kind"], row["parent_id"], row["refers"],
        None if pictures is None else tuple(pictures),
    )  # fmt: skip


def _with_head(step: Step, head: Head) -> Step:
    pictures = () if step.bytes < LEAST_PICTURE else step.pictures
    return Step(step.ordinal, step.id, step.bytes, head.kind, head.parent, head.refers, pictures)


def _chain(settings: Sequence[Step], steps: Sequence[Step]) -> dict[int, str | None]:
    """Return the parents that make the settings the beginning of a start's branch."""
    line = [*settings, steps[0]]
    return {settings[0].ordinal: None} | {later.ordinal: earlier.id for earlier, later in itertools.pairwise(line)}


def _split_pages(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Yield lines that have so few bytes that they are read at once; a longer one stands alone."""
    page: list[Step] = []
    size = 0
    for step in steps:
        if page and size + step.bytes > PAGE_BYTES:
            yield page
            page, size = [], 0
        page.append(step)
        size += step.bytes
    if page:
        yield page
