"""Markdown to what Telegram shows: text with entities, in chunks that it accepts. Pure."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from telegramify_markdown import utf16_len

from agent_gateway.render.classic import mark_taps, write
from agent_gateway.render.entities import nest
from agent_gateway.render.foreign import break_taps, disarm
from agent_gateway.render.marks import UNSENDABLE
from agent_gateway.render.nodes import TooMuch
from agent_gateway.render.parse import parse
from agent_gateway.render.partial import complete
from agent_gateway.render.split import split
from agent_gateway.store.chatrows import Button
from agent_gateway.telegram.ports import Entity
from agent_gateway.wording import keys
from agent_gateway.wording.say import SOURCE

log = logging.getLogger(__name__)

MAX_UNITS: Final = 4096
"""UTF-16 units in a message."""
MAX_CAPTION_UNITS: Final = 1024
"""UTF-16 units below a file."""
MAX_ENTITIES: Final = 100
"""Telegram silently ignores what is more."""

SWELLING: Final = 4
"""How many times its source a formatted text may be; what indentation swells beyond that goes out as it is."""
_SLACK: Final = 4096


@dataclass(frozen=True, slots=True)
class Chunk:
    """One message: `hash` is equal for what looks equal."""

    text: str
    entities: tuple[Entity, ...]
    hash: str
    buttons: tuple[Button, ...] = ()


def render(
    text: str,
    format: str = "markdown",  # noqa: A002  # of the row
    *,
    limit: int = MAX_UNITS,
    language: str = SOURCE,
) -> list[Chunk]:
    """Return the messages that show `text`, at least one: an empty text becomes a sentence.

    Args:
        text: What is to be said.
        format: `markdown` or `plain`.
        limit: The most UTF-16 units of a message.
        language: Of that sentence.
    """
    chunks = list(_cut(text, format, limit))
    if chunks:
        return chunks
    sentence = keys.empty_answer(language)
    return [Chunk(sentence, (), compute_hash(sentence, ()))]


def render_partial(
    text: str,
    format: str = "markdown",  # noqa: A002  # of the row
    *,
    limit: int = MAX_UNITS,
    most: int | None = None,
) -> list[Chunk]:
    """Return the first `most` messages that show a text still being written: none while there is nothing to see.

    What was begun and has no end yet, as bold words or a link, is shown as if it were ended.
    """
    return list(islice(_cut(complete(text) if format == "markdown" else text, format, limit), most))


def count_messages(text: str, format: str, most: int) -> int:  # noqa: A002  # of the row
    """Count the messages that a text takes, at most so many."""
    return sum(1 for _ in islice(_cut(text, format, MAX_UNITS), most))


def _cut(text: str, format: str, limit: int) -> Iterator[Chunk]:  # noqa: A002
    clean = UNSENDABLE.sub("\ufffd", text).replace("\r\n", "\n")
    plain, entities = _convert(clean) if format == "markdown" else (clean, [])
    for part, inside in split(plain, entities, limit, MAX_ENTITIES):
        yield Chunk(part, tuple(inside), compute_hash(part, inside))


def without_entities(chunk: Chunk) -> Chunk:
    """Return the same text without formatting, for when Telegram does not take it."""
    text = break_taps(chunk.text)
    return replace(chunk, text=text, entities=(), hash=compute_hash(text, (), chunk.buttons))


def with_buttons(chunks: Sequence[Chunk], buttons: Sequence[Button]) -> list[Chunk]:
    """Return the messages with the buttons under the last of them."""
    *others, last = chunks
    under = tuple(buttons)
    return [*others, replace(last, buttons=under, hash=compute_hash(last.text, last.entities, under))]


def fit_caption(text: str) -> str:
    """Return the beginning of an agent's text that a caption may hold."""
    clean = UNSENDABLE.sub("\ufffd", disarm(text)).strip()
    if utf16_len(clean) > MAX_CAPTION_UNITS:
        units = clean.encode("utf-16-le")[: 2 * (MAX_CAPTION_UNITS - 1)]
        clean = units.decode("utf-16-le", "ignore").rstrip() + "…"
    return clean


def compute_hash(text: str, entities: Sequence[Entity], buttons: Sequence[Button] = ()) -> str:
    """Return a short hash of what a message shows."""
    shown: list[object] = [text, *([e.type, e.offset, e.length, e.url, e.language] for e in entities)]
    if buttons:  # without any the hash is that of rows written before there were buttons
        shown.append({"buttons": [[b.text, b.data] for b in buttons]})
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def _convert(markdown: str) -> tuple[str, list[Entity]]:
    """Return what a text shows, and its entities: as it is where it is nested beyond reason, or swells."""
    try:
        text, entities = write(parse(markdown))
    except TooMuch:
        return markdown, mark_taps(markdown)
    except Exception:  # a fault of formatting must not hold an answer back
        log.exception("formatting failed, the text goes out plain", extra={"length": len(markdown)})
        return markdown, mark_taps(markdown)
    if len(text) > SWELLING * len(markdown) + _SLACK:
        return markdown, mark_taps(markdown)
    return text, nest(entities)
