"""Lines below what a preview says, within one message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telegramify_markdown import utf16_len

from agent_gateway.render.render import MAX_ENTITIES, MAX_UNITS, Chunk, compute_hash, render_partial
from agent_gateway.telegram.ports import Entity


def plain(text: str) -> Chunk | None:
    """Return a text as it is, as far as one message holds it; None for nothing."""
    return next(iter(render_partial(text, "plain", most=1)), None)


def add_block(chunk: Chunk | None, lines: Sequence[str]) -> Chunk | None:
    """Return the message with plain lines below it, the last ones of them where not all fit."""
    kept = list(lines)
    while kept:
        block = plain("\n".join(kept))
        if block is None:
            return chunk
        if chunk is None:
            return block
        text = f"{chunk.text}\n\n{block.text}"
        if utf16_len(text) <= MAX_UNITS:
            return replace(chunk, text=text, hash=compute_hash(text, chunk.entities))
        del kept[0]
    return chunk


def add_line(chunk: Chunk, line: str) -> Chunk:
    """Return the message with a line behind it in italics, or as it is where that would be too long."""
    text = f"{chunk.text}\n\n{line}"
    if utf16_len(text) > MAX_UNITS or len(chunk.entities) >= MAX_ENTITIES:
        return chunk
    start = utf16_len(chunk.text) + 2
    entities = (*chunk.entities, Entity("italic", start, utf16_len(line)))
    return Chunk(text, entities, compute_hash(text, entities))
