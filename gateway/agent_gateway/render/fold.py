"""The way to an answer, folded: one line, and what was said on it in a quote that opens. Pure; the words are the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from telegramify_markdown import utf16_len

from agent_gateway.render.entities import nest
from agent_gateway.render.excerpt import keep_end
from agent_gateway.render.render import MAX_ENTITIES, MAX_UNITS, Chunk, compute_hash, render_partial
from agent_gateway.telegram.ports import Entity

LONGEST_WAY: Final = 1500
"""Characters of what was said on the way that the chat shows: the last ones, in whole paragraphs. All of it is in the history."""
_QUOTE: Final = "expandable_blockquote"
_QUOTES: Final = frozenset({_QUOTE, "blockquote"})


def build_fold(line: str, narration: Sequence[str] = ()) -> Chunk:
    """Return the message that stays of a turn's work.

    Args:
        line: What was done, as in "▸ 12 steps · 1 min 40 s".
        narration: What the agent said on the way, in Markdown, one text a message of it.
    """
    return with_fold(Chunk("", (), ""), line, narration) or _append(Chunk("", (), ""), line[: MAX_UNITS // 2], None)


def with_fold(chunk: Chunk, line: str, narration: Sequence[str] = (), limit: int = MAX_UNITS) -> Chunk | None:
    """Return a message with the line behind it, and below that what was said, if there is room for it.

    Returns:
        None where not even the line has room.
    """
    for quote in (_render_way(narration), None):
        longer = _append(chunk, line, quote)
        if utf16_len(longer.text) <= limit and len(longer.entities) <= MAX_ENTITIES:
            return longer
    return None


def _render_way(narration: Sequence[str]) -> Chunk | None:
    way = "\n\n".join(text.strip() for text in narration if text.strip())
    end = keep_end(way, LONGEST_WAY)
    chunks = render_partial(end.shown, most=2)
    if len(chunks) != 1:
        return chunks[0] if chunks else None
    (shown,) = chunks
    return shown if len(end.source) == len(way) else _shift(shown, "…\n")


def _append(chunk: Chunk, line: str, quote: Chunk | None) -> Chunk:
    text = f"{chunk.text}\n\n{line}" if chunk.text else line
    entities = [*chunk.entities, Entity("italic", utf16_len(text) - utf16_len(line), utf16_len(line))]
    if quote is not None:
        start = utf16_len(text) + 1
        entities.append(Entity(_QUOTE, start, utf16_len(quote.text)))
        entities += [replace(e, offset=e.offset + start) for e in quote.entities if e.type not in _QUOTES]
        text = f"{text}\n{quote.text}"
    kept = tuple(nest(entities))
    return Chunk(text, kept, compute_hash(text, kept, chunk.buttons), chunk.buttons)


def _shift(chunk: Chunk, before: str) -> Chunk:
    shift = utf16_len(before)
    moved = tuple(replace(e, offset=e.offset + shift) for e in chunk.entities)
    return Chunk(before + chunk.text, moved, chunk.hash)
