"""The way to an answer in one line, with what the agent said on it in a quote that opens. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telegramify_markdown import utf16_len

from agent_gateway.render import fold
from agent_gateway.render.render import MAX_ENTITIES, MAX_UNITS, Chunk
from agent_gateway.store.chatrows import ToolUse
from agent_gateway.telegram.ports import Entity
from agent_gateway.wording import keys
from agent_gateway.wording.units import duration


def build_line(language: str, use: ToolUse | None, way: str) -> str | None:
    """Return the line that stays of a turn's work; None where there was none."""
    if use is None or not use.total:
        return keys.way(language) if way.strip() else None
    steps = keys.steps(language, count=use.total)
    failed = keys.steps_failed(language, count=use.total, failed=use.failed) if use.failed else steps
    return f"{failed} · {duration(language, use.seconds)}"


def build_fold(language: str, use: ToolUse | None, way: str) -> Chunk | None:
    """Return the message that stays of a turn's previews; None: it goes away."""
    line = build_line(language, use, way)
    return fold.build_fold(line, [way]) if line is not None else None


def with_way(
    chunks: Sequence[Chunk], language: str, use: ToolUse | None, way: str, limit: int = MAX_UNITS
) -> list[Chunk]:
    """Return the messages of an answer with its way behind them, as much of it as the last one has room for."""
    line = build_line(language, use, way)
    if line is None or not chunks:
        return list(chunks)
    *others, last = chunks
    return [*others, fold.with_fold(last, line, [way], limit) or last]


def with_note(chunk: Chunk, note: str, limit: int = MAX_UNITS) -> Chunk:
    """Return a message with a line above it, or as it is where that would be too long."""
    text, shift = f"{note}\n{chunk.text}", utf16_len(note) + 1
    if utf16_len(text) > limit or len(chunk.entities) >= MAX_ENTITIES:
        return chunk
    moved = [replace(entity, offset=entity.offset + shift) for entity in chunk.entities]
    return Chunk(text, (Entity("italic", 0, utf16_len(note)), *moved), chunk.hash, chunk.buttons)
