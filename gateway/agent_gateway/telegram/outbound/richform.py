"""Which answers go out as rich messages (Bot API 10.1), and how they look. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from agent_gateway.render.longanswer import MOST_CHUNKS
from agent_gateway.render.render import Chunk
from agent_gateway.render.rich import build_rich_fold, needs_rich, prefers_classic, render_rich
from agent_gateway.store.chatrows import OutboxRow
from agent_gateway.telegram.errors import RefusalKind, Refused, TelegramProblem, Unsupported
from agent_gateway.telegram.outbound.way import build_line

_LONGEST: Final = 100_000
"""Characters of an answer that may go out rich: three rich messages hold no more."""
_ELSEWHERE: Final = frozenset(
    {
        RefusalKind.TOPIC_CLOSED,
        RefusalKind.THREAD_NOT_FOUND,
        RefusalKind.CHAT_GONE,
        RefusalKind.REPLY_GONE,
        RefusalKind.NOT_FOUND,
    }
)
"""The classic form would be refused as well."""


class RichPolicy(StrEnum):
    """When answers are rich: where a text needs it, never, or always."""

    AUTO = "auto"
    NEVER = "never"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class RichMessage(Chunk):
    """A rich message; `text` are its words."""

    rich: dict[str, Any] = field(default_factory=dict)


def may_be_rich(policy: RichPolicy, row: OutboxRow) -> bool:
    """Tell whether a row may go out rich at all, without a look at its text."""
    return (
        policy is not RichPolicy.NEVER and (row.kind, row.format) == ("final", "markdown") and len(row.text) <= _LONGEST
    )


def build_rich(policy: RichPolicy, row: OutboxRow, *, folded: bool) -> list[RichMessage]:
    """Return the rich messages that show an answer; none where it is to go out in the classic form.

    Chinese, Japanese and Korean stay classic: some programs draw them badly in rich messages.

    Args:
        policy: When answers are rich.
        row: The answer.
        folded: Its way is told above it.
    """
    text = row.text
    if not may_be_rich(policy, row):
        return []
    if prefers_classic(text) or (policy is RichPolicy.AUTO and not needs_rich(text)):
        return []
    chunks = [RichMessage(chunk.text, (), chunk.hash, (), chunk.rich) for chunk in render_rich(text)]
    if not 0 < len(chunks) <= MOST_CHUNKS:
        return []
    line = None if folded else build_line(row.language, row.tools, row.way)
    last = replace(_add_way(chunks[-1], line, row.way), buttons=row.buttons)
    return [*chunks[:-1], replace(last, hash=_compute_hash(last))]


def note_rich(chunk: RichMessage, note: str) -> RichMessage:
    """Return a rich message with a line above it; it counts as the one without."""
    above = {"type": "paragraph", "text": {"type": "italic", "text": note}}
    return replace(chunk, rich={**chunk.rich, "blocks": [above, *chunk.rich["blocks"]]})


def goes_classic(problem: TelegramProblem) -> bool:
    """Tell whether a rich message that was not taken may be in the classic form; one of unknown outcome may not."""
    return isinstance(problem, Unsupported) or (isinstance(problem, Refused) and problem.kind not in _ELSEWHERE)


def _add_way(chunk: RichMessage, line: str | None, way: str) -> RichMessage:
    if line is None:
        return chunk
    below = build_rich_fold(line, [way])
    return replace(chunk, rich={**chunk.rich, "blocks": [*chunk.rich["blocks"], *below]})


def _compute_hash(chunk: RichMessage) -> str:
    looks = [chunk.rich, [[button.text, button.data, button.url, button.copy] for button in chunk.buttons]]
    return hashlib.sha256(json.dumps(looks, sort_keys=True).encode()).hexdigest()[:16]
