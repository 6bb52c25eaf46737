"""Markdown to what Telegram shows: text with entities, in chunks that it accepts. Pure."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import telegramify_markdown
from telegramify_markdown import utf16_len
from telegramify_markdown.config import RenderConfig

from agent_gateway.render.split import split
from agent_gateway.store.chatrows import Button
from agent_gateway.telegram.ports import Entity
from agent_gateway.wording.texts import EMPTY_ANSWER

log = logging.getLogger(__name__)

MAX_UNITS: Final = 4096
"""UTF-16 units in a message."""
MAX_CAPTION_UNITS: Final = 1024
"""UTF-16 units below a file."""
MAX_ENTITIES: Final = 100
"""Telegram silently ignores what is more."""

# Characters that the parser would take for HTML, mathematics, spoilers or footnotes, and would drop from what a coding
# agent writes. They travel through it as noncharacters of the same length, so that every offset holds.
_LESS, _DOLLAR, _PIPE, _BRACKET = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
_RESTORE = str.maketrans({_LESS: "<", _DOLLAR: "$", _PIPE: "|", _BRACKET: "["})
_UNSENDABLE = re.compile("[\x00\ud800-\udfff\ufdd0-\ufdd3]")
_HTML = re.compile(r"<(?=[A-Za-z/!?])(?!https?://|mailto:)(?<!\]\(<)")
_DEFINITION = re.compile(r" {0,3}\[([^\[\]]+)\]:")
_LABEL = re.compile(r"\[([^\[\]]+)\]")
_LINK_TARGET = re.compile(r"^(https?|tg|ton)://", re.IGNORECASE)
_LITERAL = frozenset({"pre", "code"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """One message: `hash` is equal for what looks equal."""

    text: str
    entities: tuple[Entity, ...]
    hash: str
    buttons: tuple[Button, ...] = ()


def _build_config() -> RenderConfig:
    config = RenderConfig.isolated()
    symbols = config.markdown_symbol
    for level in range(1, 7):
        setattr(symbols, f"heading_level_{level}", "")
    symbols.unordered_list_item = "•"
    return config


_CONFIG: Final = _build_config()


def render(text: str, format: str = "markdown", *, limit: int = MAX_UNITS) -> list[Chunk]:  # noqa: A002  # of the row
    """Return the messages that show `text`, at least one: an empty text becomes a sentence.

    Args:
        text: What is to be said.
        format: `markdown` or `plain`.
        limit: The most UTF-16 units of a message.
    """
    empty = Chunk(EMPTY_ANSWER, (), compute_hash(EMPTY_ANSWER, ()))
    return render_partial(text, format, limit=limit) or [empty]


def render_partial(
    text: str,
    format: str = "markdown",  # noqa: A002  # of the row
    *,
    limit: int = MAX_UNITS,
    most: int | None = None,
) -> list[Chunk]:
    """Return the first `most` messages that show a text still being written: none while there is nothing to see."""
    return list(islice(_cut(text, format, limit), most))


def _cut(text: str, format: str, limit: int) -> Iterator[Chunk]:  # noqa: A002
    clean = _UNSENDABLE.sub("\ufffd", text)
    plain, entities = _convert(clean) if format == "markdown" else (clean, [])
    for part, inside in split(plain, entities, limit, MAX_ENTITIES):
        yield Chunk(part, tuple(inside), compute_hash(part, inside))


def without_entities(chunk: Chunk) -> Chunk:
    """Return the same text without formatting, for when Telegram does not take it."""
    return replace(chunk, entities=(), hash=compute_hash(chunk.text, (), chunk.buttons))


def with_buttons(chunks: Sequence[Chunk], buttons: Sequence[Button]) -> list[Chunk]:
    """Return the messages with the buttons under the last of them."""
    *others, last = chunks
    under = tuple(buttons)
    return [*others, replace(last, buttons=under, hash=compute_hash(last.text, last.entities, under))]


def with_line(chunks: Sequence[Chunk], line: str, limit: int = MAX_UNITS) -> list[Chunk]:
    """Return the messages with a line in italics behind them, in one of its own where it does not fit."""
    italic = Chunk(line, (only := Entity("italic", 0, utf16_len(line)),), compute_hash(line, (only,)))
    if not chunks:
        return [italic]
    *others, last = chunks
    text = f"{last.text}\n\n{line}"
    if utf16_len(text) > limit or len(last.entities) >= MAX_ENTITIES:
        return [*chunks, italic]
    entities = (*last.entities, replace(only, offset=utf16_len(last.text) + 2))
    return [*others, Chunk(text, entities, compute_hash(text, entities))]


def fit_caption(text: str) -> str:
    """Return the beginning of a text that a caption may hold."""
    clean = _UNSENDABLE.sub("\ufffd", text).strip()
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
    try:
        text, found = telegramify_markdown.convert(_guard(markdown), latex_escape=False, config=_CONFIG)
    except Exception:  # a formatting fault of the library must not hold an answer back
        log.exception("formatting failed, the text goes out plain", extra={"length": len(markdown)})
        return markdown, []
    entities = [
        Entity(e.type, e.offset, e.length, _restore(e.url), _restore(e.language))
        for e in found
        if e.length > 0 and (e.type != "text_link" or _LINK_TARGET.match(e.url or ""))
    ]
    return text.translate(_RESTORE), _nest(entities)


def _guard(markdown: str) -> str:
    lines = []
    fenced = False
    unused = _find_unused_labels(markdown)
    for line in markdown.split("\n"):
        bare = line.strip()
        fenced ^= bare.startswith(("```", "~~~"))
        if unused and (definition := _DEFINITION.match(line)) and definition[1].casefold() in unused:
            line = line.replace("[", _BRACKET, 1)  # noqa: PLW2901  # the same line, guarded
        # In a row of a table two pipes are an empty cell; anywhere else they are what the agent wrote.
        row = not fenced and bare.startswith("|") and bare.endswith("|")
        lines.append(line.replace("||", "| |" if row else _PIPE * 2))
    guarded = "\n".join(lines).replace("$", _DOLLAR).replace("[^", f"{_BRACKET}^")
    return _HTML.sub(_LESS, guarded)


def _find_unused_labels(markdown: str) -> set[str]:
    """Return the labels of link targets that no link uses: the parser would drop the lines that define them."""
    lines = markdown.split("\n") if "]:" in markdown else []
    defined = Counter(found[1].casefold() for line in lines if (found := _DEFINITION.match(line)))
    used = Counter(label.casefold() for label in _LABEL.findall(markdown)) if defined else Counter()
    return {label for label, times in defined.items() if used[label] <= times}


def _restore(value: str | None) -> str | None:
    return value.translate(_RESTORE) if value else None


def _nest(entities: list[Entity]) -> list[Entity]:
    """Return the entities in order, without those that Telegram would not take.

    That is crossing ones, any inside code, and a quote inside another: what stays is nested, so that the innermost
    open one tells for all that are around it.
    """
    kept: list[Entity] = []
    open_ones: list[Entity] = []
    quoted_to = 0
    for entity in sorted(entities, key=lambda e: (e.offset, -e.length, e.type in _LITERAL)):
        while open_ones and open_ones[-1].end <= entity.offset:
            open_ones.pop()
        if open_ones and (entity.end > open_ones[-1].end or open_ones[-1].type in _LITERAL):
            continue
        if entity.type == "blockquote":
            if entity.offset < quoted_to:
                continue
            quoted_to = entity.end
        kept.append(entity)
        open_ones.append(entity)
    return kept
