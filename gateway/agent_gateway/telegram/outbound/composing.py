"""The messages of one outbox row: rich, classic or with a file; plain where formatting fails. A row takes few messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agent_gateway.render.foreign import break_taps
from agent_gateway.render.longanswer import LongAnswer, plan, plan_plain
from agent_gateway.render.render import MAX_UNITS, Chunk, compute_hash, render, with_buttons
from agent_gateway.store.chatrows import OutboxRow
from agent_gateway.telegram.outbound.renderer import Renderer, RenderingFailed
from agent_gateway.telegram.outbound.richform import RichMessage, RichPolicy, build_rich, may_be_rich
from agent_gateway.telegram.outbound.way import with_way

log = logging.getLogger(__name__)

MOST_MESSAGES: Final = 10
"""Of a row whose whole text Telegram did not take as a file; what is more is not said."""
CRASHES: Final = 2
"""A row at which so many processes ended, and of which nothing came into the chat, goes out plain."""


class Composer:
    """Composes one row.

    Args:
        renderer: Renders.
        row: What is to be said.
        policy: When answers are rich messages.
    """

    def __init__(self, renderer: Renderer, row: OutboxRow, policy: RichPolicy) -> None:
        self._renderer = renderer
        self._row = row
        self._policy = policy
        self._plain = row.crashes >= CRASHES
        if self._plain:
            log.warning("a message goes out plain after crashes", extra={"outbox": row.id, "crashes": row.crashes})

    async def build_rich(self, *, folded: bool) -> list[RichMessage]:
        """Return the rich messages of the row; none where it goes out in the classic form."""
        if self._plain or not may_be_rich(self._policy, self._row):
            return []
        try:
            return await self._renderer.run(build_rich, self._policy, self._row, folded=folded)
        except RenderingFailed:
            self._give_up()
            return []

    async def plan(self, *, told: bool) -> LongAnswer | None:
        """Return how a row that takes too many messages is told as a file; None for one that they hold.

        Args:
            told: The way to the answer stands behind it.
        """
        if not self._plain:
            try:
                return await self._renderer.run(compose_long, self._row, told=told)
            except RenderingFailed:
                self._give_up()
        return await asyncio.to_thread(compose_long_plain, self._row)

    async def compose(self, text: str, limit: int, *, told: bool) -> list[Chunk]:
        """Return the classic messages of a text, of at most `limit` UTF-16 units each; `told` is that of `plan`."""
        if not self._plain:
            try:
                return await self._renderer.run(compose_text, self._row, text, limit, told=told)
            except RenderingFailed:
                self._give_up()
        return await asyncio.to_thread(compose_plain, self._row, text, limit)

    def _give_up(self) -> None:
        self._plain = True
        log.warning("formatting failed, a message goes out plain", extra={"outbox": self._row.id})


def compose_long(row: OutboxRow, *, told: bool) -> LongAnswer | None:
    """Return how a row is told as a file, its way and buttons with it; None where messages hold it."""
    long = plan(row.text, row.language) if row.format == "markdown" else plan_plain(row.text, row.language)
    return None if long is None else replace(long, chunks=_finish(long.chunks, row, MAX_UNITS, told=told))


def compose_text(row: OutboxRow, text: str, limit: int, *, told: bool) -> list[Chunk]:
    """Return the messages of a text of a row, its way and buttons with them."""
    chunks = render(text, row.format, limit=limit, language=row.language)
    return _finish(_keep(chunks), row, limit, told=told)


def compose_long_plain(row: OutboxRow) -> LongAnswer | None:
    """Return the same as `compose_long`, plain and without the way."""
    long = plan_plain(_break(row, row.text), row.language)
    if long is None:
        return None
    return replace(long, file_text=row.text, chunks=with_buttons(long.chunks, row.buttons))


def compose_plain(row: OutboxRow, text: str, limit: int) -> list[Chunk]:
    """Return the same as `compose_text`, plain and without the way."""
    chunks = render(_break(row, text), "plain", limit=limit, language=row.language)
    return with_buttons(_keep(chunks), row.buttons)


def _break(row: OutboxRow, text: str) -> str:
    return break_taps(text) if row.format == "markdown" else text  # a plain row is the bot's own, with its commands


def _finish(chunks: Sequence[Chunk], row: OutboxRow, limit: int, *, told: bool) -> list[Chunk]:
    way = with_way(chunks, row.language, row.tools, row.way, limit) if told else chunks
    return with_buttons(way, row.buttons)


def _keep(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return the first messages, the last of them with a sign that there was more."""
    kept = list(chunks[:MOST_MESSAGES])
    if len(chunks) > len(kept):
        text = f"{kept[-1].text[:-1]}…"  # as many characters, so that it is no longer
        kept[-1] = replace(kept[-1], text=text, entities=(), hash=compute_hash(text, ()))
    return kept
